import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { PreparedWindow, RejectedSnapshot } from "../contract/metrics-sink.ts";
import { mergeSnapshots } from "../histogram/merge-snapshots.ts";
import { rejectedPromise } from "./odd-values.ts";
import type { PrepareDeed } from "./program.ts";
import { scribbleOn } from "./scribble-on.ts";

/** Whether what it makes of a window is what `prepare` may return. */
export function isGoodView(does: PrepareDeed): boolean {
  return ["same", "rollUp", "rejectsHalf", "drops", "scribbles", "slippery"].includes(does);
}

/** What a sink's `prepare` returns for a window. */
export function viewOf(
  does: PrepareDeed,
  window: readonly MetricSnapshot[],
): readonly MetricSnapshot[] | PreparedWindow {
  const each = (change: object): MetricSnapshot[] =>
    window.map((snapshot) => ({ ...snapshot, ...change }));
  // The interface promises types; this sink breaks them, as JavaScript programs can.
  const wrongly = (view: unknown): readonly MetricSnapshot[] => view as readonly MetricSnapshot[];
  const isOdd = (_: unknown, i: number): boolean => i % 2 === 1;
  switch (does) {
    case "rollUp":
      return [...window, ...rollUps(window)];
    case "rejectsHalf":
      return {
        snapshots: window.filter(isOdd),
        rejected: window
          .filter((_, i) => !isOdd(_, i))
          .map((snapshot): RejectedSnapshot => ({ snapshot, reason: "a name that we don't take" })),
      };
    case "drops":
      return [];
    case "scribbles":
      scribbleOn(window);
      return [...window];
    case "countZero":
      return each({ count: 0 });
    case "countNegative":
      return each({ count: -5 });
    case "countHalf":
      return each({ count: 1.5 });
    case "sumNaN":
      return each({ sum: NaN });
    case "minInfinite":
      return each({ min: -Infinity });
    case "lastMissing":
      return each({ last: undefined });
    case "kindUnknown":
      return each({ kind: "histogram" });
    case "backwards":
      return window.map((snapshot) => ({ ...snapshot, windowEnd: snapshot.windowStart - 1 }));
    case "seriesTwice":
      return [...window, ...each({})];
    case "snapshotTwice":
      return [...window, ...window];
    case "slippery":
      return window.map((snapshot) => {
        let reading = 0;
        return Object.defineProperty({ ...snapshot }, "count", { get: () => ++reading });
      });
    case "noList":
      return wrongly({ snapshots: 7 });
    case "promise":
      return wrongly(rejectedPromise());
    case "promiseMembers":
      return wrongly([...window, rejectedPromise()]);
    case "promiseReason":
      return {
        snapshots: [],
        rejected: window.map(
          (snapshot) => ({ snapshot, reason: rejectedPromise() }) as RejectedSnapshot,
        ),
      };
    default:
      return window;
  }
}

/** One series for each metric, as a vendor without aggregation needs it. */
function rollUps(window: readonly MetricSnapshot[]): MetricSnapshot[] {
  const merged = new Map<string, MetricSnapshot>();
  for (const snapshot of window) {
    const known = merged.get(snapshot.name);
    merged.set(snapshot.name, known === undefined ? snapshot : mergeSnapshots(known, snapshot));
  }
  return [...merged.values()].map((snapshot) => {
    const { overflow: _, ...rest } = snapshot;
    return { ...rest, dimensions: [["rolled", "up"]] };
  });
}

/** Whether a sink returned a list, and not a list with what it rejects. */
export function isList(
  view: readonly MetricSnapshot[] | PreparedWindow,
): view is readonly MetricSnapshot[] {
  return Array.isArray(view);
}
