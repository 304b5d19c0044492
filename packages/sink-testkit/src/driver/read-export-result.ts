import type { MetricSnapshot, RejectedSnapshot } from "@aiokpl/metrics-core";

/** What an export's outcome means for the snapshots that were offered, each in exactly one list. */
export interface ReadResult {
  readonly delivered: readonly MetricSnapshot[];
  readonly retry: readonly MetricSnapshot[];
  readonly rejected: readonly RejectedSnapshot[];
  /** Those of `retry` of which the sink does not know whether they were taken. */
  readonly uncertain: readonly MetricSnapshot[];
}

/** Says that a rule is broken; throws. */
export type Breach = (rule: string, detail: string, cause?: unknown) => never;

/** Reads what `export` resolved with, to the letter of the contract. */
export function readExportResult(
  result: unknown,
  offered: readonly MetricSnapshot[],
  breach: Breach,
): ReadResult {
  if (result === undefined) return { delivered: offered, retry: [], rejected: [], uncertain: [] };
  if (typeof result !== "object" || result === null) {
    return breach(
      "export() resolves with nothing or with an ExportResult",
      `It resolved with ${excerpt(result)}.`,
    );
  }
  const uncertain = listIn(result, "uncertain", breach);
  const retry = [...listIn(result, "retry", breach), ...uncertain];
  const rejected = listIn(result, "rejected", breach).map((entry) => readRejected(entry, breach));
  checkRetryAfter(result, breach);

  const reasons = new Map<unknown, string>(
    rejected.map(({ snapshot, reason }) => [snapshot, reason]),
  );
  const retried = new Set<unknown>(retry);
  const doubtful = new Set<unknown>(uncertain);
  const passed = new Set<unknown>(offered);
  const seen = new Set<unknown>();
  for (const snapshot of [...retry, ...rejected.map((entry) => entry.snapshot)]) {
    if (!passed.has(snapshot))
      breach(MEMBERS_RULE, `One of them was not passed: ${excerpt(snapshot)}.`);
    if (seen.has(snapshot)) breach(DISJOINT_RULE, `This one is: ${excerpt(snapshot)}.`);
    seen.add(snapshot);
  }
  return {
    delivered: offered.filter((snapshot) => !seen.has(snapshot)),
    retry: offered.filter((snapshot) => retried.has(snapshot)),
    uncertain: offered.filter((snapshot) => doubtful.has(snapshot)),
    rejected: offered.flatMap((snapshot) => {
      const reason = reasons.get(snapshot);
      return reason === undefined ? [] : [{ snapshot, reason }];
    }),
  };
}

const MEMBERS_RULE =
  "retry, uncertain and rejected hold members of the array that was passed, by identity";
const DISJOINT_RULE =
  "no snapshot is in two of retry, uncertain and rejected, or twice in one of them";
const REASON_RULE = "every rejection has a reason";

function listIn(
  result: object,
  key: "retry" | "uncertain" | "rejected",
  breach: Breach,
): readonly unknown[] {
  const list: unknown = Reflect.get(result, key);
  if (list === undefined) return [];
  return Array.isArray(list)
    ? list
    : breach("retry, uncertain and rejected are arrays", `${key} is ${excerpt(list)}.`);
}

function readRejected(
  entry: unknown,
  breach: Breach,
): { readonly snapshot: unknown; readonly reason: string } {
  if (typeof entry !== "object" || entry === null || !("snapshot" in entry)) {
    return breach(
      "rejected holds objects with a snapshot and a reason",
      `One is ${excerpt(entry)}.`,
    );
  }
  const reason: unknown = "reason" in entry ? entry.reason : undefined;
  if (typeof reason !== "string" || reason.trim() === "")
    return breach(REASON_RULE, `It is ${excerpt(reason)}.`);
  return { snapshot: entry.snapshot, reason };
}

function checkRetryAfter(result: object, breach: Breach): void {
  const retryAfterMs: unknown = Reflect.get(result, "retryAfterMs");
  if (retryAfterMs === undefined) return;
  if (typeof retryAfterMs !== "number" || !Number.isFinite(retryAfterMs) || retryAfterMs < 0) {
    breach(
      "retryAfterMs is a finite number of milliseconds, at least 0",
      `It is ${excerpt(retryAfterMs)}.`,
    );
  }
}

/** Data as a message can bear it. */
export function excerpt(data: unknown): string {
  const text = JSON.stringify(data) ?? String(data);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
