import type { MetricSnapshot, RejectedSnapshot } from "@aiokpl/metrics-core";
import type { Breach } from "./breach.ts";
import { excerpt } from "./excerpt.ts";
import { isThenable, quieten } from "./promise-like.ts";
import { readList, readRejections } from "./read-rejections.ts";
import { flawOf, isSnapshot, seriesOf } from "./snapshot-flaw.ts";

/** A sink's view of a window: what it will export, and what it has rejected in `prepare`. */
export interface ReadWindow {
  readonly snapshots: readonly MetricSnapshot[];
  readonly rejected: readonly RejectedSnapshot[];
}

/** Reads what `prepare` returned, and allows nothing that the contract does not. */
export function readPreparedWindow(prepared: unknown, breach: Breach): ReadWindow {
  const window = readLists(prepared, breach);
  const objects = [...window.snapshots, ...window.rejected.map(({ snapshot }) => snapshot)];
  if (new Set(objects).size < objects.length) {
    breach(
      "prepare() returns each snapshot once",
      "One object is in snapshots or rejected twice, or in both.",
    );
  }
  const series = new Set<string>();
  for (const snapshot of window.snapshots) {
    const key = seriesOf(snapshot);
    if (series.has(key))
      breach(
        "prepare() returns each series once",
        `This one is there twice: ${excerpt(snapshot)}.`,
      );
    series.add(key);
  }
  return window;
}

function readLists(prepared: unknown, breach: Breach): ReadWindow {
  if (Array.isArray(prepared)) {
    prepared.forEach(quieten);
    return { snapshots: readSnapshots(prepared, breach), rejected: [] };
  }
  quieten(prepared);
  const isWindow = typeof prepared === "object" && prepared !== null && "snapshots" in prepared;
  if (!isWindow || isThenable(prepared)) {
    return breach(
      "prepare() returns an array or { snapshots, rejected }, in the same turn",
      `It returned ${excerpt(prepared)}.`,
    );
  }
  const rejections = readRejections(prepared, breach);
  const rejected = readSnapshots(
    rejections.map(({ snapshot }) => snapshot),
    breach,
  );
  return {
    snapshots: readSnapshots(readList(prepared, "snapshots", breach), breach),
    rejected: rejected.map((snapshot, index) => ({
      snapshot,
      reason: rejections[index]?.reason ?? "",
    })),
  };
}

function readSnapshots(members: readonly unknown[], breach: Breach): readonly MetricSnapshot[] {
  return members.map((member) =>
    isSnapshot(member)
      ? member
      : breach("prepare() returns valid snapshots", `${flawOf(member)}, in ${excerpt(member)}.`),
  );
}
