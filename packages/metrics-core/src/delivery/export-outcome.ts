import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { RejectedSnapshot } from "../contract/metrics-sink.ts";
import { isFinal, isThenable, messageOf, quieten, quietenAll, textOf } from "../problems/thrown.ts";
import { type Fate, Fates } from "./fates.ts";
import { Positions } from "./positions.ts";
import { Rejections } from "./rejections.ts";

/** What became of the snapshots of one export. */
export interface ExportOutcome {
  /**
   * How the export ended. "abandoned" means that it was stopped and did not settle in time after
   * that.
   */
  readonly ended: "resolved" | "threw" | "abandoned";
  readonly fates: Fates;
  readonly rejections: Rejections;
  /** For how long the vendor wants no call, in milliseconds; 0 if it did not say. */
  readonly retryAfterMs: number;
  /** What the sink threw, or gave as the cause. */
  readonly cause: unknown;
  /** How many mistakes there are in what the sink resolved with. */
  readonly mistakes: number;
}

const KNOWN_MEMBERS = ["retry", "uncertain", "rejected", "cause", "retryAfterMs"];

/** Reported as the reason of a rejection if the sink gave no reason that can be read. */
const NO_REASON = "the sink gave no reason that can be read";

/** The outcome of an export that was abandoned: nobody knows what was delivered. */
export function abandonedOutcome(snapshots: readonly MetricSnapshot[]): ExportOutcome {
  return { ...unknownOutcome(snapshots), ended: "abandoned", mistakes: 0 };
}

/**
 * The outcome of an export that threw: nothing was delivered. If the error is final, all snapshots
 * are rejected; otherwise they are retried.
 */
export function thrownOutcome(snapshots: readonly MetricSnapshot[], cause: unknown): ExportOutcome {
  const rejections = new Rejections();
  const isRejected = isFinal(cause);
  if (isRejected && snapshots.length > 0) rejections.add(messageOf(cause), snapshots.length);
  const fates = new Fates(snapshots.length, isRejected ? "rejected" : "retry");
  return { ended: "threw", fates, rejections, retryAfterMs: 0, cause, mistakes: 0 };
}

/**
 * The outcome of an export that resolved. It trusts nothing in the result. If the value is not a
 * result, or can't be read, nobody knows what was delivered. Never throws.
 */
export function resolvedOutcome(
  snapshots: readonly MetricSnapshot[],
  result: unknown,
): ExportOutcome {
  if (result === undefined) return deliveredOutcome(snapshots);
  try {
    return readResult(snapshots, membersOf(result));
  } catch {
    quietenResult(result);
    return unknownOutcome(snapshots);
  }
}

function deliveredOutcome({ length }: readonly MetricSnapshot[]): ExportOutcome {
  return {
    ended: "resolved",
    fates: new Fates(length, "delivered"),
    rejections: new Rejections(),
    retryAfterMs: 0,
    cause: undefined,
    mistakes: 0,
  };
}

function unknownOutcome(snapshots: readonly MetricSnapshot[]): ExportOutcome {
  return {
    ended: "resolved",
    fates: new Fates(snapshots.length, "uncertain"),
    rejections: new Rejections(),
    retryAfterMs: 0,
    cause: undefined,
    mistakes: 1,
  };
}

type Members = Partial<Record<string, unknown>>;

/**
 * @throws TypeError unless the result is null, an empty object or an object with a known
 * member.
 */
function membersOf(result: unknown): Members {
  if (result === null) return {};
  if (typeof result !== "object") throw new TypeError("the result is not an object");
  if (KNOWN_MEMBERS.some((member) => member in result) || isEmptyObject(result)) return result;
  throw new TypeError("the result has no known member");
}

/**
 * Whether it is `{}`. The type allows `{}`, because all its members are optional; a response, a set
 * or a list is a mistake.
 */
function isEmptyObject(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype && Reflect.ownKeys(value).length === 0;
}

/**
 * Reads a result. If a snapshot is in several lists, `rejected` wins over `uncertain`, and
 * `uncertain` wins over `retry`.
 *
 * @throws if a list is not an array, or can't be read.
 */
function readResult(snapshots: readonly MetricSnapshot[], members: Members): ExportOutcome {
  const { retryAfterMs = 0, cause } = members;
  const rejectedList = listOf(members["rejected"]);
  const uncertainList = listOf(members["uncertain"]);
  const retryList = listOf(members["retry"]);
  const fates = new Fates(snapshots.length, "delivered");
  const rejections = new Rejections();
  const positions = new Positions(snapshots);
  let mistakes = 0;
  const mistake = (...values: readonly unknown[]): void => {
    mistakes++;
    values.forEach(quieten);
  };
  /** Whether the snapshot has this fate now. That of an earlier list stays. */
  const give = (snapshot: unknown, fate: Fate): boolean => {
    const position = positions.of(snapshot);
    if (position === undefined) return false;
    if (fates.at(position) === "delivered") fates.set(position, fate);
    return fates.at(position) === fate;
  };
  for (const entry of rejectedList as readonly (Partial<RejectedSnapshot> | null | undefined)[]) {
    const { snapshot, reason } = entry ?? {};
    const text = textOf(reason);
    const rejected = fates.count("rejected");
    if (snapshot === undefined || !give(snapshot, "rejected")) {
      mistake(entry, snapshot, reason);
      continue;
    }
    if (text === undefined) mistake(reason);
    if (fates.count("rejected") > rejected) rejections.add(text ?? NO_REASON);
  }
  const others: readonly (readonly [Fate, readonly unknown[]])[] = [
    ["uncertain", uncertainList],
    ["retry", retryList],
  ];
  for (const [fate, list] of others) {
    positions.restart();
    for (const snapshot of list) if (!give(snapshot, fate)) mistake(snapshot);
  }
  const isWait =
    typeof retryAfterMs === "number" && Number.isFinite(retryAfterMs) && retryAfterMs >= 0;
  if (!isWait) mistake(retryAfterMs);
  if (isThenable(cause)) mistake(cause);
  return {
    ended: "resolved",
    fates,
    rejections,
    retryAfterMs: isWait ? retryAfterMs : 0,
    cause: isThenable(cause) ? undefined : cause,
    mistakes,
  };
}

/** @throws TypeError unless the member is an array or undefined. */
function listOf(member: unknown): readonly unknown[] {
  if (member === undefined) return [];
  if (Array.isArray(member)) return member;
  throw new TypeError("retry, uncertain and rejected must be arrays");
}

/** Catches the rejections of promises in a result that nobody reads. Never throws. */
export function quietenResult(result: unknown): void {
  quietenAll(result);
  for (const member of KNOWN_MEMBERS) {
    try {
      quietenAll((result as Members)[member]);
    } catch {
      // If the member can't be read, there is no promise to catch.
    }
  }
}
