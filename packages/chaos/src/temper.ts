import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type {
  EventfulMetricsSink,
  MetricSnapshot,
  MetricsSink,
  SinkHost,
} from "@aiokpl/metrics-core";
import { mergeSeries } from "@aiokpl/metrics-core/sink";
import type { Chance } from "./chance.ts";
import { postingSink, type PostingSinkOptions } from "./posting-sink.ts";

/** A special kind of sink. */
export interface Temper {
  readonly name: string;
  readonly create: (options: PostingSinkOptions, chance: Chance) => MetricsSink;
}

/** All kinds of honest sinks. */
export const TEMPERS: readonly Temper[] = [
  { name: "plain", create: postingSink },
  { name: "small", create: (options, chance) => small(postingSink(options), chance) },
  { name: "rolling up", create: (options, chance) => rollingUp(postingSink(options), chance) },
  { name: "eventful", create: (options) => eventful(postingSink(options)) },
  { name: "slow to prepare", create: (options, chance) => slow(postingSink(options), chance) },
  { name: "reading", create: (options) => reading(postingSink(options)) },
  { name: "ageing", create: (options, chance) => ageing(postingSink(options), chance) },
  { name: "handing over", create: (options) => handingOver(postingSink(options)) },
  { name: "deaf", create: (options, chance) => deaf(postingSink(options), chance) },
  { name: "late to open", create: (options, chance) => lateToOpen(postingSink(options), chance) },
  {
    name: "never idle",
    create: (options) => postingSink({ ...options, wantsEmptyWindows: true }),
  },
  { name: "throwing", create: (options) => throwing(postingSink(options)) },
];

/** Claims to have delivered some snapshots that it has not sent. */
export const DISHONEST: Temper = {
  name: "dishonest",
  create(options) {
    const inner = postingSink(options);
    return { ...inner, export: (snapshots, context) => inner.export(snapshots.slice(1), context) };
  },
};

/** Exports only a few snapshots at a time. */
function small(inner: MetricsSink, chance: Chance): MetricsSink {
  return { ...inner, maxExportSnapshots: chance.one(1, 3, 20) };
}

/**
 * Adds a total over all dimensions of each metric to each window, and returns the totals a few at a
 * time. Sometimes it throws instead.
 */
function rollingUp(inner: MetricsSink, chance: Chance): MetricsSink {
  const totals = new Map<string, MetricSnapshot>();
  return {
    ...inner,
    prepare(window, { last }) {
      // Only in a window's first part, since totals that it keeps must come with the last one.
      if (totals.size === 0 && chance.is(0.05)) throw new Error("can't roll up today");
      for (const snapshot of window) {
        const { name } = snapshot;
        const rolledUp = { ...snapshot, name: `${name}.total`, dimensions: NO_DIMENSIONS };
        const known = totals.get(name);
        totals.set(name, known === undefined ? rolledUp : mergeSeries(known, rolledUp));
      }
      if (!last) return window;
      const some = [...totals].slice(0, chance.whole(1, 5));
      for (const [name] of some) totals.delete(name);
      const more = totals.size > 0;
      return { snapshots: [...window, ...some.map(([, total]) => total)], more };
    },
  };
}

const NO_DIMENSIONS: MetricSnapshot["dimensions"] = [];

/** Wants each single observation, and throws for some of them. */
function eventful(inner: MetricsSink): EventfulMetricsSink {
  return {
    ...inner,
    record({ value }) {
      if (value % 50 === 7) throw new Error("not that value");
    },
  };
}

/** Takes so long to prepare that the manager gives it the parts of a window in several turns. */
function slow(inner: MetricsSink, chance: Chance): MetricsSink {
  return {
    ...inner,
    prepare(window) {
      const end = performance.now() + chance.one(0, 5);
      while (performance.now() < end);
      return window;
    },
  };
}

/** Reads the open window before each export, a few series in each turn, as a sink does that must not block. */
function reading(inner: MetricsSink): MetricsSink {
  let host: Pick<SinkHost, "series"> | undefined;
  return {
    ...inner,
    async open(given) {
      host = given;
    },
    async export(snapshots, context) {
      let read = 0;
      for (const { count } of host?.series() ?? []) {
        if (!(count > 0)) throw new Error(`a series of the open window had a count of ${count}`);
        if (++read % 5 === 0) await nextTurn();
        if (context.signal.aborted) break;
      }
      return inner.export(snapshots, context);
    },
  };
}

/** Has a vendor that refuses old data. */
function ageing(inner: MetricsSink, chance: Chance): MetricsSink {
  return { ...inner, maxAgeMs: chance.one(400, 1_500) };
}

/** Does not wait for answers. */
function handingOver(inner: MetricsSink): MetricsSink {
  const outstanding = new Set<Promise<unknown>>();
  const controller = new AbortController();
  return {
    ...inner,
    acknowledges: false,
    async export(snapshots) {
      const handed: Promise<unknown> = inner
        .export(snapshots, { signal: controller.signal })
        .catch(() => undefined)
        .finally(() => outstanding.delete(handed));
      outstanding.add(handed);
    },
    async close({ signal }) {
      const stop = (): void => controller.abort();
      signal.addEventListener("abort", stop);
      if (signal.aborted) stop();
      await Promise.all(outstanding);
    },
  };
}

/** Sometimes hangs for ever in `export` or `close`, even after an abort. */
function deaf(inner: MetricsSink, chance: Chance): MetricsSink {
  return {
    ...inner,
    async export(snapshots, { signal }) {
      if (!chance.is(0.3)) return inner.export(snapshots, { signal });
      // It may have delivered before it hangs.
      await inner.export(snapshots, { signal }).catch(() => undefined);
      return forever();
    },
    close: () => (chance.is(0.5) ? forever() : Promise.resolve()),
  };
}

/** Fails to open a few times, or takes a long time to open. */
function lateToOpen(inner: MetricsSink, chance: Chance): MetricsSink {
  let failures = chance.whole(1, 3);
  return {
    ...inner,
    async open() {
      await sleep(chance.whole(0, 300));
      if (failures-- > 0) throw new Error("not open yet");
    },
  };
}

/** Throws instead of returning a result. */
function throwing(inner: MetricsSink): MetricsSink {
  return {
    ...inner,
    async export(snapshots, context) {
      const result = await inner.export(snapshots, context);
      const { retry, rejected } = result ?? {};
      const [first] = rejected ?? [];
      if (snapshots.length > 0 && retry?.length === snapshots.length)
        throw new Error("nothing taken");
      if (first !== undefined && rejected?.length === snapshots.length)
        throw Object.assign(new Error(first.reason), { retryable: false });
      return result;
    },
  };
}

function forever(): Promise<never> {
  return new Promise(() => {});
}
