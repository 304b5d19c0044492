import { setTimeout as sleep } from "node:timers/promises";
import { MetricsManager } from "@aiokpl/metrics-core";
import { DatadogSink } from "@aiokpl/sink-datadog";
import { type Account, startAccount } from "./account.ts";
import type { Chance } from "./chance.ts";
import { SteppingClock } from "./stepping-clock.ts";

/** What decides how twins run. */
export interface TwinOptions {
  readonly chance: Chance;
  /** When the last of them are started, by `performance.now()`. */
  readonly end: number;
  readonly longestLifeMs: number;
}

/** The result of managers that report to one account. */
export interface Twins {
  readonly managers: number;
  readonly recorded: number;
  readonly delivered: number;
  readonly shown: number;
  readonly requests: number;
  readonly faults: number;
  readonly imbalances: readonly string[];
}

/** What became of the observations of one manager. Each observation counts 1. */
interface Twin {
  readonly recorded: number;
  readonly delivered: number;
}

/** The most managers that report to one account at the same time. */
const MOST_AT_ONCE = 3;

/** A wall clock is set by at most this, so that no vendor refuses the time. */
const LONGEST_STEP_MS = 5_000;

const API_KEY = "0123456789abcdef".repeat(2);

/**
 * Runs managers that report the same series to one account, at once and one after the other, while
 * their wall clocks are set to and fro. At the account the last write to a second wins. All the same
 * it must show everything that was delivered, and nothing that was not recorded.
 */
export async function liveAsTwins({ chance, end, longestLifeMs }: TwinOptions): Promise<Twins> {
  const account = await startAccount(chance.fork());
  const twins: Twin[] = [];
  while (performance.now() < end) {
    const atOnce = Array.from({ length: chance.whole(1, MOST_AT_ONCE) }, () => chance.fork());
    twins.push(
      ...(await Promise.all(atOnce.map((own) => live(account, own, own.whole(20, longestLifeMs))))),
    );
  }
  const shown = account.shown("hits") + account.shown("latency.count");
  const recorded = twins.reduce((sum, twin) => sum + twin.recorded, 0);
  const delivered = twins.reduce((sum, twin) => sum + twin.delivered, 0);
  await account.close();
  const { requests, faults } = account;
  const isRight = delivered <= shown && shown <= recorded;
  const line = `twins: the account shows ${shown} observations, but ${delivered} were delivered of ${recorded} recorded`;
  const imbalances = isRight ? [] : [line];
  return { managers: twins.length, recorded, delivered, shown, requests, faults, imbalances };
}

/**
 * Loads Datadog's client and Node's `fetch`, which can hold the event loop for a second on a busy machine.
 * Call it before anything is timed.
 */
export async function loadClients(): Promise<void> {
  const sink = new DatadogSink({ apiKey: API_KEY, baseUrl: "http://127.0.0.1:9" });
  const metrics = new MetricsManager({ sink });
  await metrics.start();
  await metrics.close();
  // It refuses this port before it connects, which is enough to load it.
  await fetch("http://127.0.0.1:9").catch(() => undefined);
}

async function live(account: Account, chance: Chance, lifeMs: number): Promise<Twin> {
  const clock = new SteppingClock();
  const metrics = new MetricsManager({
    sink: new DatadogSink({
      apiKey: API_KEY,
      baseUrl: account.url,
      namespace: "",
      host: "twin",
      requestTimeoutMs: chance.whole(100, 300),
      onWarning: () => {},
    }),
    clock,
    exportIntervalMs: chance.one(0, 50, 130, 1_000),
    exportTimeoutMs: chance.whole(200, 600),
    coalesceAfterSnapshots: chance.one(5, 50_000),
    onError: () => {},
  });
  let recorded = 0;
  const end = performance.now() + lifeMs;
  while (performance.now() < end) {
    for (let burst = chance.whole(1, 10); burst > 0; burst--, recorded++) {
      const dimensions = { shard: chance.whole(1, 3) };
      if (chance.is(0.5)) metrics.count("hits", 1, dimensions);
      else metrics.distribution("latency", chance.whole(1, 1_000), dimensions);
    }
    if (chance.is(0.1)) clock.step(chance.whole(-LONGEST_STEP_MS, LONGEST_STEP_MS));
    if (chance.is(0.1)) void metrics.flush({ timeoutMs: 200 });
    await sleep(chance.whole(1, 20));
  }
  await metrics.close({ timeoutMs: chance.whole(0, 3_000) });
  const [sink] = metrics.stats().sinks;
  return { recorded, delivered: sink?.delivered.observations ?? 0 };
}
