import { createServer } from "node:net";

/** Finds a URL on 127.0.0.1 that refuses connections: its port was free a moment ago. */
export async function refusedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if (address === null || typeof address === "string")
    throw new Error("The system gave a server on 127.0.0.1 no port.");
  return `http://127.0.0.1:${address.port}`;
}
