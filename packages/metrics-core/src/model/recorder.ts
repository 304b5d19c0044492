import type { DimensionValues } from "../contract/dimensions.ts";
import type { MetricKind } from "../contract/metric-snapshot.ts";
import type { Metrics } from "../contract/metrics.ts";
import type { MetricsManager } from "../metrics-manager.ts";
import { oddError, rejectedPromise, unreadable } from "./odd-values.ts";
import {
  type MetricName,
  type Observed,
  type OddRecord,
  type Place,
  type Step,
  VALUES,
} from "./program.ts";
import { catalogue, type Fate, type Reference } from "./reference.ts";
import type { ScriptedSink } from "./scripted-sink.ts";

const VERBS = { counter: "count", gauge: "gauge", distribution: "distribution" } as const;
type Verb = "put" | (typeof VERBS)[keyof typeof VERBS];
const KINDS = ["counter", "gauge", "distribution"] as const;

/** What a recorder needs of the run that it is part of. */
export interface RecorderRun {
  readonly manager: MetricsManager;
  readonly sinks: readonly ScriptedSink[];
  /** Whether `close()` was called. */
  readonly isClosing: boolean;
  /** Whether this turn is inside a call of the library's. */
  readonly isNested: boolean;
  /** Does something of the program's; what the library throws is a finding. */
  call<T>(work: () => T): T | undefined;
  /** Does what the program does at this place. */
  react(place: Place): Promise<unknown>;
}

/** The program that records: it tells the reference what it gives, then gives it to the manager. */
export class Recorder {
  readonly #run: RecorderRun;
  readonly #reference: Reference;
  readonly #handles = new Map<string, ReturnType<MetricsManager["bind"]>>();
  /** Of the calls that record and have not returned. */
  readonly #underWay: (() => void)[] = [];

  constructor(run: RecorderRun, reference: Reference) {
    this.#run = run;
    this.#reference = reference;
  }

  /** Moves a level by a handle on it. */
  add({ series, value: name }: Step & { do: "add" }): void {
    const handle = this.#handleOf("level", series);
    const value = VALUES[name];
    const doubt = this.#expect("level", series, value, this.#fateOf("level", "gauge", value));
    // The window may count the level with which it begins.
    if (this.#reference.levels.isOn("level")) this.#expect("level", series, 0, "acceptedOrIgnored");
    this.#during(doubt, () => handle?.add(value));
  }

  /** Ends series of a metric, of which nothing that was recorded may be lost. */
  forget({ metric, series }: Step & { do: "forget" }): void {
    this.#run.call(() => this.#run.manager.forget(metric, series === null ? {} : { k: series }));
  }

  #fateOf(name: string, verb: MetricKind | undefined, value: unknown): Fate {
    const fate = this.#reference.fateOf(name, verb, value, this.#run.isNested);
    if (!this.#run.isClosing) return fate;
    // The last window may not be closed yet, and afterwards nothing is taken; whether what the level leaves out is refused is open.
    return fate === "refused" || fate === "ignored" || fate === "refusedOrIgnored"
      ? "refusedOrIgnored"
      : "either";
  }

  /** The manager is closed while these calls are under way: what they record may still be taken, or not. */
  doubtWhatIsUnderWay(): void {
    for (const doubt of this.#underWay.splice(0)) doubt();
  }

  /** Returns what makes it uncertain that the observation is accepted. */
  #expect(
    name: string,
    series: number | undefined,
    value: unknown,
    fate: Fate,
    count = 1,
  ): () => void {
    return this.#book(name, series === undefined ? "" : `k=${series}`, value, fate, count);
  }

  #book(name: string, series: string, value: unknown, fate: Fate, count = 1): () => void {
    const { least, most } = this.#reference.expect(name, series, value, fate, count);
    // What a sink records while it is told of something is not told to it.
    const told = this.#run.sinks.filter(({ isTold }) => !isTold).map((sink) => sink.told);
    for (const bounds of told) {
      bounds.least += least;
      bounds.most += most;
    }
    return () => {
      this.#reference.doubt(name, least);
      for (const bounds of told) bounds.least -= least;
    };
  }

  #during(doubt: () => void, work: () => void): void {
    this.#underWay.push(doubt);
    this.#run.call(work);
    // Doubts are taken from under the calls that are under way, so this may be gone.
    if (this.#underWay.at(-1) === doubt) this.#underWay.pop();
  }

  /** Records an observation, and books what must become of it. */
  record({ by, metric, value: name, series }: Step & { do: "record" }): void {
    const value = VALUES[name];
    if (by === "bound" || by === "boundWith") {
      const doubt = this.#expect(metric, series, value, this.#fateOf(metric, undefined, value));
      this.#during(doubt, () => this.#handleOf(metric, series, by)?.put(value));
      return;
    }
    const kind = catalogue[metric]?.kind ?? KINDS[series % KINDS.length] ?? "counter";
    const verb = by === "put" ? undefined : kind;
    const doubt = this.#expect(metric, series, value, this.#fateOf(metric, verb, value));
    // The same series, written in different ways.
    const dimensions =
      series % 2 === 0 ? { k: series, absent: undefined } : { empty: "", k: `${series}` };
    const method: Verb = verb === undefined ? "put" : VERBS[verb];
    this.#during(doubt, () => {
      if (by === "with") callOf(this.#viewOf(series), method)(metric, value);
      else callOf(this.#run.manager, method)(metric, value, dimensions);
    });
  }

  /** Records a value that stands for many, and books what must become of it. */
  recordMany({ by, metric, value: name, count, series }: Step & { do: "recordMany" }): void {
    const value = VALUES[name];
    const isCount = Number.isInteger(count) && count >= 1 && count <= 2 ** 32;
    const fate = this.#fateOf(metric, "distribution", isCount ? value : NaN);
    const doubt = this.#expect(metric, series, value, fate, isCount ? count : 1);
    this.#during(doubt, () => {
      if (by === "bound") this.#handleOf(metric, series)?.putMany(value, count);
      else if (by === "with") this.#viewOf(series).distribution(metric, value, {}, count);
      else this.#run.manager.distribution(metric, value, { k: series }, count);
    });
  }

  /** Sets a level; what is under way inside the library is not affected by it in the programs that are made. */
  setLevel({ pattern, level }: Step & { do: "level" }): void {
    this.#reference.levels.set({ pattern, level });
    this.#run.call(() => {
      if (pattern === null) this.#run.manager.level = level;
      else this.#run.manager.setLevel(pattern, level);
    });
  }

  /** A view that gives its observations the dimensions of a series: those of the innermost one win. */
  #viewOf(series: number): Metrics {
    const { manager } = this.#run;
    const isNested = series % 2 === 0;
    return isNested
      ? manager.with({ k: 9 }).with({ k: series, absent: null })
      : manager.with({ k: `${series}` });
  }

  #handleOf(
    metric: MetricName | "level",
    series: number,
    by: "bound" | "boundWith" = "bound",
  ): ReturnType<MetricsManager["bind"]> | undefined {
    const key = `${by} ${metric} ${series}`;
    const make = (): ReturnType<MetricsManager["bind"]> =>
      by === "bound"
        ? this.#run.manager.bind(metric, { k: series })
        : this.#viewOf(series).bind(metric);
    const handle = this.#handles.get(key) ?? this.#run.call(make);
    // One that was made at the end, or of a metric that was not known, may record nothing.
    if (handle !== undefined) this.#handles.set(key, handle);
    return handle;
  }

  /** What a program in JavaScript may give in spite of the types. */
  recordOddly(what: OddRecord): void {
    const call = (method: "put" | "count" | "bind", ...args: readonly unknown[]): void =>
      this.#run.call(() => {
        const given: unknown = Reflect.apply(this.#run.manager[method], this.#run.manager, args);
        if (method === "bind") Reflect.apply((given as { put: () => void }).put, given, [1]);
      });
    const isBind = what.startsWith("bind");
    // A promise as a dimension's value is left out, and one in place of all dimensions is refused.
    const isTaken = what === "promiseDimensions";
    const fate: Fate = isTaken ? "either" : isBind ? "refusedOrIgnored" : "refused";
    const isNameless = what === "emptyName" || what === "symbolName";
    const isOff = !this.#reference.levels.isOn(isNameless ? "" : "extremeCounter");
    const settled = isOff ? (!this.#run.isClosing ? "ignored" : "refusedOrIgnored") : fate;
    const isRefusable = this.#run.isClosing && settled !== "ignored";
    this.#expect("extremeCounter", undefined, 1, isRefusable ? orIgnored(settled) : settled);
    const name = "extremeCounter";
    // What is not recorded is not looked at either, so that its rejection stays the program's own.
    const isLookedAt = !isOff && !this.#run.isClosing;
    const promise = (): unknown => (isLookedAt ? rejectedPromise() : Promise.resolve());
    if (what === "promiseValue") call("put", name, promise());
    else if (what === "undefinedValue") call("put", name, undefined);
    else if (what === "symbolValue") call("put", name, Symbol("1"));
    else if (what === "bigintValue") call("put", name, 1n);
    else if (what === "nullPrototypeValue") call("put", name, Object.create(null));
    else if (what === "unreadableDimensions") call("put", name, 1, unreadable(["k"]));
    else if (what === "stringDimensions") call("put", name, 1, "k");
    else if (what === "promiseDimensions") call("put", name, 1, { k: promise() });
    else if (what === "emptyName") call("put", "", 1);
    else if (what === "symbolName") call("put", Symbol("name"), 1);
    else if (what === "bindUnreadable") call("bind", name, unreadable(["k"]));
    else call("bind", name, promise());
  }

  /** What the heartbeat reads. */
  beat(): number {
    this.#observe(1, "beat", "");
    void this.#run.react("observer");
    return 1;
  }

  /** What the program's own observers return. */
  observed(returns: Observed, error: Parameters<typeof oddError>[0]): number {
    void this.#run.react("observer");
    // The interface promises a type; this observer breaks it, as JavaScript programs can.
    const wrongly = (value: unknown): number => value as number;
    if (returns === "throws") throw oddError(error);
    if (returns === "NaN") {
      this.#expect("observed", undefined, NaN, "refused");
      return NaN;
    }
    if (returns === "max") {
      this.#book("observed", "", Number.MAX_VALUE, "either");
      return Number.MAX_VALUE;
    }
    if (returns === "text") return wrongly("many");
    if (returns === "promise") return wrongly(rejectedPromise());
    if (returns === "promisePairs") {
      this.#expect("observed", undefined, NaN, "refusedOrIgnored");
      return wrongly([[rejectedPromise(), { k: 1 }]]);
    }
    if (returns === "promiseOfPair") return wrongly([rejectedPromise()]);
    if (returns === "throwingIterator")
      return wrongly({ [Symbol.iterator]: () => oddError(error) });
    if (returns === "pairs") {
      this.#observe(2, "observed", "k=1");
      this.#observe(3, "observed", "k=2");
      return wrongly([
        [2, { k: 1 }],
        [3, { k: "2" }],
      ]);
    }
    this.#observe(7, "observed", "");
    return 7;
  }

  #observe(value: number, name: string, series: string): void {
    this.#book(name, series, value, "accepted");
  }
}

/** What is refused once the manager is closed may be refused without a count where the level leaves it out. */
function orIgnored(fate: Fate): Fate {
  return fate === "refused" || fate === "refusedOrIgnored" ? "refusedOrIgnored" : "either";
}

/** One of several verbs, which TypeScript does not take as one method. */
function callOf(
  metrics: Metrics,
  verb: Verb,
): (name: string, value: number, dimensions?: DimensionValues) => void {
  return (name, value, dimensions) => {
    if (verb === "put") metrics.put(name, value, dimensions);
    else if (verb === "count") metrics.count(name, value, dimensions);
    else if (verb === "gauge") metrics.gauge(name, value, dimensions);
    else metrics.distribution(name, value, dimensions);
  };
}
