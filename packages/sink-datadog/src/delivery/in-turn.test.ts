import { expect, test } from "vitest";
import { UnansweredError } from "../client/failure.ts";
import { inTurn } from "./in-turn.ts";

const { signal } = new AbortController();

/** Returns a promise and what resolves it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

test("calls of one account run one after the other, also after one that throws; other accounts do not wait", async () => {
  const { opened, open } = gate();
  const ran: string[] = [];
  const first = inTurn("a", signal, async () => {
    await opened;
    ran.push("first");
    throw new Error("from the call");
  });
  const second = inTurn("a", signal, async () => void ran.push("second"));
  await inTurn("b", signal, async () => void ran.push("other"));
  expect(ran).toEqual(["other"]);
  open();
  await expect(first).rejects.toThrow("from the call");
  await second;
  expect(ran).toEqual(["other", "first", "second"]);
});

test("a call that is aborted while it waits is not made, and those behind it still wait for those before it", async () => {
  const { opened, open } = gate();
  const ran: string[] = [];
  const controller = new AbortController();
  const first = inTurn("a", signal, async () => {
    await opened;
    ran.push("first");
  });
  const aborted = inTurn("a", controller.signal, async () => void ran.push("aborted"));
  const third = inTurn("a", signal, async () => void ran.push("third"));
  controller.abort();
  await expect(aborted).rejects.toThrow(UnansweredError);
  open();
  await Promise.all([first, third]);
  expect(ran).toEqual(["first", "third"]);
});
