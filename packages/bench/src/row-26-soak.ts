import { ManualClock } from "@aiokpl/metrics-core/testing";
import { collectGarbage } from "./collect-garbage.ts";
import type { Contender, Row } from "./row.ts";
import { MeasuredService } from "./service/measured-service.ts";
import { PEERS_OF, type VariantName } from "./service/variants.ts";
import { atMost, atMostTimes } from "./target.ts";

/** Series are evicted together, every ten minutes, so the most of one span is compared with the most of the next. */
const FULL = { perMinute: 2_000, minutes: 120, peersMinutes: 40, span: 20 };
const SHORT = { perMinute: 50, minutes: 16, peersMinutes: 8, span: 4 };

/** Only `flush()` exports: our manager is told so, and a peer's interval is longer than the row takes. */
const PEERS_INTERVAL_MS = 1_800_000;

/**
 * Two hours in which 2,000 new series come in each minute, and none comes back. Our manager gets a clock that is set
 * forward, so the hours take seconds. Peers evict nothing, so for them the time makes no difference, and forty minutes
 * say as much as two hours.
 */
function soaking(name: VariantName): Contender {
  return async (settings) => async () => {
    const isOurs = name in PEERS_OF;
    const { perMinute, span, ...lengths } = settings.short ? SHORT : FULL;
    const minutes = isOurs ? lengths.minutes : lengths.peersMinutes;
    const clock = new ManualClock(Date.now());
    const setForward = monotonicTimeSetForward();
    const service = await MeasuredService.start(name, {
      exportIntervalMs: isOurs ? 0 : PEERS_INTERVAL_MS,
      maxSeries: minutes * perMinute,
      clock,
    });
    const first = [0, span / 2 - 1];
    const heaps: number[] = [];
    for (let minute = 0; minute < minutes; minute++) {
      service.orderByCustomers(perMinute, minute * perMinute);
      setForward(60_000);
      await clock.advance(60_000);
      await service.flush();
      if (minute < minutes - 2 * span && !first.includes(minute)) continue;
      collectGarbage();
      heaps[minute] = process.memoryUsage().heapUsed;
    }
    await service.end(settings);
    const [start = NaN, end = NaN] = first.map((minute) => heaps[minute]);
    const before = Math.max(...heaps.slice(-2 * span, -span));
    const last = Math.max(...heaps.slice(-span));
    return { first: (end - start) / (span / 2 - 1), later: (last - before) / span };
  };
}

/** What sinks remember has clocks of their own, which are `performance.now` as it is when they are loaded. */
function monotonicTimeSetForward(): (ms: number) => void {
  const now = performance.now.bind(performance);
  let ahead = 0;
  performance.now = () => now() + ahead;
  return (ms) => (ahead += ms);
}

const names = [...Object.keys(PEERS_OF), ...Object.values(PEERS_OF).flat()] as VariantName[];

export const soak: Row = {
  number: 26,
  title: "two hours with 2,000 new series a minute",
  contenders: Object.fromEntries(names.map((name) => [name, soaking(name)])),
  freshProcess: true,
  nodeFlags: ["--expose-gc"],
  maxRounds: { full: 1, short: 1 },
  workloads: Object.entries(PEERS_OF).flatMap(([ours, [peer]]) => {
    const sink = ours.slice("ours, ".length);
    return [
      {
        name: `growth a minute in the first ten minutes, ${sink}`,
        measure: "first",
        unit: "B" as const,
        ours,
        against: [{ peer, target: atMostTimes(1) }],
      },
      {
        name: `growth a minute in the last twenty minutes, ${sink}`,
        measure: "later",
        unit: "B" as const,
        ours,
        against: [{ target: atMost(20_000) }, { peer }],
      },
    ];
  }),
};
