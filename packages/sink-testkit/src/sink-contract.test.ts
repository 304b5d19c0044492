import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type {
  EventfulMetricsSink,
  ExportResult,
  MetricSnapshot,
  MetricsSink,
  RejectedSnapshot,
  MetricEvent,
  EventSeries,
} from "@aiokpl/metrics-core";
import { mergeSeries } from "@aiokpl/metrics-core/sink";
import { describe, expect, it } from "vitest";
import { describeSinkContract, exampleSnapshots } from "./index.ts";
import type { IntakeScript, ReceivedPoint, VendorEnd } from "./index.ts";

async function post(url: string, data: unknown, signal: AbortSignal): Promise<number> {
  try {
    const response = await fetch(url, { method: "POST", body: JSON.stringify(data), signal });
    await response.body?.cancel();
    return response.status;
  } catch {
    return 0;
  }
}

/** Each request has all totals, and replaces those of the request before. */
class CumulativeSink implements MetricsSink {
  readonly wantsEmptyWindows = true;
  readonly maxExportSnapshots = 100;
  readonly #url: string;
  #totals: ReadonlyMap<string, ReceivedPoint> = new Map();

  constructor(url: string) {
    this.#url = url;
  }

  async export(
    snapshots: readonly MetricSnapshot[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<ExportResult> {
    const totals = new Map(this.#totals);
    for (const { name, count, sum } of snapshots) {
      const before = totals.get(name);
      totals.set(name, {
        name,
        count: (before?.count ?? 0) + count,
        sum: (before?.sum ?? 0) + sum,
      });
    }
    if ((await post(this.#url, [...totals.values()], signal)) !== 202) return { retry: snapshots };
    this.#totals = totals;
    return {};
  }
}

describeSinkContract({
  describe,
  it,
  name: "a cumulative sink that wants empty windows",
  create: ({ url }) => new CumulativeSink(url),
  answers: { ok: { status: 202 } },
  received: ({ requests }) => JSON.parse(requests.at(-1)?.text ?? "[]") as ReceivedPoint[],
  keeps: { counter: ["count", "sum"], gauge: ["count"], distribution: ["count", "sum"] },
  many: 1_000,
});

interface Refused {
  readonly retry: readonly MetricSnapshot[];
  readonly rejected: readonly RejectedSnapshot[];
}

/** Sends batches of 500. Its vendor refuses a whole request because of one name. */
function bisectingSink({ url }: VendorEnd): MetricsSink {
  async function send(snapshots: readonly MetricSnapshot[], signal: AbortSignal): Promise<Refused> {
    const status = await post(url, snapshots, signal);
    if (status === 202) return { retry: [], rejected: [] };
    const [snapshot] = snapshots;
    if (status !== 400) return { retry: snapshots, rejected: [] };
    if (snapshots.length === 1 && snapshot !== undefined)
      return { retry: [], rejected: [{ snapshot, reason: "HTTP 400" }] };
    const half = Math.ceil(snapshots.length / 2);
    const [first, second] = [
      await send(snapshots.slice(0, half), signal),
      await send(snapshots.slice(half), signal),
    ];
    return {
      retry: [...first.retry, ...second.retry],
      rejected: [...first.rejected, ...second.rejected],
    };
  }
  return {
    maxExportSnapshots: 1_500,
    prepare: (window) =>
      window.map((snapshot) => ({ ...snapshot, name: `prefix.${snapshot.name}` })),
    async export(snapshots, { signal }) {
      const retry: MetricSnapshot[] = [];
      const rejected: RejectedSnapshot[] = [];
      for (let start = 0; start < snapshots.length; start += 500) {
        const result = await send(snapshots.slice(start, start + 500), signal);
        retry.push(...result.retry);
        rejected.push(...result.rejected);
      }
      return { retry, rejected, retryAfterMs: 10 };
    },
  };
}

const asciiOnly: IntakeScript = ({ text }) => {
  const names = (JSON.parse(text) as MetricSnapshot[]).map(({ name }) => name);
  return { status: names.every((name) => /^[ -~]+$/.test(name)) ? 202 : 400 };
};

describeSinkContract({
  describe,
  it,
  name: "a sink that prefixes names and halves what is refused",
  create: bisectingSink,
  answers: {
    ok: asciiOnly,
    throttle: { status: 400, body: "Throttling" },
    "client-error": { status: 403 },
  },
  received: ({ requests }) => requests.flatMap(({ text }) => JSON.parse(text) as MetricSnapshot[]),
  unacceptable: exampleSnapshots({
    series: [{ name: "größe" }, { name: "длина", values: [2, 3] }],
  }),
  keeps: { dimensions: true },
  many: 2_000,
  skip: {
    "survives throttling": "it takes a 400 as final",
    "survives throttling part-way": "it takes a 400 as final",
  },
});

/** Exports each metric as a whole too, three of these totals at a time, and sends names with a prefix. */
function rollUpSink({ url }: VendorEnd): MetricsSink {
  const metrics = new Map<string, MetricSnapshot>();
  return {
    prepare(window, { last }) {
      for (const one of window) {
        if (one.dimensions.length === 0) continue;
        const key = JSON.stringify([one.name, one.kind]);
        const before = metrics.get(key);
        const rolledUp = { ...one, dimensions: [["rolled_up", "all"]] } as const;
        metrics.set(key, before === undefined ? rolledUp : mergeSeries(before, rolledUp));
      }
      if (!last) return window;
      const some = [...metrics].slice(0, 3);
      for (const [key] of some) metrics.delete(key);
      return {
        snapshots: [...window, ...some.map(([, total]) => total)],
        more: metrics.size > 0,
      };
    },
    async export(snapshots, { signal }) {
      if (snapshots.length === 0) return {};
      const renamed = snapshots.map((snapshot) => ({ ...snapshot, name: `app.${snapshot.name}` }));
      return (await post(url, renamed, signal)) === 202 ? {} : { retry: snapshots };
    },
  };
}

describeSinkContract({
  describe,
  it,
  name: "a sink with roll-ups",
  create: rollUpSink,
  answers: { ok: { status: 202 } },
  received: ({ requests }) => requests.flatMap(({ text }) => JSON.parse(text) as MetricSnapshot[]),
  timesPrepared: ({ dimensions }) => (dimensions.length > 0 ? 2 : 1),
  nameAtVendor: (name) => `app.${name}`,
  many: 1_000,
});

/** Rejects in `prepare` what the vendor refuses, and rolls up the rest. */
function rejectingSink(end: VendorEnd): MetricsSink {
  const sink = rollUpSink(end);
  return {
    ...sink,
    prepare(window, part) {
      const isGood = ({ name }: MetricSnapshot): boolean => /^[ -~]+$/.test(name);
      const rejected = window
        .filter((snapshot) => !isGood(snapshot))
        .map((snapshot) => ({ snapshot, reason: "the name is not ASCII" }));
      const prepared = sink.prepare?.(window.filter(isGood), part) ?? [];
      return "snapshots" in prepared
        ? { ...prepared, rejected }
        : { snapshots: prepared, rejected };
    },
  };
}

describeSinkContract({
  describe,
  it,
  name: "a sink that rejects in prepare()",
  create: rejectingSink,
  answers: { ok: { status: 202 } },
  received: ({ requests }) => requests.flatMap(({ text }) => JSON.parse(text) as MetricSnapshot[]),
  timesPrepared: ({ dimensions }) => (dimensions.length > 0 ? 2 : 1),
  nameAtVendor: (name) => `app.${name}`,
  unacceptable: exampleSnapshots({
    series: [{ name: "größe" }, { name: "длина", dimensions: { stream: "a" }, values: [2, 3] }],
  }),
  many: 1_000,
});

/** Delivers every observation at once, and never learns what became of it. */
class HandingOverSink implements EventfulMetricsSink {
  readonly acknowledges = false;
  readonly points: ReceivedPoint[] = [];

  record(event: MetricEvent): void {
    this.bind(event)(event.value, event.count);
  }

  bind({ name, dimensions }: EventSeries): (value: number, count?: number) => void {
    return (value, count = 1) => {
      const statistics = { count, sum: value * count, min: value, max: value, last: value };
      this.points.push({ name, dimensions, ...statistics });
    };
  }

  export(): Promise<void> {
    return Promise.resolve();
  }
}

describeSinkContract({
  describe,
  it,
  name: "an eventful sink",
  create: () => new HandingOverSink(),
  received: ({ sink }) => sink.points,
  acknowledges: false,
  keeps: { dimensions: true, gauge: ["last"] },
});

describeSinkContract({
  describe,
  it,
  name: "a sink with a client",
  create: () => clientSink(newClient(), true),
  createUnopenable: () => ({
    ...clientSink(newClient(), true),
    open: () => Promise.reject(new Error("no region")),
  }),
  createInjected() {
    const client = newClient();
    return {
      sink: clientSink(client, false),
      isOpen: () => client.isOpen,
      dispose: () => client.close(),
    };
  },
});

interface Client {
  readonly isOpen: boolean;
  close(): void;
}

function newClient(): Client {
  const timer = setInterval(() => undefined, 60_000);
  let isOpen = true;
  return {
    get isOpen() {
      return isOpen;
    },
    close() {
      isOpen = false;
      clearInterval(timer);
    },
  };
}

function clientSink(client: Client, owned: boolean): MetricsSink {
  return {
    export: () => Promise.resolve(),
    close: async () => {
      if (owned) client.close();
    },
  };
}

describe("describeSinkContract()", () => {
  function defined(options: Partial<Parameters<typeof describeSinkContract>[0]>): {
    run: string[];
    skipped: string[];
  } {
    const names = { run: [] as string[], skipped: [] as string[] };
    describeSinkContract({
      describe: (_name, define) => define(),
      it: Object.assign((name: string) => names.run.push(name), {
        skip: (name: string) => names.skipped.push(name),
      }),
      name: "Sink",
      create: () => ({ export: () => Promise.resolve() }),
      ...options,
    });
    return names;
  }

  it("shows each clause that it skips, with the reason", () => {
    const { run, skipped } = defined({ skip: { "may be closed twice": "it takes once" } });
    expect(run).toContain("opens, delivers and closes");
    expect(skipped).toContain("may be closed twice (skipped: it takes once)");
    expect(skipped).toContain(
      "survives throttling (skipped: no network end, answers is not given)",
    );
    expect(skipped).toContain(
      "leaves an injected client open (skipped: createInjected is not given)",
    );
    expect(skipped).toContain(
      "delivers exactly once what it reports as delivered (skipped: received is not given)",
    );
    expect(run.length + skipped.length).toBe(new Set([...run, ...skipped]).size);
  });

  it("skips the faults of a vendor if the sink can't know what was delivered", () => {
    const { run, skipped } = defined({ acknowledges: false, answers: { ok: {} } });
    expect(skipped).toContain("survives throttling (skipped: acknowledges is false)");
    expect(run).toContain("closes while an export is in flight");
  });

  it("names skipped clauses as such for a runner that can't skip", () => {
    const names: string[] = [];
    defined({ it: (name: string) => names.push(name) });
    expect(names).toContain("survives throttling (skipped: no network end, answers is not given)");
  });

  it("refuses an unknown clause in skip", () => {
    const skip = { "may be late": "always" } as never;
    expect(() => defined({ skip })).toThrow('skip names "may be late", which is not a clause');
  });

  it("refuses a secret so short that other text contains it by chance", () => {
    expect(() => defined({ secrets: ["secret!"] })).toThrow(
      "secrets must have at least 8 characters each",
    );
    expect(() => defined({ secrets: ["a secret"] })).not.toThrow();
  });

  it("works with node:test", { timeout: 60_000 }, () => {
    const program = `
      import { describe, it } from "node:test";
      import { describeSinkContract } from "./index.ts";
      import { exampleSink } from "./readme/example-sink.ts";
      describeSinkContract({
        describe, it, name: "ExampleSink",
        create: ({ url }) => exampleSink(url),
        answers: { ok: { status: 202 } },
        received: ({ requests }) => requests.flatMap(({ text }) => JSON.parse(text)),
        many: 500,
      });
      describeSinkContract({ describe, it, name: "Loser", create: () => ({ export: async () => {} }), received: () => [], many: 10 });`;
    const cwd = fileURLToPath(new URL(".", import.meta.url));
    const args = ["--no-warnings", "--test-reporter=tap", "--input-type=module", "--eval", program];
    const { stdout, status } = spawnSync(process.execPath, args, {
      cwd,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] },
    });
    expect(stdout).toMatch(/^ok 1 - ExampleSink and the sink contract$/m);
    expect(stdout).toMatch(/^not ok 2 - Loser and the sink contract$/m);
    expect(stdout).toContain(
      "ok 14 - leaves an injected client open (skipped: createInjected is not given) # SKIP",
    );
    expect(stdout).toContain("# SKIP the sink has no prepare()");
    expect(stdout).toContain(
      'Loser breaks the sink contract: "what the sink reports as delivered has reached',
    );
    expect(status).toBe(1);
  });
});
