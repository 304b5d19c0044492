import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import type {
  EventfulMetricsSink,
  ExportResult,
  MetricSnapshot,
  MetricsSink,
  WindowPart,
} from "@aiokpl/metrics-core";
import { mergeSeries, mergeSnapshots, toValuesAndCounts } from "@aiokpl/metrics-core/sink";
import { describe, expect, it } from "vitest";
import { BrokenClause, describeSinkContract, exampleSnapshots } from "./index.ts";
import type { IntakeScript, ReceivedPoint, SinkContractOptions, VendorEnd } from "./index.ts";

type Snapshots = readonly MetricSnapshot[];
type Options = { readonly signal: AbortSignal };

/** A validating vendor: it refuses a request with a name that is not ASCII. */
const vendor: IntakeScript = ({ text }) => {
  const snapshots = JSON.parse(text) as MetricSnapshot[];
  return { status: snapshots.every(({ name }) => isAscii(name)) ? 202 : 400 };
};

function isAscii(name: string): boolean {
  return /^[ -~]{1,255}$/.test(name);
}

/** Posts, and answers with the status; 0 where there is none. */
async function post(url: string, snapshots: Snapshots, signal?: AbortSignal): Promise<number> {
  const init = { method: "POST", body: JSON.stringify(snapshots) };
  try {
    const response = await fetch(url, signal === undefined ? init : { ...init, signal });
    await response.body?.cancel();
    return response.status;
  } catch {
    return 0;
  }
}

/** A sound sink. The broken ones differ from it in one thing. */
function sound({ url }: VendorEnd): MetricsSink {
  return {
    async export(snapshots, { signal }) {
      const good = snapshots.filter(({ name }) => isAscii(name));
      const rejected = snapshots
        .filter(({ name }) => !isAscii(name))
        .map((snapshot) => ({ snapshot, reason: "name is not ASCII" }));
      if (good.length === 0) return { rejected };
      const status = await post(url, good, signal);
      if (status === 202) return { rejected };
      if (status === 400)
        return { rejected: snapshots.map((snapshot) => ({ snapshot, reason: "HTTP 400" })) };
      return { rejected, retry: good };
    },
  };
}

/** Runs the contract and collects the broken clauses, until the sought one is among them. */
async function findings(
  options: Partial<SinkContractOptions>,
  sought?: string,
): Promise<readonly BrokenClause[]> {
  const tests: (() => Promise<void>)[] = [];
  describeSinkContract({
    describe: (_name, define) => define(),
    it: Object.assign((_name: string, run: () => Promise<void>) => tests.push(run), {
      skip: () => undefined,
    }),
    name: "BrokenSink",
    create: sound,
    answers: { ok: vendor },
    received: ({ requests }) =>
      requests.flatMap(({ text }) => JSON.parse(text) as MetricSnapshot[]),
    keeps: { dimensions: true },
    unacceptable: exampleSnapshots({
      series: [{ name: "größe" }, { name: "длина", values: [2, 3] }],
    }),
    many: 1_000,
    graceMs: 250,
    exportTimeoutMs: 250,
    ...options,
  });
  const found: BrokenClause[] = [];
  for (const run of tests) {
    await run().catch((error: unknown) => {
      if (!(error instanceof BrokenClause)) throw error;
      found.push(error);
    });
    if (found.at(-1)?.clause === sought && sought !== undefined) break;
  }
  return found;
}

async function brokenRules(
  options: Partial<SinkContractOptions>,
  sought?: string,
): Promise<readonly string[]> {
  const found = await findings(options, sought);
  for (const { message, clause } of found) {
    expect(message).toContain(`BrokenSink breaks the sink contract: "${clause}". `);
  }
  return found.map(({ clause }) => clause);
}

type Broken = readonly [wrong: string, rule: string, create: (end: VendorEnd) => MetricsSink];

/** Makes sound sinks with one wrong method each. The methods are untyped: the types would refuse them. */
function brokenBy(rule: string, methods: Readonly<Record<string, object>>): readonly Broken[] {
  return Object.entries(methods).map(([wrong, method]) => [
    wrong,
    rule,
    (end) => Object.assign(sound(end), method),
  ]);
}

/** Makes sinks with a wrong `prepare`. */
function prepares(
  rule: string,
  wrong: Readonly<Record<string, (window: Snapshots) => unknown>>,
): readonly Broken[] {
  const methods = Object.entries(wrong).map(([name, prepare]) => [name, { prepare }] as const);
  return brokenBy(rule, Object.fromEntries(methods));
}

/** Merges series whose names become equal when normalised. */
class Merge {
  readonly #merged = new Map<string, MetricSnapshot>();

  add(window: Snapshots): void {
    for (const one of window) {
      const snapshot = { ...one, name: one.name.toLowerCase().replaceAll(/\W/g, "_") };
      const { name, kind, dimensions, overflow } = snapshot;
      const key = JSON.stringify([name, kind, dimensions, overflow]);
      const before = this.#merged.get(key);
      this.#merged.set(key, before === undefined ? snapshot : mergeSeries(before, snapshot));
    }
  }

  /** Returns up to this many merged series, and keeps the others. */
  take(most = Infinity): Snapshots {
    const taken = [...this.#merged].slice(0, most);
    for (const [key] of taken) this.#merged.delete(key);
    return taken.map(([, snapshot]) => snapshot);
  }

  get isEmpty(): boolean {
    return this.#merged.size === 0;
  }
}

/** Makes sinks that merge series, and do something wrong when a window comes in parts. */
function merges(
  rule: string,
  wrong: Readonly<
    Record<
      string,
      (merge: Merge) => Partial<MetricsSink> | ((window: Snapshots, part: WindowPart) => unknown)
    >
  >,
): readonly Broken[] {
  return Object.entries(wrong).map(([name, methods]) => [
    name,
    rule,
    (end) => {
      const made = methods(new Merge());
      const broken = typeof made === "function" ? { prepare: made } : made;
      return Object.assign(sound(end), broken);
    },
  ]);
}

/** Makes wrong `prepare` methods that change these fields of every snapshot. */
function changes(
  fields: Readonly<Record<string, object>>,
): Readonly<Record<string, (window: Snapshots) => unknown>> {
  const wrong = Object.entries(fields).map(([name, changed]) => {
    return [name, (window: Snapshots) => window.map((one) => ({ ...one, ...changed }))] as const;
  });
  return Object.fromEntries(wrong);
}

/** Makes sinks with a wrong `record` or `bind`. */
function records(rule: string, wrong: Readonly<Record<string, object>>): readonly Broken[] {
  return brokenBy(rule, wrong);
}

/** Makes sinks whose `export` resolves with something wrong. */
function resolves(
  rule: string,
  wrong: Readonly<Record<string, (snapshots: Snapshots) => unknown>>,
): readonly Broken[] {
  const methods = Object.entries(wrong).map(([name, result]) => {
    return [name, { export: async (snapshots: Snapshots) => result(snapshots) }] as const;
  });
  return brokenBy(rule, Object.fromEntries(methods));
}

/** Broken sinks: what each does wrong, and the rule that the kit must name. */
const broken: readonly Broken[] = [
  [
    "takes every answer for success",
    "nothing is reported as delivered that the vendor has not accepted",
    ({ url }) => ({
      async export(snapshots, { signal }) {
        if (snapshots.length > 0) await post(url, snapshots, signal);
      },
    }),
  ],
  [
    "takes a network's sign-in page for success",
    "what the sink reports as delivered has reached the vendor",
    (end) => ({
      async export(snapshots, { signal }) {
        const status = await post(end.url, snapshots, signal);
        if (status === 200 || status === 202) return {};
        if (status !== 400) return { retry: snapshots };
        return { rejected: snapshots.map((snapshot) => ({ snapshot, reason: "HTTP 400" })) };
      },
    }),
  ],
  [
    "reports success when a later batch fails",
    "what the sink reports as delivered has reached the vendor exactly once",
    (end) => ({
      async export(snapshots, { signal }) {
        for (let start = 0; start < snapshots.length; start += 100) {
          const status = await post(end.url, snapshots.slice(start, start + 100), signal);
          if (status !== 202) return start === 0 ? { retry: snapshots } : {};
        }
        return {};
      },
    }),
  ],
  [
    "throws after the vendor has accepted a part",
    "what the sink reports as delivered has reached the vendor exactly once",
    (end) => ({
      async export(snapshots, { signal }) {
        for (let start = 0; start < snapshots.length; start += 100) {
          const status = await post(end.url, snapshots.slice(start, start + 100), signal);
          if (signal.aborted) return { retry: snapshots.slice(start) };
          if (status !== 202) throw new Error(`HTTP ${status}`);
        }
        return {};
      },
    }),
  ],
  [
    "writes to a snapshot",
    "does not write to a snapshot or its histogram",
    (end) => ({
      export(snapshots, options) {
        for (const snapshot of snapshots) Reflect.set(snapshot, "unit", "none");
        return sound(end).export(snapshots, options);
      },
    }),
  ],
  [
    "writes to the histogram of a snapshot when it retries",
    "does not write to a snapshot or its histogram",
    (end) => ({
      async export(snapshots, options) {
        const result = await sound(end).export(snapshots, options);
        for (const { histogram } of result?.retry ?? [])
          Reflect.set(histogram?.positive.bucketCounts ?? [], 0, 99);
        return result;
      },
    }),
  ],
  [
    "adds a field to the snapshots of a window",
    "does not write to a snapshot or its histogram",
    (end) => ({
      ...sound(end),
      prepare(window) {
        for (const snapshot of window) Reflect.set(snapshot, "sent", true);
        return window;
      },
    }),
  ],
  [
    "sorts the array of a window in place",
    "does not change the arrays it is given",
    (end) => ({
      prepare(window) {
        if (!Object.isFrozen(window)) (window as MetricSnapshot[]).reverse();
        return [...window];
      },
      export: (snapshots, options) => sound(end).export(snapshots, options),
    }),
  ],
  [
    "never settles once aborted",
    "export() settles promptly once its signal has aborted",
    (end) => ({
      async export(snapshots, { signal }) {
        const result = await sound(end).export(snapshots, { signal });
        return signal.aborted ? new Promise(() => undefined) : result;
      },
    }),
  ],
  [
    "ignores the signal",
    "export() settles promptly once its signal has aborted",
    (end) => ({
      export: (snapshots) => sound(end).export(snapshots, { signal: new AbortController().signal }),
    }),
  ],
  [
    "rejects when aborted",
    "export() resolves when aborted, with retry = what was not accepted",
    (end) => ({
      async export(snapshots, { signal }) {
        const result = await sound(end).export(snapshots, { signal });
        signal.throwIfAborted();
        return result;
      },
    }),
  ],
  [
    "throws synchronously in export",
    "export() returns a promise",
    (end) => ({
      export(snapshots, options) {
        if (snapshots.length === 0) throw new Error("nothing to do");
        return sound(end).export(snapshots, options);
      },
    }),
  ],
  [
    "returns copies in retry",
    "retry, uncertain and rejected hold the very snapshots that were passed",
    (end) => ({
      async export(snapshots, options) {
        const result = await sound(end).export(snapshots, options);
        return { retry: (result?.retry ?? []).map((snapshot) => ({ ...snapshot })) };
      },
    }),
  ],
  [
    "names snapshots both in retry and in rejected",
    "retry, uncertain and rejected name each snapshot at most once",
    (end) => ({
      async export(snapshots, options) {
        const result = await sound(end).export(snapshots, options);
        const retry = result?.retry ?? [];
        return { retry, rejected: retry.map((snapshot) => ({ snapshot, reason: "failed" })) };
      },
    }),
  ],
  [
    "rejects without a reason",
    "every rejection has a reason",
    (end) => ({
      async export(snapshots, options) {
        const result = await sound(end).export(snapshots, options);
        return {
          ...result,
          rejected: (result?.rejected ?? []).map(({ snapshot }) => ({ snapshot, reason: "" })),
        };
      },
    }),
  ],
  [
    "asks for a pause that is not a number",
    "retryAfterMs is a finite number of milliseconds, at least 0",
    (end) => ({
      async export(snapshots, options) {
        const result = await sound(end).export(snapshots, options);
        return result?.retry === undefined ? result : { ...result, retryAfterMs: Number("soon") };
      },
    }),
  ],
  [
    "delivers twice",
    "what the sink reports as delivered has reached the vendor exactly once",
    (end) => ({
      async export(snapshots, options) {
        await sound(end).export(snapshots, options);
        return sound(end).export(snapshots, options);
      },
    }),
  ],
  [
    "loses all but the first batch",
    "what the sink reports as delivered has reached the vendor exactly once",
    (end) => ({
      export: (snapshots, options) => sound(end).export(snapshots.slice(0, 500), options),
    }),
  ],
  [
    "loses all windows but the last of a series",
    "what the sink reports as delivered has reached the vendor exactly once",
    (end) => ({
      export(snapshots, options) {
        const latest = Math.max(...snapshots.map(({ windowStart }) => windowStart));
        const last = snapshots.filter(({ windowStart }) => windowStart === latest);
        return sound(end).export(last, options);
      },
    }),
  ],
  [
    "drops zeros",
    "what the sink reports as delivered has reached the vendor exactly once",
    (end) => ({
      export: (snapshots, options) =>
        sound(end).export(
          snapshots.filter(({ sum }) => sum !== 0),
          options,
        ),
    }),
  ],
  [
    "rounds values to 32 bits",
    "what the sink reports as delivered has reached the vendor exactly once",
    (end) => ({
      async export(snapshots, { signal }) {
        if (snapshots.length === 0) return {};
        const status = await post(
          end.url,
          snapshots.map((one) => ({ ...one, sum: Math.fround(one.sum) })),
          signal,
        );
        return status === 202 ? {} : { retry: snapshots };
      },
    }),
  ],
  [
    "forgets dimensions",
    "the series of a metric arrive separately",
    (end) => ({
      async export(snapshots, { signal }) {
        if (snapshots.length === 0) return {};
        const status = await post(
          end.url,
          snapshots.map((one) => ({ ...one, dimensions: [] })),
          signal,
        );
        return status === 202 ? {} : { retry: snapshots };
      },
    }),
  ],
  [
    "drops empty windows that it asked for",
    "a sink that wants empty windows makes a request for them",
    (end) => ({ ...sound(end), wantsEmptyWindows: true }),
  ],
  [
    "makes a request for an empty export",
    "an empty export makes no request",
    (end) => ({
      async export(snapshots, options) {
        if (snapshots.length === 0) await post(end.url, [], options.signal);
        return sound(end).export(snapshots, options);
      },
    }),
  ],
  [
    "rejects a whole batch because of one refused name",
    "what the vendor refuses does not stop the rest from arriving",
    ({ url }) => ({
      async export(snapshots, { signal }): Promise<ExportResult> {
        if (snapshots.length === 0) return {};
        const status = await post(url, snapshots, signal);
        if (status === 400)
          return { rejected: snapshots.map((snapshot) => ({ snapshot, reason: "HTTP 400" })) };
        return status === 202 ? {} : { retry: snapshots };
      },
    }),
  ],
  [
    "retries a refused name for ever",
    "what is retried is delivered or rejected in the end",
    ({ url }) => ({
      async export(snapshots, { signal }) {
        if (snapshots.length === 0) return {};
        return (await post(url, snapshots, signal)) === 202 ? {} : { retry: snapshots };
      },
    }),
  ],
  [
    "drops refused names silently",
    "what the sink reports as delivered has reached the vendor exactly once",
    (end) => ({
      export: (snapshots, options) =>
        sound(end).export(
          snapshots.filter(({ name }) => isAscii(name)),
          options,
        ),
    }),
  ],
  [
    "rejects when it is throttled",
    "what fails for a while is retried, not rejected",
    (end) => ({
      async export(snapshots, options) {
        const result = await sound(end).export(snapshots, options);
        return {
          rejected: (result?.retry ?? []).map((snapshot) => ({ snapshot, reason: "throttled" })),
        };
      },
    }),
  ],
  [
    "reports uncertain snapshots when it is throttled",
    "what the vendor has clearly refused is not uncertain",
    (end) => ({
      async export(snapshots, options) {
        const result = await sound(end).export(snapshots, options);
        return { rejected: result?.rejected, uncertain: result?.retry };
      },
    }),
  ],
  [
    "names snapshots both in uncertain and in retry",
    "retry, uncertain and rejected name each snapshot at most once",
    (end) => ({
      async export(snapshots, options) {
        const result = await sound(end).export(snapshots, options);
        return { ...result, uncertain: result?.retry };
      },
    }),
  ],
  [
    "prepares running totals",
    "prepares deltas that conserve count and sum",
    (end) => {
      const totals = new Map<string, MetricSnapshot>();
      return {
        ...sound(end),
        prepare: (window) =>
          window.map((snapshot) => {
            const series = JSON.stringify([snapshot.name, snapshot.kind, snapshot.dimensions]);
            const before = totals.get(series);
            const total = before === undefined ? snapshot : mergeSnapshots(before, snapshot);
            totals.set(series, total);
            return total;
          }),
      };
    },
  ],
  ...prepares("prepare() returns an array or { snapshots, rejected }, in the same turn", {
    "prepares asynchronously": (window) => Promise.resolve(window),
    "rejects in an asynchronous prepare": () => Promise.reject(new Error("not now")),
    "prepares nothing at all": () => undefined,
    "prepares an iterator": (window) => window.values(),
    "prepares an object that is no window": (window) => ({ window }),
  }),
  ...prepares("snapshots, retry, uncertain and rejected are arrays", {
    "prepares a window whose snapshots are a promise": (window) => ({
      snapshots: Promise.resolve(window),
    }),
    "prepares a window whose rejections are a promise that rejects": (window) => ({
      snapshots: window,
      rejected: Promise.reject(new Error("not now")),
    }),
  }),
  ...prepares("rejected holds objects with a snapshot and a reason", {
    "rejects bare snapshots in prepare, without reasons": (window) => ({
      snapshots: [],
      rejected: window,
    }),
  }),
  ...prepares("every rejection has a reason", {
    "rejects in prepare without a reason": (window) => ({
      snapshots: [],
      rejected: window.map((snapshot) => ({ snapshot })),
    }),
  }),
  ...prepares("prepare() returns each snapshot once", {
    "prepares a snapshot twice": (window) => [...window, ...window.slice(0, 1)],
    "both prepares and rejects a snapshot": (window) => ({
      snapshots: window,
      rejected: window.map((snapshot) => ({ snapshot, reason: "perhaps" })),
    }),
    "rejects a snapshot twice in prepare": (window) => ({
      snapshots: [],
      rejected: [...window, ...window].map((snapshot) => ({ snapshot, reason: "no" })),
    }),
  }),
  ...prepares("prepare() returns each series once", {
    "prepares a copy of a series": (window) => [...window, ...window.map((one) => ({ ...one }))],
    "normalises names and does not merge what becomes equal": (window) =>
      window.map((one) => ({ ...one, name: one.name.toLowerCase().replaceAll(/\W/g, "_") })),
  }),
  ...prepares("prepare() returns valid snapshots", {
    "prepares something foreign": (window) => [...window, { name: "total" }],
    "prepares a promise of a snapshot": (window) =>
      window.map((one) => Promise.reject(new Error(one.name))),
    "prepares null": (window) => [...window, null],
    "rejects something foreign in prepare": (window) => ({
      snapshots: window,
      rejected: [{ snapshot: "all", reason: "no" }],
    }),
    ...changes({
      "prepares a negative count": { count: -5 },
      "prepares a count of zero": { count: 0 },
      "prepares half an observation": { count: 1.5 },
      "prepares an infinite sum": { sum: Infinity },
      "prepares a minimum that is no number": { min: NaN },
      "prepares a time that is no number": { windowStart: NaN },
      "prepares an unknown kind": { kind: "meter" },
      "prepares times that run backwards": { windowStart: Date.now() + 60_000, windowEnd: 0 },
      "prepares a sum that does not fit the minimum": { sum: 0, min: 7, max: 8, last: 7 },
      "prepares a last value above the maximum": { last: 1e12 },
      "prepares dimensions as an object": { dimensions: { stream: "orders" } },
      "prepares a unit that is no string": { unit: 1 },
    }),
  }),
  ...merges("prepare() returns each series once", {
    "merges each part of a window by itself": (merge) => (window) => {
      merge.add(window);
      return merge.take();
    },
    "returns a series again with the last part":
      (merge) =>
      (window, { last }) => {
        merge.add(window);
        return last ? [...window, ...merge.take()] : window;
      },
  }),
  ...merges("prepares a window in parts as it would at once", {
    "forgets its merge if the last part is empty":
      (merge) =>
      (window, { last }) => {
        if (window.length === 0) return [];
        merge.add(window);
        return last ? merge.take() : [];
      },
    "forgets its merge at the end of the turn":
      (merge) =>
      (window, { last }) => {
        merge.add(window);
        setImmediate(() => merge.take());
        return last ? merge.take() : [];
      },
    "forgets its merge when something is exported": (merge) => ({
      prepare(window, { last }) {
        merge.add(window);
        return last ? merge.take() : [];
      },
      async export(snapshots) {
        if (snapshots.length > 0) merge.take();
      },
    }),
    "takes the first part for all of a window": (merge) => {
      let began = false;
      return (window, { last }) => {
        if (!began) merge.add(window);
        began = !last;
        return last ? merge.take() : [];
      };
    },
    "has more to return and does not say so":
      (merge) =>
      (window, { last }) => {
        merge.add(window);
        return last ? merge.take(window.length) : [];
      },
    "loses what it should reject with the last part":
      () =>
      (window, { last }) => {
        const good = window.filter(({ name }) => isAscii(name));
        const reason = "name is not ASCII";
        const rejected = window
          .filter(({ name }) => !isAscii(name))
          .map((snapshot) => ({ snapshot, reason }));
        return { snapshots: good, rejected: last ? rejected : [] };
      },
    "rejects only what conflicts with the same part": () => (window) => {
      const kinds = new Map<string, string>();
      const conflicts = window.filter(({ name, kind, dimensions }) => {
        const key = JSON.stringify([name, dimensions[0]?.[0]]);
        if (kinds.has(key)) return true;
        kinds.set(key, kind);
        return false;
      });
      return {
        snapshots: window.filter((snapshot) => !conflicts.includes(snapshot)),
        rejected: conflicts.map((snapshot) => ({ snapshot, reason: "one was there already" })),
      };
    },
  }),
  ...merges("prepare() returns all of a window in the end", {
    "always has more to return": (merge) => (window) => {
      merge.add(window);
      const made = merge.take();
      const [one] = made.length > 0 ? made : exampleSnapshots();
      const name = `more_${Math.random()}`;
      return { snapshots: one === undefined ? [] : [...made, { ...one, name }], more: true };
    },
    "waits for the next window with what it has more":
      (merge) =>
      (window, { last }) => {
        merge.add(window);
        return { snapshots: last ? merge.take(window.length) : [], more: !merge.isEmpty };
      },
  }),
  ...merges("more is true or false", {
    "has a promise of more": () => (window) => ({
      snapshots: window,
      more: Promise.reject(new Error("no more")),
    }),
    "counts what it has more": () => (window) => ({ snapshots: window, more: window.length }),
  }),
  ...prepares("prepares deltas that conserve count and sum", {
    "merges gauges as if they were windows of one": (window) => {
      const [first, ...others] = window.filter(({ kind }) => kind === "gauge");
      const rest = window.filter(({ kind }) => kind !== "gauge");
      return first === undefined ? rest : [...rest, others.reduce(mergeSnapshots, first)];
    },
  }),
  [
    "invents a snapshot in prepare",
    "prepares deltas that conserve count and sum",
    (end) => ({
      ...sound(end),
      prepare: (window) => [...window, ...exampleSnapshots({ series: [{ name: "invented" }] })],
    }),
  ],
  [
    "rejects in prepare what was never observed",
    "prepares deltas that conserve count and sum",
    (end) => ({
      ...sound(end),
      prepare: (window) => ({
        snapshots: window,
        rejected: exampleSnapshots({ series: [{ name: "invented" }] }).map((snapshot) => ({
          snapshot,
          reason: "no",
        })),
      }),
    }),
  ],
  [
    "rejects in prepare only some of what it leaves out",
    "prepares deltas that conserve count and sum",
    (end) => ({
      ...sound(end),
      prepare(window) {
        const poison = window.filter(({ name }) => !isAscii(name));
        return {
          snapshots: window.filter(({ name }) => isAscii(name)),
          rejected: poison.slice(1).map((snapshot) => ({ snapshot, reason: "not ASCII" })),
        };
      },
    }),
  ],
  ...records("record() works in the caller's turn", {
    "records asynchronously": { record: async () => {} },
    "rejects in an asynchronous record": { record: () => Promise.reject(new Error("full")) },
    "records asynchronously where it binds too": {
      record: async () => {},
      bind: () => () => {},
    },
  }),
  ...records("record() does not throw", {
    "throws in record": {
      record() {
        throw new Error("full");
      },
    },
  }),
  ...records("bind() returns a function, in the same turn", {
    "binds asynchronously": { record() {}, bind: async () => () => {} },
    "rejects in an asynchronous bind": {
      record() {},
      bind: () => Promise.reject(new Error("full")),
    },
    "binds to nothing": { record() {}, bind: () => undefined },
  }),
  ...records("the function that bind() returns works in the caller's turn", {
    "records asynchronously through bind": { record() {}, bind: () => async () => {} },
  }),
  ...records("does not keep the caller's async context", {
    "starts a timer in the caller's context": {
      record() {
        timers.push(setTimeout(() => undefined, 1));
      },
    },
    "makes a request in the caller's context": {
      record() {
        void fetch("http://127.0.0.1:65534").catch(() => undefined);
      },
    },
  }),
  ...resolves("export() resolves with nothing or with an ExportResult", {
    "resolves with an array of failures": (snapshots) => snapshots,
    "resolves with a number": (snapshots) => snapshots.length,
    "resolves with a string": () => "ok",
    "resolves with false": () => false,
    "resolves with null": () => null,
    "resolves with an object of its own": (failed) => ({ failed }),
    "resolves with the vendor's response": () => new Response(null, { status: 202 }),
  }),
  ...resolves("snapshots, retry, uncertain and rejected are arrays", {
    "resolves with a promise of what is to be retried": (snapshots) => ({
      retry: Promise.resolve(snapshots),
    }),
    "resolves with a rejecting promise of what is to be retried": () => ({
      retry: Promise.reject(new Error("no list")),
    }),
    "resolves with a rejecting promise of what is rejected": () => ({
      rejected: Promise.reject(new Error("no list")),
    }),
    "resolves with a set of what is to be retried": (snapshots) => ({ retry: new Set(snapshots) }),
  }),
  ...resolves("every rejection has a reason", {
    "resolves with promises of reasons": (snapshots) => ({
      rejected: snapshots.map((snapshot) => ({
        snapshot,
        reason: Promise.reject(new Error("no reason")),
      })),
    }),
  }),
  ...resolves("rejected holds objects with a snapshot and a reason", {
    "resolves with promises of rejections": () => ({
      rejected: [Promise.reject(new Error("no rejection"))],
    }),
  }),
  ...resolves("cause is what went wrong, and not a promise of it", {
    "resolves with a promise of a cause": (retry) => ({
      retry,
      cause: Promise.reject(new Error("no cause")),
    }),
  }),
  ...resolves("retryAfterMs is a finite number of milliseconds, at least 0", {
    "resolves with a promise of a delay": (retry) => ({
      retry,
      retryAfterMs: Promise.resolve(1_000),
    }),
  }),
  [
    "throws an error whose message can't be read",
    "what is retried is delivered or rejected in the end",
    () => ({
      export: () =>
        Promise.reject(
          Object.create(null, {
            message: {
              get() {
                throw new Error("unreadable");
              },
            },
          }),
        ),
    }),
  ],
  [
    "drops in prepare what the vendor refuses",
    "prepares deltas that conserve count and sum",
    (end) => ({ ...sound(end), prepare: (window) => window.filter(({ name }) => isAscii(name)) }),
  ],
  [
    "loses what is exported after close",
    "reports what becomes of an export after close",
    (end) => {
      let closed = false;
      return {
        export: async (snapshots, options) => (closed ? {} : sound(end).export(snapshots, options)),
        close: async () => {
          closed = true;
        },
      };
    },
  ],
  [
    "hangs in an export after close",
    "reports what becomes of an export after close",
    (end) => {
      let closed = false;
      return {
        export: (snapshots, options) =>
          closed ? new Promise(() => undefined) : sound(end).export(snapshots, options),
        close: async () => {
          closed = true;
        },
      };
    },
  ],
  [
    "throws synchronously on a second close",
    "close() returns a promise",
    (end) => {
      let closed = false;
      return {
        ...sound(end),
        close() {
          if (closed) throw new Error("closed already");
          closed = true;
          return Promise.resolve();
        },
      };
    },
  ],
  [
    "rejects on a second close",
    "close() resolves",
    (end) => {
      let closed = false;
      return {
        ...sound(end),
        async close() {
          if (closed) throw new Error("closed already");
          closed = true;
        },
      };
    },
  ],
  [
    "waits in close for an export that hangs",
    "close() settles",
    (end) => {
      let last: Promise<unknown> = Promise.resolve();
      return {
        export(snapshots, options) {
          const exported = sound(end).export(snapshots, options);
          last = exported;
          return exported;
        },
        close: async () => void (await last),
      };
    },
  ],
  [
    "does not open again after the vendor could not be reached",
    "open() resolves when the sink is ready",
    (end) => {
      let failed = false;
      return {
        ...sound(end),
        async open() {
          if (failed) throw new Error("failed before");
          failed = (await post(end.url, [])) !== 202;
          if (failed) throw new Error("can't be reached");
        },
      };
    },
  ],
  [
    "leaks a timer",
    "leaves no handle open",
    (end) => ({
      ...sound(end),
      async open() {
        timers.push(setInterval(() => undefined, 60_000));
      },
    }),
  ],
  [
    "leaks a socket",
    "leaves no handle open",
    (end) => ({
      ...sound(end),
      async open() {
        const socket = connect(Number(new URL(end.url).port), "127.0.0.1");
        await new Promise((resolve) => socket.once("connect", resolve).once("error", resolve));
      },
    }),
  ],
  [
    "prints what it does",
    "writes nothing to the console",
    (end) => ({
      export(snapshots, options) {
        console.warn("exporting", snapshots.length);
        return sound(end).export(snapshots, options);
      },
    }),
  ],
  [
    "prints failures directly to stderr",
    "writes nothing to the console",
    (end) => ({
      async export(snapshots, options) {
        const result = await sound(end).export(snapshots, options);
        if (result?.retry !== undefined) process.stderr.write("export failed\n");
        return result;
      },
    }),
  ],
  [
    "leaves a rejection unhandled",
    "leaves no promise rejection unhandled",
    (end) => ({
      export(snapshots, options) {
        void Promise.reject(new Error("nobody cares"));
        return sound(end).export(snapshots, options);
      },
    }),
  ],
  [
    "does not acknowledge although the options say that it does",
    "declares sensible settings",
    (end) => ({ ...sound(end), acknowledges: false }),
  ],
  [
    "wants half a snapshot at most",
    "declares sensible settings",
    (end) => ({ ...sound(end), maxExportSnapshots: 0.5 }),
  ],
];

const timers: NodeJS.Timeout[] = [];

function postWith(
  agent: Agent,
  url: string,
  snapshots: Snapshots,
  { signal }: Options,
): Promise<ExportResult> {
  return new Promise((resolve) => {
    if (snapshots.length === 0) return resolve({});
    const request = httpRequest(url, { method: "POST", agent, signal }, (response) => {
      response.resume();
      response.on("error", () => resolve({ retry: snapshots }));
      response.on("end", () => resolve(response.statusCode === 202 ? {} : { retry: snapshots }));
    });
    request.on("error", () => resolve({ retry: snapshots }));
    return request.end(JSON.stringify(snapshots));
  });
}

/** Runs some work without the runner's own watch for unhandled rejections. */
async function unwatched<T>(work: () => Promise<T>): Promise<T> {
  const watchers = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  try {
    return await work();
  } finally {
    for (const watcher of watchers) process.on("unhandledRejection", watcher);
  }
}

describe("the contract", { timeout: 120_000 }, () => {
  it("finds nothing wrong with a sound sink", async () => {
    expect(await brokenRules({})).toEqual([]);
  });

  it.each(broken)("catches a sink that %s", async (_wrong, rule, create) => {
    expect(await unwatched(() => brokenRules({ create }, rule))).toContain(rule);
    for (const timer of timers.splice(0)) clearInterval(timer);
  });

  it("catches a sink that moves values across a threshold, and takes one that does not", async () => {
    const receivedWith = (toSent: (snapshot: MetricSnapshot) => MetricSnapshot) => {
      const received: SinkContractOptions["received"] = ({ requests }) =>
        requests
          .flatMap(({ text }) => JSON.parse(text) as MetricSnapshot[])
          .map((snapshot) => {
            const { values, counts } = toValuesAndCounts(toSent(snapshot), 150);
            const atOrUnder = (bound: number): number =>
              counts.reduce((sum, count, i) => sum + ((values[i] ?? NaN) <= bound ? count : 0), 0);
            return { ...snapshot, atOrUnder };
          });
      return { received, keeps: { dimensions: true, thresholds: true } };
    };
    const rule = "keeps the counts at thresholds";
    const withoutThem = (snapshot: MetricSnapshot): MetricSnapshot => {
      const others: { -readonly [K in keyof MetricSnapshot]: MetricSnapshot[K] } = { ...snapshot };
      delete others.thresholds;
      return others;
    };
    expect(await brokenRules(receivedWith(withoutThem), rule)).toContain(rule);
    expect(await brokenRules(receivedWith((snapshot) => snapshot))).toEqual([]);
  });

  it("catches a sink that takes a value with a count for one value", async () => {
    const points: ReceivedPoint[] = [];
    function create(): EventfulMetricsSink {
      points.length = 0;
      return {
        acknowledges: false,
        record({ name, dimensions, value }) {
          const statistics = { count: 1, sum: value, min: value, max: value, last: value };
          points.push({ name, dimensions, ...statistics });
        },
        export: () => Promise.resolve(),
      };
    }
    const found = await findings({
      create,
      acknowledges: false,
      answers: undefined,
      unacceptable: undefined,
      received: () => points,
    });
    expect(found.map(({ message }) => message)).toEqual([
      expect.stringContaining("Of request_time the vendor received count 3 instead of 42"),
    ]);
  });

  it("catches a sink that keeps idle connections although it claims to close them", async () => {
    const agent = new Agent({ keepAlive: true });
    const create = ({ url }: VendorEnd): MetricsSink => ({
      export: (snapshots, options) => postWith(agent, url, snapshots, options),
    });
    const rule = "closes its own connections";
    expect(await brokenRules({ create }, rule)).not.toContain(rule);
    expect(await brokenRules({ create, closesConnections: true }, rule)).toContain(rule);
    agent.destroy();
  });

  it("catches a sink that closes an injected client", async () => {
    const createInjected: SinkContractOptions["createInjected"] = ({ url }) => {
      let open = true;
      const sink: MetricsSink = {
        export: async (snapshots) => void (await post(url, snapshots)),
        close: async () => {
          open = false;
        },
      };
      return { sink, isOpen: () => open };
    };
    expect(await brokenRules({ createInjected })).toEqual(["leaves an injected client open"]);
  });

  describe("on secrets", () => {
    const key = "0123456789abcdef-Key/+";
    const basic = Buffer.from(`user:${key}`).toString("base64");
    const rule = "shows no secret";

    /** Sends the key in a header; `read` makes an error of the vendor's answer. */
    function keyedSink(
      { url }: VendorEnd,
      read: (response: Response, text: string) => unknown,
    ): MetricsSink {
      return {
        async export(snapshots, { signal }) {
          if (snapshots.length === 0) return undefined;
          const headers = { "x-key": key };
          const init = { method: "POST", body: JSON.stringify(snapshots), headers, signal };
          const response = await fetch(url, init).catch(() => undefined);
          if (response === undefined) return { retry: snapshots };
          if (response.status === 202) return undefined;
          const text = await response.text().catch(() => "");
          return { retry: snapshots, cause: read(response, text) };
        },
      };
    }

    function keyed(
      read: (response: Response, text: string) => unknown,
      methods: Partial<MetricsSink> = {},
    ): Partial<SinkContractOptions> {
      const create = (end: VendorEnd): MetricsSink => ({ ...keyedSink(end, read), ...methods });
      return { create, secrets: [key], answers: { ok: { status: 202 } } };
    }

    it("finds nothing wrong with a sink that keeps them", async () => {
      const options = keyed(({ status }) => new Error(`HTTP ${status}`));
      expect(await brokenRules(options, rule)).not.toContain(rule);
    });

    it("skips the clause without secrets", async () => {
      const options = keyed((_response, text) => new Error(text));
      expect(await brokenRules({ ...options, secrets: undefined }, rule)).not.toContain(rule);
    });

    it.each<readonly [string, (response: Response, text: string) => unknown]>([
      ["quotes the vendor's answer", (_response, text) => new Error(text)],
      ["quotes it in upper case", (_response, text) => new Error(text.toUpperCase())],
      ["quotes the status line", ({ statusText }) => new Error(statusText)],
      ["quotes it in base64", () => new Error(`authorization: Basic ${basic}`)],
      ["quotes it URL-encoded", () => new Error(`/v1?key=${encodeURIComponent(key)}`)],
      [
        "keeps it in a hidden field",
        () => Object.defineProperty(new Error("no"), "$", { value: { key } }),
      ],
      [
        "keeps it in a getter of a class",
        () =>
          new (class {
            get key() {
              return key;
            }
          })(),
      ],
      [
        "keeps it far down",
        () => ({ a: { b: { c: { d: { e: { f: [new Map([["key", { key }]])] } } } } } }),
      ],
      [
        "keeps it in a chain of causes",
        () => new Error("a", { cause: new Error("b", { cause: new Error(key) }) }),
      ],
      ["keeps it in bytes", () => ({ body: new TextEncoder().encode(`key=${key}`) })],
      ["shows it as JSON alone", () => ({ toJSON: () => ({ key }) })],
      ["keeps it in the name of a field", () => ({ headers: { [key]: true } })],
    ])("catches a sink whose error %s", async (_wrong, read) => {
      expect(await brokenRules(keyed(read), rule)).toContain(rule);
    });

    it.each<readonly [string, Partial<MetricsSink>]>([
      ["open", { open: () => Promise.reject(new Error(`${key} is not a key`)) }],
      ["close", { close: () => Promise.reject(new Error(`${key} is in use`)) }],
      [
        "prepare",
        {
          prepare: (window) => ({
            snapshots: [],
            rejected: window.map((snapshot) => ({ snapshot, reason: key })),
          }),
        },
      ],
    ])("catches a sink whose %s shows one", async (_method, methods) => {
      const options = keyed(() => undefined, methods);
      expect(await brokenRules(options, rule)).toContain(rule);
    });

    it("catches a sink that prints one, even if it may write to the console", async () => {
      const options = keyed(() => console.log("key", key));
      expect(await brokenRules({ ...options, writesToConsole: true }, rule)).toContain(rule);
    });

    it("catches a sink that shows one in a process warning, and names the place", async () => {
      const options = keyed(() => process.emitWarning(`${key} was refused`));
      const found = await findings(options, rule);
      expect(found.find(({ clause }) => clause === rule)?.message).toContain(
        "A process warning holds one at",
      );
    });
  });

  it("catches a sink that can't be closed after a failed open", async () => {
    const createUnopenable = (end: VendorEnd): MetricsSink => ({
      ...sound(end),
      open: () => Promise.reject(new Error("no region")),
      close: () => Promise.reject(new Error("not open")),
    });
    expect(await brokenRules({ createUnopenable })).toContain("close() resolves");
  });
});
