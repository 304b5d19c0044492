import type {
  BoundGauge,
  MetricCatalogue,
  MetricsErrorCode,
  MetricsManager,
} from "@aiokpl/metrics-core";
import type { Chance } from "./chance.ts";
import { Totals } from "./totals.ts";

/** The declared metrics. Others are created when they are first recorded. */
export const CATALOGUE: MetricCatalogue = {
  requests: { kind: "counter", unit: "{request}", dimensions: ["host?", "shard?"] },
  // Not held, so that each observation is one of the program's. The property tests of core know levels that are held.
  depth: { kind: "gauge", dimensions: ["host?", "shard?"], holdMs: 0 },
  latency: { kind: "distribution", unit: "ms", dimensions: ["host?", "shard?"], maxSeries: 7 },
  level: { kind: "gauge", holdMs: 0 },
  watched: { kind: "gauge", dimensions: ["host?"] },
  problems: { kind: "counter" },
};

/** Values are whole, so that sums are exact in any order. They are not negative, so that a part never exceeds the total. */
const LARGEST_VALUE = 1_000_000;
/** Enough of both for windows that managers give to `prepare` in several parts. */
const HOSTS = 60;
const SHARDS = 8;
const HANDLES = 10;
const BAD = 0.03;

/** The manager's methods without types, so that wrong arguments can be passed, as from plain JavaScript. */
interface Reckless {
  count(name: string, ...args: readonly unknown[]): void;
  gauge(name: string, ...args: readonly unknown[]): void;
  distribution(name: string, ...args: readonly unknown[]): void;
}

/** Records at random, and counts what the manager must accept and what it must refuse. */
export class Recorder {
  readonly recorded: Totals = new Totals();
  readonly refused: Map<MetricsErrorCode, number> = new Map<MetricsErrorCode, number>();
  readonly #metrics: MetricsManager;
  readonly #chance: Chance;
  readonly #handles: readonly { readonly name: string; put(value: number): void }[];
  readonly #levelHandle: BoundGauge;
  #level = 0;
  #isClosed = false;

  constructor(metrics: MetricsManager, chance: Chance) {
    this.#metrics = metrics;
    this.#chance = chance;
    this.#handles = Array.from({ length: HANDLES }, () => {
      const name = chance.one("requests", "depth", "latency", "undeclared.bound");
      const handle = metrics.bind(name, this.#dimensions());
      return { name, put: (value) => handle.put(value) };
    });
    this.#levelHandle = metrics.bind("level");
    metrics.observe("watched", () => this.#observe());
  }

  /** Must be called when the manager is asked to close. Everything recorded afterwards must be refused. */
  close(): void {
    this.#isClosed = true;
  }

  /** Records this many observations. */
  burst(count: number): void {
    for (let i = 0; i < count; i++) {
      if (this.#chance.is(BAD)) this.#recordBadly();
      else this.#record(this.#chance.whole(0, LARGEST_VALUE));
    }
  }

  /** Records an error that the manager has reported as a metric of the same manager. */
  countProblem(): void {
    // While it closes, only the manager knows whether its last window is already closed.
    const before = this.#metrics.stats().accepted;
    this.#metrics.count("problems");
    if (this.#metrics.stats().accepted > before) this.recorded.add("problems", 1, 1);
    else this.#count("closed");
  }

  #record(value: number): void {
    const metrics = this.#metrics;
    const dimensions = this.#dimensions();
    switch (this.#chance.whole(0, 9)) {
      case 0:
        metrics.count("requests");
        return this.#took("requests", 1);
      case 1:
        metrics.count("requests", value, dimensions);
        return this.#took("requests", value);
      case 2:
        metrics.gauge("depth", value, dimensions);
        return this.#took("depth", value);
      case 3:
        metrics.distribution("latency", value, dimensions);
        return this.#took("latency", value);
      case 4:
        metrics.put("latency", value);
        return this.#took("latency", value);
      case 5:
        metrics.put("undeclared", value, dimensions);
        return this.#took("undeclared", value);
      case 6:
        return this.#change(this.#chance.whole(-Math.min(this.#level, 100), 100));
      default: {
        const handle = this.#handles[this.#chance.whole(0, HANDLES - 1)];
        if (handle === undefined) return;
        handle.put(value);
        return this.#took(handle.name, value);
      }
    }
  }

  #change(delta: number): void {
    const before = this.#acceptedOfProgram;
    this.#levelHandle.add(delta);
    if (this.#isClosed) return this.#count("closed");
    // The first move in a window also counts the level before it.
    if (this.#acceptedOfProgram === before + 2) this.recorded.add("level", 1, this.#level);
    this.#level += delta;
    this.recorded.add("level", 1, this.#level);
  }

  /** How many observations the manager has accepted, without those of {@link countProblem}, which may come in the middle of another one. */
  get #acceptedOfProgram(): number {
    return this.#metrics.stats().accepted - this.recorded.of("problems").count;
  }

  #recordBadly(): void {
    const metrics: Reckless = this.#metrics;
    switch (this.#chance.whole(0, 5)) {
      case 0:
        metrics.distribution("latency", this.#noNumber(), this.#dimensions());
        return this.#refuse("invalid_value");
      case 1:
        metrics.count("requests", -1);
        return this.#refuse("invalid_value");
      case 2:
        metrics.gauge("requests", 1);
        return this.#refuse("kind_conflict");
      case 3:
        metrics.count("", 1);
        return this.#refuse("invalid_name");
      case 4:
        metrics.gauge("depth", 1, UNREADABLE);
        return this.#refuse("invalid_dimensions");
      default:
        // The dimension is left out, and the observation is accepted.
        metrics.gauge("depth", 3, { host: {}, shard: 1 });
        return this.#took("depth", 3);
    }
  }

  #noNumber(): unknown {
    return this.#chance.one<unknown>(NaN, Infinity, undefined, null, "7", 7n, {});
  }

  /** Called when a window is closed, including the last one, and when the open one is read. Its values are always accepted. */
  #observe(): readonly (readonly [value: number, dimensions?: { readonly host: number }])[] {
    if (this.#chance.is(0.05)) void this.#metrics.flush({ timeoutMs: 50 });
    const pairs = [
      [this.#chance.whole(0, LARGEST_VALUE)],
      [this.#chance.whole(0, LARGEST_VALUE), { host: this.#chance.whole(0, HOSTS) }],
    ] as const;
    for (const [value] of pairs) this.recorded.add("watched", 1, value);
    return pairs;
  }

  /** Sometimes changes the order, adds absent dimensions, or passes a number as a string. */
  #dimensions() {
    const host = this.#chance.whole(1, HOSTS);
    const shard = this.#chance.whole(1, SHARDS);
    switch (this.#chance.whole(0, 3)) {
      case 0:
        return { shard, host };
      case 1:
        return { host: String(host), shard: undefined };
      case 2:
        return { host, shard: "" };
      default:
        return { host, shard };
    }
  }

  #took(name: string, value: number): void {
    if (this.#isClosed) this.#count("closed");
    else this.recorded.add(name, 1, value);
  }

  #refuse(code: MetricsErrorCode): void {
    this.#count(this.#isClosed ? "closed" : code);
  }

  #count(code: MetricsErrorCode): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
  }
}

const UNREADABLE = {
  get host(): string {
    throw new Error("no host");
  },
};
