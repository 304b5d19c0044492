import { expect, test } from "vitest";
import { unlessAborted } from "./unless-aborted.ts";

const pending = new Promise<never>(() => {});

test("settles as the promise does", async () => {
  const { signal } = new AbortController();
  expect(await unlessAborted(Promise.resolve(1), signal)).toBe(1);
  await expect(unlessAborted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
});

test("rejects when the signal aborts, or has", async () => {
  const controller = new AbortController();
  const waiting = unlessAborted(pending, controller.signal);
  const reason = new Error("time is up");
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(unlessAborted(pending, controller.signal)).rejects.toBe(reason);
});
