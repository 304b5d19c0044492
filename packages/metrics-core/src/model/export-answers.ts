import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { ModelClock } from "./model-clock.ts";
import { isFinalError, oddError, rejectedPromise, unreadable } from "./odd-values.ts";
import type { ExportScript } from "./program.ts";
import { scribbleOn } from "./scribble-on.ts";

/** What a sink makes of an export: what it answers, and what core should make of that. */
export interface Answer {
  readonly gives: () => unknown;
  readonly delivered: readonly MetricSnapshot[];
  readonly rejected: readonly MetricSnapshot[];
  /** Perhaps delivered, by its own words or because nobody can understand them. */
  readonly uncertain: readonly MetricSnapshot[];
  /** The sink's fault, which must be reported. */
  readonly isFault: boolean;
}

/** These ask for patience where their script says so. */
export const ANSWERS_WITH_PATIENCE: ReadonlySet<string> = new Set([
  "retriesAll",
  "answersInPart",
  "uncertain",
  "oddCause",
]);

/** Waits as long as the script does after its delay: some sinks wait for the abort, and longer. */
export async function untilItAnswers(
  { does }: ExportScript,
  aborted: Promise<void>,
  clock: ModelClock,
): Promise<void> {
  if (does === "hangs") await new Promise(() => {});
  if (!["heeds", "heedsInPart", "heedsLate", "throwsLate", "late"].includes(does)) return;
  await aborted;
  if (does === "heedsLate") await clock.after(800);
  if (does === "throwsLate") await clock.after(700);
  if (does === "late") await clock.after(50_007);
}

/** What a sink answers to an export of these snapshots. */
export function answerOf(script: ExportScript, snapshots: readonly MetricSnapshot[]): Answer {
  const { does, error, retryAfterMs } = script;
  const nothing = { delivered: [], rejected: [], uncertain: [], isFault: false };
  const fault = (gives: () => unknown): Answer => ({ ...nothing, gives, isFault: true });
  const nonsense = (gives: () => unknown): Answer => ({ ...fault(gives), uncertain: snapshots });
  const third = (part: number): readonly MetricSnapshot[] =>
    snapshots.filter((_, i) => i % 3 === part);
  const reasonOf = (reason: unknown) => (snapshot: MetricSnapshot) => ({ snapshot, reason });
  switch (does) {
    case "throws":
    case "throwsLate":
      return {
        ...nothing,
        gives: () => {
          throw oddError(error);
        },
        rejected: isFinalError(error) ? snapshots : [],
      };
    case "retriesAll":
      return {
        ...nothing,
        gives: () => ({ retry: snapshots, cause: new Error("busy"), retryAfterMs }),
      };
    case "oddCause":
      return {
        ...nothing,
        gives: () => ({ retry: snapshots, cause: oddError(error), retryAfterMs }),
      };
    case "heeds":
      return { ...nothing, gives: () => ({ retry: snapshots, cause: new Error("stopped") }) };
    case "heedsInPart":
      return {
        ...nothing,
        gives: () => ({ retry: third(0) }),
        delivered: [...third(1), ...third(2)],
      };
    case "answersInPart":
      return {
        ...nothing,
        gives: () => ({ retry: third(0), rejected: third(1).map(reasonOf("no")), retryAfterMs }),
        rejected: third(1),
        delivered: third(2),
      };
    case "uncertain":
      return {
        ...nothing,
        gives: () => ({ uncertain: third(0), retry: third(1), retryAfterMs }),
        uncertain: third(0),
        delivered: third(2),
      };
    case "foreign":
      return {
        gives: () => ({
          retry: [...snapshots.map((each) => ({ ...each })), ...third(0), ...third(0)],
          rejected: third(0).map(reasonOf("no")),
        }),
        ...nothing,
        isFault: snapshots.length > 0,
        rejected: third(0),
        delivered: [...third(1), ...third(2)],
      };
    case "array":
      return nonsense(() => [...snapshots]);
    case "number":
      return nonsense(() => 200);
    case "string":
      return nonsense(() => "ok");
    case "false":
      return nonsense(() => false);
    // A result of optional members may have none: then there is nothing to say.
    case "emptyObject":
      return { ...nothing, gives: () => ({}), delivered: snapshots };
    case "unknownKeys":
      return nonsense(() => ({ status: 200, failed: snapshots }));
    case "unreadable":
      return nonsense(() =>
        unreadable(["retry", "rejected", "uncertain", "cause", "retryAfterMs"]),
      );
    case "promiseRetry":
      return nonsense(() => ({ retry: rejectedPromise() }));
    case "promiseRejected":
      return fault(() => ({ retry: snapshots, rejected: [rejectedPromise()] }));
    case "promiseMembers":
      return fault(() => ({ retry: [...snapshots, rejectedPromise()] }));
    case "promiseCause":
      return { ...nothing, gives: () => ({ retry: snapshots, cause: rejectedPromise() }) };
    case "promiseRetryAfter":
      return fault(() => ({ retry: snapshots, retryAfterMs: rejectedPromise() }));
    // They are rejected, though it can't be read why.
    case "promiseReason":
      return {
        ...nothing,
        gives: () => ({
          rejected: snapshots.map((snapshot) => ({ snapshot, reason: rejectedPromise() })),
        }),
        rejected: snapshots,
        isFault: snapshots.length > 0,
      };
    case "symbolReason":
      return {
        ...nothing,
        gives: () => ({ rejected: snapshots.map(reasonOf(Symbol("no"))) }),
        rejected: snapshots,
      };
    case "scribbles":
      scribbleOn(snapshots);
      return { ...nothing, gives: () => undefined, delivered: snapshots };
    default:
      return { ...nothing, gives: () => undefined, delivered: snapshots };
  }
}
