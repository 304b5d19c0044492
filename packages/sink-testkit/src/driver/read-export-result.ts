import type { MetricSnapshot, RejectedSnapshot } from "@aiokpl/metrics-core";
import type { Breach } from "./breach.ts";
import { excerpt } from "./excerpt.ts";
import { isThenable, quieten } from "./promise-like.ts";
import { readList, readRejections } from "./read-rejections.ts";

/** What an export's result says about the snapshots that were passed. Each is in exactly one of the first three lists. */
export interface ReadResult {
  readonly delivered: readonly MetricSnapshot[];
  readonly retry: readonly MetricSnapshot[];
  readonly rejected: readonly RejectedSnapshot[];
  /** Those in `retry` that the vendor may have taken already. */
  readonly uncertain: readonly MetricSnapshot[];
  /** What went wrong, where the sink says so. */
  readonly cause?: unknown;
}

const RESULT_RULE = "export() resolves with nothing or with an ExportResult";
const KNOWN_KEYS = ["retry", "rejected", "uncertain", "cause", "retryAfterMs"];

/** Reads the value that `export` resolved with, and allows nothing that the contract does not. */
export function readExportResult(
  result: unknown,
  passed: readonly MetricSnapshot[],
  breach: Breach,
): ReadResult {
  if (result === undefined) return { delivered: passed, retry: [], rejected: [], uncertain: [] };
  if (typeof result !== "object" || result === null || Array.isArray(result))
    return breach(RESULT_RULE, `It resolved with ${excerpt(result)}.`);
  checkKeys(result, breach);
  const uncertain = readList(result, "uncertain", breach);
  const retry = [...readList(result, "retry", breach), ...uncertain];
  const rejected = readRejections(result, breach);
  const cause = readCause(result, breach);
  checkRetryAfter(result, breach);
  const listed = [...retry, ...rejected.map(({ snapshot }) => snapshot)];
  checkMembers(listed, passed, breach);

  const reasons = new Map<unknown, string>(
    rejected.map(({ snapshot, reason }) => [snapshot, reason]),
  );
  const seen = new Set(listed);
  const retried = new Set(retry);
  const doubtful = new Set(uncertain);
  return {
    cause,
    delivered: passed.filter((snapshot) => !seen.has(snapshot)),
    retry: passed.filter((snapshot) => retried.has(snapshot)),
    uncertain: passed.filter((snapshot) => doubtful.has(snapshot)),
    rejected: passed.flatMap((snapshot) => {
      const reason = reasons.get(snapshot);
      return reason === undefined ? [] : [{ snapshot, reason }];
    }),
  };
}

/** A literal `{}` is nothing; any other object has at least one key of an ExportResult. */
function checkKeys(result: object, breach: Breach): void {
  if (KNOWN_KEYS.some((key) => key in result)) return;
  const prototype: unknown = Object.getPrototypeOf(result);
  const isPlain = prototype === Object.prototype || prototype === null;
  if (isPlain && Reflect.ownKeys(result).length === 0) return;
  breach(
    RESULT_RULE,
    `It resolved with ${excerpt(result)}, which has none of the keys ${KNOWN_KEYS.join(", ")}.`,
  );
}

function checkMembers(
  listed: readonly unknown[],
  passed: readonly MetricSnapshot[],
  breach: Breach,
): void {
  const members = new Set<unknown>(passed);
  const seen = new Set<unknown>();
  for (const snapshot of listed) {
    if (!members.has(snapshot)) {
      breach(
        "retry, uncertain and rejected hold the very snapshots that were passed",
        `This one was not passed: ${excerpt(snapshot)}.`,
      );
    }
    if (seen.has(snapshot)) {
      breach(
        "retry, uncertain and rejected name each snapshot at most once",
        `This one is named twice: ${excerpt(snapshot)}.`,
      );
    }
    seen.add(snapshot);
  }
}

function readCause(result: object, breach: Breach): unknown {
  const cause: unknown = Reflect.get(result, "cause");
  quieten(cause);
  if (isThenable(cause))
    breach("cause is what went wrong, and not a promise of it", "It is a promise.");
  return cause;
}

function checkRetryAfter(result: object, breach: Breach): void {
  const retryAfterMs: unknown = Reflect.get(result, "retryAfterMs");
  quieten(retryAfterMs);
  if (retryAfterMs === undefined) return;
  if (typeof retryAfterMs !== "number" || !Number.isFinite(retryAfterMs) || retryAfterMs < 0) {
    breach(
      "retryAfterMs is a finite number of milliseconds, at least 0",
      `It is ${excerpt(retryAfterMs)}.`,
    );
  }
}
