import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { RejectedSnapshot } from "../contract/metrics-sink.ts";
import { isFinal, isThenable, messageOf, quieten, quietenAll, textOf } from "../problems/thrown.ts";
import { AllSnapshots, isSameList, type SnapshotSet } from "./snapshot-set.ts";

/**
 * What became of the snapshots of one export. A snapshot that is neither in `retry` nor in
 * `rejected` was delivered.
 */
export interface ExportOutcome {
  /**
   * How the export ended. "abandoned" means that it was stopped and did not settle in time after
   * that.
   */
  readonly ended: "resolved" | "threw" | "abandoned";
  readonly retry: SnapshotSet;
  /** The snapshots of `retry` that the vendor may have already. */
  readonly uncertain: SnapshotSet;
  readonly rejected: ReadonlyMap<MetricSnapshot, string>;
  /** For how long the vendor wants no call, in milliseconds; 0 if it did not say. */
  readonly retryAfterMs: number;
  /** What the sink threw, or gave as the cause. */
  readonly cause: unknown;
  /** How many mistakes there are in what the sink resolved with. */
  readonly mistakes: number;
}

const NOTHING: SnapshotSet = /* @__PURE__ */ new Set<MetricSnapshot>();
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
  const reason = isFinal(cause) ? messageOf(cause) : undefined;
  return {
    ended: "threw",
    retry: reason === undefined ? new AllSnapshots(snapshots) : NOTHING,
    uncertain: NOTHING,
    rejected: new Map(reason === undefined ? [] : snapshots.map((each) => [each, reason])),
    retryAfterMs: 0,
    cause,
    mistakes: 0,
  };
}

/**
 * The outcome of an export that resolved. It trusts nothing in the result. If the value is not a
 * result, or can't be read, nobody knows what was delivered. Never throws.
 */
export function resolvedOutcome(
  snapshots: readonly MetricSnapshot[],
  result: unknown,
): ExportOutcome {
  try {
    return readResult(snapshots, membersOf(result));
  } catch {
    quietenResult(result);
    return unknownOutcome(snapshots);
  }
}

function unknownOutcome(snapshots: readonly MetricSnapshot[]): ExportOutcome {
  const all = new AllSnapshots(snapshots);
  const nothingElse = { rejected: new Map(), retryAfterMs: 0, cause: undefined };
  return { ended: "resolved", retry: all, uncertain: all, ...nothingElse, mistakes: 1 };
}

type Members = Partial<Record<string, unknown>>;

/**
 * @throws TypeError unless the result is undefined, null, an empty object or an object with a known
 * member.
 */
function membersOf(result: unknown): Members {
  if (result === undefined || result === null) return {};
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
  const [rejectedList, uncertainList, retryList] = [
    listOf(members["rejected"]),
    listOf(members["uncertain"]),
    listOf(members["retry"]),
  ];
  // Each list removes its snapshots from this set, so that no later list gets them too. Most exports
  // deliver everything or nothing, and need no set.
  const listed = rejectedList.length + uncertainList.length + retryList.length;
  const isAllRetried = listed === retryList.length && isSameList(retryList, snapshots);
  const isAllUncertain = listed === uncertainList.length && isSameList(uncertainList, snapshots);
  const isAll = isAllRetried || isAllUncertain;
  const left = new Set(listed === 0 || isAll ? [] : snapshots);
  const rejected = new Map<MetricSnapshot, string>();
  const uncertain = new Set<MetricSnapshot>();
  const retry = new Set<MetricSnapshot>();
  let mistakes = 0;
  const mistake = (...values: readonly unknown[]): void => {
    mistakes++;
    values.forEach(quieten);
  };
  for (const entry of rejectedList as readonly (Partial<RejectedSnapshot> | null | undefined)[]) {
    const { snapshot, reason } = entry ?? {};
    const text = textOf(reason);
    if (snapshot === undefined || (!left.delete(snapshot) && !rejected.has(snapshot))) {
      mistake(entry, snapshot, reason);
    } else {
      if (text === undefined) mistake(reason);
      rejected.set(snapshot, text ?? NO_REASON);
    }
  }
  for (const snapshot of (isAll ? [] : uncertainList) as readonly MetricSnapshot[]) {
    if (left.delete(snapshot)) uncertain.add(snapshot);
    else if (!uncertain.has(snapshot)) mistake(snapshot);
  }
  for (const snapshot of (isAll ? [] : retryList) as readonly MetricSnapshot[]) {
    if (left.delete(snapshot)) retry.add(snapshot);
    else if (!retry.has(snapshot)) mistake(snapshot);
  }
  const isWait =
    typeof retryAfterMs === "number" && Number.isFinite(retryAfterMs) && retryAfterMs >= 0;
  if (!isWait) mistake(retryAfterMs);
  if (isThenable(cause)) mistake(cause);
  return {
    ended: "resolved",
    retry: isAll ? new AllSnapshots(snapshots) : union(uncertain, retry),
    uncertain: isAllUncertain ? new AllSnapshots(snapshots) : uncertain,
    rejected,
    retryAfterMs: isWait ? retryAfterMs : 0,
    cause: isThenable(cause) ? undefined : cause,
    mistakes,
  };
}

function union(
  uncertain: ReadonlySet<MetricSnapshot>,
  retry: ReadonlySet<MetricSnapshot>,
): SnapshotSet {
  return uncertain.size === 0 ? retry : new Set([...uncertain, ...retry]);
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
