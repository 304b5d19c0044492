import type { Breach } from "./breach.ts";
import { excerpt } from "./excerpt.ts";
import { quieten } from "./promise-like.ts";

/** One entry of a sink's list `rejected`, whose snapshot may be anything. */
export interface ReadRejection {
  readonly snapshot: unknown;
  readonly reason: string;
}

/** Reads the list that a sink has under a key; none where it has no such key. */
export function readList(holder: object, key: string, breach: Breach): readonly unknown[] {
  const list: unknown = Reflect.get(holder, key);
  if (list === undefined) return [];
  quieten(list);
  if (!Array.isArray(list))
    return breach(
      "snapshots, retry, uncertain and rejected are arrays",
      `${key} is ${excerpt(list)}.`,
    );
  const members: readonly unknown[] = list;
  members.forEach(quieten);
  return members;
}

/** Reads the list `rejected` of an ExportResult or of a PreparedWindow. */
export function readRejections(holder: object, breach: Breach): readonly ReadRejection[] {
  return readList(holder, "rejected", breach).map((entry) => readRejection(entry, breach));
}

function readRejection(entry: unknown, breach: Breach): ReadRejection {
  if (typeof entry !== "object" || entry === null || !("snapshot" in entry)) {
    return breach(
      "rejected holds objects with a snapshot and a reason",
      `One of them is ${excerpt(entry)}.`,
    );
  }
  const { snapshot } = entry;
  const reason: unknown = "reason" in entry ? entry.reason : undefined;
  quieten(snapshot);
  quieten(reason);
  if (typeof reason !== "string" || reason.trim() === "")
    return breach("every rejection has a reason", `A reason is ${excerpt(reason)}.`);
  return { snapshot, reason };
}
