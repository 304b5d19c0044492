import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import type { ExportResult, MetricSnapshot, MetricsSink } from "@aiokpl/metrics-core";
import { describe, expect, it } from "vitest";
import { BrokenClause, describeSinkContract, exampleSnapshots } from "./index.ts";
import type { IntakeScript, SinkContractOptions, VendorEnd } from "./index.ts";

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

/** What a sound sink does, for the broken ones to do otherwise. */
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

/** Runs the contract with a runner that collects what breaks, until it has what is sought. */
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

/** Each with what it does wrong, and the rule that the kit must name. */
const broken: readonly (readonly [
  wrong: string,
  rule: string,
  create: (end: VendorEnd) => MetricsSink,
])[] = [
  [
    "takes every answer for success",
    "nothing is told delivered that the vendor has not accepted",
    ({ url }) => ({
      async export(snapshots, { signal }) {
        if (snapshots.length > 0) await post(url, snapshots, signal);
      },
    }),
  ],
  [
    "takes a hotel's sign-in page for success",
    "what is told delivered has reached the vendor's end",
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
    "loses what is to be retried after the first batch",
    "what is told delivered has reached the vendor's end exactly once",
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
    "throws after a part was accepted",
    "what is told delivered has reached the vendor's end exactly once",
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
    "mutates snapshots",
    "does not mutate what it is given",
    (end) => ({
      export(snapshots, options) {
        for (const snapshot of snapshots) Reflect.set(snapshot, "unit", "none");
        return sound(end).export(snapshots, options);
      },
    }),
  ],
  [
    "sorts the array of a window in place",
    "does not mutate what it is given",
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
    "throws in the caller's turn",
    "export() answers with a promise",
    (end) => ({
      export(snapshots, options) {
        if (snapshots.length === 0) throw new Error("nothing to do");
        return sound(end).export(snapshots, options);
      },
    }),
  ],
  [
    "returns copies in retry",
    "retry, uncertain and rejected hold members of the array that was passed, by identity",
    (end) => ({
      async export(snapshots, options) {
        const result = await sound(end).export(snapshots, options);
        return { retry: (result?.retry ?? []).map((snapshot) => ({ ...snapshot })) };
      },
    }),
  ],
  [
    "names snapshots both in retry and in rejected",
    "no snapshot is in two of retry, uncertain and rejected, or twice in one of them",
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
    "asks for no call until a date that is none",
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
    "what is told delivered has reached the vendor's end exactly once",
    (end) => ({
      async export(snapshots, options) {
        await sound(end).export(snapshots, options);
        return sound(end).export(snapshots, options);
      },
    }),
  ],
  [
    "loses what is beyond a batch",
    "what is told delivered has reached the vendor's end exactly once",
    (end) => ({
      export: (snapshots, options) => sound(end).export(snapshots.slice(0, 500), options),
    }),
  ],
  [
    "loses all windows but the last of a series",
    "what is told delivered has reached the vendor's end exactly once",
    (end) => ({
      export(snapshots, options) {
        const latest = Math.max(...snapshots.map(({ windowStart }) => windowStart));
        const last = snapshots.filter(({ windowStart }) => windowStart === latest);
        return sound(end).export(last, options);
      },
    }),
  ],
  [
    "takes zero for nothing",
    "what is told delivered has reached the vendor's end exactly once",
    (end) => ({
      export: (snapshots, options) =>
        sound(end).export(
          snapshots.filter(({ sum }) => sum !== 0),
          options,
        ),
    }),
  ],
  [
    "sends 32 bits of a value",
    "what is told delivered has reached the vendor's end exactly once",
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
    "series of one metric arrive apart",
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
    "a sink that wants empty windows tells the vendor of them",
    (end) => ({ ...sound(end), wantsEmptyWindows: true }),
  ],
  [
    "makes a request of nothing",
    "an empty export makes no request",
    (end) => ({
      async export(snapshots, options) {
        if (snapshots.length === 0) await post(end.url, [], options.signal);
        return sound(end).export(snapshots, options);
      },
    }),
  ],
  [
    "lets one poison name fail the whole batch",
    "what the vendor can't take does not keep the rest from arriving",
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
    "offers a poison name for ever",
    "what is offered again is delivered or rejected in the end",
    ({ url }) => ({
      async export(snapshots, { signal }) {
        if (snapshots.length === 0) return {};
        return (await post(url, snapshots, signal)) === 202 ? {} : { retry: snapshots };
      },
    }),
  ],
  [
    "drops poison names silently",
    "what is told delivered has reached the vendor's end exactly once",
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
    "what fails for a while is offered again, not rejected",
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
    "is uncertain when it is throttled",
    "what the vendor has plainly not taken is not uncertain",
    (end) => ({
      async export(snapshots, options) {
        const result = await sound(end).export(snapshots, options);
        return { rejected: result?.rejected, uncertain: result?.retry };
      },
    }),
  ],
  [
    "says of one snapshot that it is uncertain and to be retried",
    "no snapshot is in two of retry, uncertain and rejected, or twice in one of them",
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
      let total = 0;
      return {
        ...sound(end),
        prepare: (window) =>
          window.map((snapshot) => ({ ...snapshot, count: snapshot.count + total++ })),
      };
    },
  ],
  [
    "prepares in another turn",
    "prepare() returns an array, in the same turn",
    (end) => ({
      ...sound(end),
      prepare: ((window: Snapshots) => Promise.resolve(window)) as never,
    }),
  ],
  [
    "drops in prepare what it can't take",
    "prepares deltas that conserve count and sum",
    (end) => ({ ...sound(end), prepare: (window) => window.filter(({ name }) => isAscii(name)) }),
  ],
  [
    "loses what is exported after close",
    "loses nothing silently in an export after close",
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
    "loses nothing silently in an export after close",
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
    "throws in the caller's turn on a second close",
    "close() answers with a promise",
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
    "waits in close for what hangs",
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
    "does not open after the vendor was away",
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
    "prints failures past the console",
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
    "leaves no rejection unhandled",
    (end) => ({
      export(snapshots, options) {
        void Promise.reject(new Error("nobody cares"));
        return sound(end).export(snapshots, options);
      },
    }),
  ],
  [
    "says nothing of acknowledging nothing",
    "declares sensible settings",
    (end) => ({ ...sound(end), acknowledges: false }),
  ],
  [
    "wants no snapshots at all",
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

  it("catches a sink that keeps idle connections, where it says that it closes them", async () => {
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

  it("catches a sink that can't be closed after a failed open", async () => {
    const createUnopenable = (end: VendorEnd): MetricsSink => ({
      ...sound(end),
      open: () => Promise.reject(new Error("no region")),
      close: () => Promise.reject(new Error("not open")),
    });
    expect(await brokenRules({ createUnopenable })).toContain("close() resolves");
  });
});
