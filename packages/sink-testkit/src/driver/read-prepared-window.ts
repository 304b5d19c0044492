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

/** What one call of `prepare` returned. */
export interface ReadPart extends ReadWindow {
  /** Whether the sink has more to return of the window. */
  readonly more: boolean;
}

/** Reads what `prepare` returned for the parts of one window, and allows nothing that the contract does not. */
export class PreparedWindowReader {
  readonly #breach: Breach;
  readonly #objects = new Set<MetricSnapshot>();
  readonly #series = new Set<string>();

  constructor(breach: Breach) {
    this.#breach = breach;
  }

  /** Reads what it returned for the next part. */
  read(prepared: unknown): ReadPart {
    const part = readLists(prepared, this.#breach);
    for (const snapshot of [
      ...part.snapshots,
      ...part.rejected.map(({ snapshot: rejected }) => rejected),
    ]) {
      if (this.#objects.has(snapshot)) {
        this.#breach(
          "prepare() returns each snapshot once",
          "One object is in snapshots or rejected twice, or in both.",
        );
      }
      this.#objects.add(snapshot);
    }
    for (const snapshot of part.snapshots) {
      const key = seriesOf(snapshot);
      if (this.#series.has(key))
        this.#breach(
          "prepare() returns each series once",
          `This one is there twice in a window: ${excerpt(snapshot)}.`,
        );
      this.#series.add(key);
    }
    return { ...part, more: readMore(prepared, this.#breach) };
  }
}

function readMore(prepared: unknown, breach: Breach): boolean {
  if (typeof prepared !== "object" || prepared === null || !("more" in prepared)) return false;
  const { more = false } = prepared;
  quieten(more);
  if (typeof more !== "boolean") return breach("more is true or false", `It is ${excerpt(more)}.`);
  return more;
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
