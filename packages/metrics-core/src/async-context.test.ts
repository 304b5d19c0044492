import { AsyncLocalStorage } from "node:async_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { MetricsManager } from "./metrics-manager.ts";
import { systemClock } from "./windows/system-clock.ts";
import { ManualClock } from "./windows/manual-clock.ts";

const MINUTE_MS = 60_000;
const requests = new AsyncLocalStorage<object>();

/** A manager whose every callback notes in which request it runs. */
function setUp() {
  const clock = new ManualClock();
  const seen: [string, object | undefined][] = [];
  const note = (where: string): void => void seen.push([where, requests.getStore()]);
  const metrics = new MetricsManager({
    clock,
    onError: () => note("onError"),
    sink: {
      open: async () => note("open"),
      prepare: (window) => {
        note("prepare");
        return window;
      },
      export: async () => {
        note("export");
        await Promise.resolve();
        note("export, later");
        throw new Error("down");
      },
      close: async () => note("close"),
    },
  });
  metrics.observe("depth", () => {
    note("observe");
    return 1;
  });
  return { clock, metrics, seen };
}

describe("a request that is the first to use the manager is seen by none of its callbacks", () => {
  test.each<[string, (metrics: MetricsManager) => unknown]>([
    ["count", (metrics) => metrics.count("a")],
    ["a handle", (metrics) => metrics.bind("a").put(1)],
    ["start", (metrics) => metrics.start()],
    ["flush", (metrics) => metrics.flush()],
    ["close", (metrics) => metrics.close()],
    ["a refused value", (metrics) => metrics.gauge("a", NaN)],
  ])("%s", async (_, use) => {
    const { clock, metrics, seen } = setUp();
    const used = requests.run({}, () => use(metrics));
    for (let i = 0; i < 4; i++) await clock.advance(MINUTE_MS);
    await Promise.all([used, metrics.close(), clock.advance(MINUTE_MS)]);
    expect(new Set(seen.map(([where]) => where))).toContain("export, later");
    expect(seen.filter(([, request]) => request !== undefined)).toEqual([]);
  });
});

test("with the clock of the host, what the schedule exports is exported outside of the request that recorded first", async () => {
  let exported: (request: object | undefined) => void = () => {};
  const seen = new Promise<object | undefined>((resolve) => (exported = resolve));
  const metrics = new MetricsManager({
    exportIntervalMs: 1,
    sink: { export: async () => exported(requests.getStore()) },
  });
  requests.run({}, () => metrics.count("a"));
  expect(await seen).toBeUndefined();
  await metrics.close();
});

test("what a program awaits goes on in its own request", async () => {
  const { clock, metrics } = setUp();
  const request = {};
  await requests.run(request, async () => {
    await metrics.flush();
    expect(requests.getStore()).toBe(request);
  });
  await Promise.all([metrics.close(), clock.advance(MINUTE_MS)]);
});

test("a request that recorded first can be collected while the manager lives", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const metrics = new MetricsManager({ sink: { export: async () => {} } });
  let request: object | undefined = { body: new Uint8Array(1_000) };
  const held = new WeakRef(request);
  requests.run(request, () => metrics.count("a"));
  request = undefined;
  for (let turn = 0; turn < 20 && held.deref() !== undefined; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  expect(held.deref()).toBeUndefined();
  await metrics.close();
});

test("fake timers and a mocked Date neither stop nor falsify the clock of the host", async () => {
  const { setTimeout: realTimeout } = globalThis;
  const realNow = Date.now;
  const before = Date.now();
  let isFired = false;
  Date.now = () => NaN;
  globalThis.setTimeout = (() => 0) as unknown as typeof setTimeout;
  try {
    expect(systemClock.wallTime()).toBeGreaterThanOrEqual(before);
    systemClock.setTimer(() => (isFired = true), 0);
    await new Promise((resolve) => realTimeout(resolve, 5));
  } finally {
    Date.now = realNow;
    globalThis.setTimeout = realTimeout;
  }
  expect(isFired).toBe(true);
});
