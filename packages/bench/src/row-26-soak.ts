import { ManualClock } from "@aiokpl/metrics-core/testing";
import { collectGarbage } from "./collect-garbage.ts";
import type { Contender, Row } from "./row.ts";
import { MeasuredService } from "./service/measured-service.ts";
import { PEERS_OF, type VariantName } from "./service/variants.ts";
import { atMost, atMostTimes } from "./target.ts";

const MINUTES = 120;
/** Series are evicted together, every ten minutes, so the most of twenty minutes is compared. */
const MIDDLE = [81, 84, 87, 89, 91, 94, 97, 99];
const LAST = MIDDLE.map((minute) => minute + 20);
const MEASURED: ReadonlySet<number> = new Set([0, 9, ...MIDDLE, ...LAST]);

const FULL = { perMinute: 2_000 };
const SHORT = { perMinute: 50 };

/** Only `flush()` exports: our manager is told so, and a peer's interval is longer than the row takes. */
const PEERS_INTERVAL_MS = 1_800_000;

/**
 * Two hours in which 2,000 new series come in each minute, and none comes back. Our manager gets a clock that is set
 * forward, so the hours take seconds; for peers time makes no difference, since they evict nothing.
 */
function soaking(name: VariantName): Contender {
  return async (settings) => async () => {
    const { perMinute } = settings.short ? SHORT : FULL;
    const clock = new ManualClock(Date.now());
    const service = await MeasuredService.start(name, {
      exportIntervalMs: name in PEERS_OF ? 0 : PEERS_INTERVAL_MS,
      maxSeries: MINUTES * FULL.perMinute,
      clock,
    });
    const heaps = new Map<number, number>();
    for (let minute = 0; minute < MINUTES; minute++) {
      service.orderByCustomers(perMinute, minute * perMinute);
      await clock.advance(60_000);
      await service.flush();
      if (!MEASURED.has(minute)) continue;
      collectGarbage();
      heaps.set(minute, process.memoryUsage().heapUsed);
    }
    await service.end(settings);
    const most = (minutes: readonly number[]): number =>
      Math.max(...minutes.map((minute) => heaps.get(minute) ?? NaN));
    return {
      first: (most([9]) - most([0])) / 9,
      later: (most(LAST) - most(MIDDLE)) / 20,
      heap: most([119]),
    };
  };
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
