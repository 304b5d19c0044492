import { WorkTurn } from "@aiokpl/metrics-core/sink";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { splitInvalid } from "./split-invalid.ts";

const { signal } = new AbortController();
const now = Date.now();

test("what CloudWatch would refuse is told from the rest, each in order", async () => {
  const names = ["a", "größe", "b", " ", "c"];
  const snapshots = exampleSnapshots({ series: names.map((name) => ({ name })) });
  const { valid, rejected } = await splitInvalid(snapshots, { now, turn: new WorkTurn(), signal });
  expect(valid.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  expect(rejected.map(({ snapshot }) => snapshot.name)).toEqual(["größe", " "]);
});

test("others get their turn, and an abort then ends it: what is left counts as valid", async () => {
  const dimensions = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [`d${i}`, "v".repeat(1_000)]),
  );
  const [bad] = exampleSnapshots({ series: [{ name: " ", dimensions }] });
  const [good] = exampleSnapshots({ series: [{ name: "a", dimensions }] });
  if (bad === undefined || good === undefined) throw new Error("there are two");
  const snapshots = [...Array<typeof good>(50_000).fill(good), bad];
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  const options = { now, turn: new WorkTurn(), signal: controller.signal };
  expect(await splitInvalid(snapshots, options)).toEqual({ valid: snapshots, rejected: [] });
});
