import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { neverArrived } from "./never-arrived.ts";

/** What fetch says of a server that does so with a connection. */
async function errorOf(handle: ((end: () => void) => void) | undefined): Promise<unknown> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => handle?.(() => socket.resetAndDestroy()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  if (handle === undefined) {
    server.close();
    await once(server, "close");
  }
  try {
    return await fetch(`http://127.0.0.1:${port}`, { method: "POST", body: "x" });
  } catch (error) {
    return error;
  } finally {
    server.close();
  }
}

test("a refused connection took nothing, a reset after the request may have", async () => {
  expect(neverArrived(await errorOf(undefined))).toBe(true);
  expect(neverArrived(await errorOf((reset) => reset()))).toBe(false);
});

test("no route says so only of a connection that was to be made", () => {
  const unreachable = (syscall: string) =>
    Object.assign(new Error("no route"), { code: "EHOSTUNREACH", syscall });
  expect(neverArrived(unreachable("connect"))).toBe(true);
  expect(neverArrived(unreachable("read"))).toBe(false);
});

test("causes in a circle come to an end", () => {
  const error = new Error("a");
  error.cause = new Error("b", { cause: error });
  expect(neverArrived(error)).toBe(false);
});

test.each([undefined, "ECONNREFUSED", new Error("ECONNREFUSED"), { code: "ECONNREFUSED" }])(
  "%o says nothing",
  (error) => {
    expect(neverArrived(error)).toBe(false);
  },
);
