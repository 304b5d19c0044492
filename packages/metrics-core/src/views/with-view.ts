import type { EventfulMetricsSink, MetricsSink } from "../contract/metrics-sink.ts";
import { nameOfSink } from "../delivery/settled-sink.ts";
import { isEventful } from "../recording/event-recorder.ts";
import { hasMethods } from "../sink-kit/check-option.ts";
import { LiveSources } from "./live-sources.ts";
import { View } from "./view.ts";
import { checkRules, type ViewRule } from "./view-rule.ts";
import { ViewedEvents } from "./viewed-events.ts";
import { viewedHost } from "./viewed-host.ts";
import { ViewedWindow } from "./viewed-window.ts";

/**
 * A sink that gives another sink less, or under other names: it leaves out metrics, renames them, and
 * leaves out dimensions. Give it to the manager in place of that sink. For each metric the first rule
 * whose `match` fits applies. A metric that no rule fits passes as it is.
 *
 * Series that become one are merged: counters and distributions add up, and gauges become one reading of
 * their combined level (`combine` of the metric). Metrics that get the same name must have the same kind,
 * unit, thresholds and `combine`. The first one that is seen counts; others are rejected, with a reason
 * that names both.
 *
 * What a rule drops is not there for the sink: its statistics count it neither as delivered nor as
 * rejected. A view makes no copies of what it passes on as it is.
 *
 * A sink that is scraped sees the open window through the view, and reads at once what the view changes:
 * in about 2 µs for each series.
 *
 * @throws TypeError for a wrong rule; the message names the rule, the value and what is allowed.
 */
export function withView(
  sink: EventfulMetricsSink,
  rules: readonly ViewRule[],
): EventfulMetricsSink;
/** Shows a sink that takes no single observations a view of its windows, in the same way. */
export function withView(sink: MetricsSink, rules: readonly ViewRule[]): MetricsSink;
export function withView(sink: MetricsSink, rules: readonly ViewRule[]): MetricsSink {
  hasMethods("sink", sink, ["export"]);
  checkRules(rules);
  const view = new View(rules);
  const sources = new LiveSources();
  const events = isEventful(sink) ? new ViewedEvents(sink, view) : undefined;
  const window = new ViewedWindow(sink, view, {
    merged: (snapshot, viewed) => {
      if (sink.forgotten !== undefined && snapshot.kind !== "gauge") sources.add(snapshot, viewed);
    },
    closed: () => {
      view.windowClosed();
      events?.windowClosed();
    },
  });
  const viewed: MetricsSink = {
    name: nameOfSink(sink),
    get preferredIntervalMs() {
      return sink.preferredIntervalMs;
    },
    get maxExportSnapshots() {
      return sink.maxExportSnapshots;
    },
    get maxAgeMs() {
      return sink.maxAgeMs;
    },
    get acknowledges() {
      return sink.acknowledges;
    },
    get wantsEmptyWindows() {
      return sink.wantsEmptyWindows;
    },
    get opensLate() {
      return sink.opensLate;
    },
    get pull() {
      return sink.pull;
    },
    open: async (host) => sink.open?.(viewedHost(host, view, window)),
    prepare: (snapshots, part) => window.prepare(snapshots, part),
    forgotten: (series) => {
      const treatment = view.treatmentOf(series.name);
      if (treatment.is === "kept") sink.forgotten?.(series);
      const ended = treatment.is === "changed" ? sources.forget(series) : undefined;
      if (ended !== undefined) sink.forgotten?.(ended);
    },
    export: (snapshots, options) => sink.export(snapshots, options),
    close: async (options) => sink.close?.(options),
  };
  return events === undefined ? viewed : Object.assign(viewed, events.methods());
}
