import { exampleSnapshots } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { ageReason } from "./age-limits.ts";
import type { Mapping } from "./mapping.ts";

const now = 1_700_000_000_000;

test.each<[number, Mapping, boolean, string | undefined]>([
  [-59, "counter", false, undefined],
  [-60, "counter", false, "it is 60 minutes old, and Datadog takes points of the last hour only"],
  [-60, "aggregates", true, undefined],
  [
    -60,
    "distribution",
    true,
    "it is 60 minutes old, and Datadog takes distributions of the last hour only",
  ],
  [9, "counter", false, undefined],
  [
    10,
    "counter",
    true,
    "its time is 10 minutes ahead, and Datadog takes at most ten: is the clock right?",
  ],
])(
  "a window that begins %i minutes from now, as %s, historical: %s",
  (minutes, mapping, historical, reason) => {
    const kind = mapping === "counter" || mapping === "gauge" ? mapping : "distribution";
    const [snapshot] = exampleSnapshots({
      series: [{ name: "m", kind }],
      windowStart: now + minutes * 60_000,
    });
    if (snapshot === undefined) throw new Error("no snapshot");
    expect(ageReason(snapshot, mapping, { now, historical })).toBe(reason);
  },
);
