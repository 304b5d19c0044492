import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** A moto server on a free port of 127.0.0.1. */
export interface Moto extends AsyncDisposable {
  readonly url: string;
}

/** Starts the program that MOTO_SERVER names, and waits until it answers. */
export async function startMoto(): Promise<Moto> {
  const program = process.env["MOTO_SERVER"];
  if (program === undefined)
    throw new Error(
      "MOTO_SERVER must be the path of moto's server program; .ci/servers installs one",
    );
  const port = await freePort();
  const child = spawn(program, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const exited = once(child, "exit");
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 30_000;
  while (
    !(await fetch(`${url}/moto-api/data.json`).then(
      (response) => response.ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`${program} exited with ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error(`${program} did not answer within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
