import { Chance } from "./chance.ts";
import { type Life, liveOn } from "./manager-life.ts";
import type { Options } from "./options.ts";
import { ProcessWatch } from "./process-watch.ts";
import { renderReport, renderVerdict } from "./report.ts";
import { liveAsTwins, loadClients } from "./twins.ts";

/** Most managers in one run, however long it is. */
const MOST_MANAGERS = 2_000;

/** Runs managers until the time is over. Returns whether all counts agree. */
export async function run(
  options: Options,
  seed: number,
  print: (text: string) => void,
): Promise<boolean> {
  const { seconds, managers, short, sabotage } = options;
  await loadClients();
  const watch = new ProcessWatch();
  const chance = new Chance(seed);
  const end = performance.now() + seconds * 1_000;
  const lives: Life[] = [];
  const imbalances: string[] = [];
  let started = 0;

  /** Runs one manager after another. */
  async function keepOne(slotChance: Chance): Promise<void> {
    while (performance.now() < end && started < MOST_MANAGERS) {
      const number = ++started;
      const lifeMs = slotChance.whole(100, short ? 1_000 : 5_000);
      const life = await liveOn({
        chance: slotChance.fork(),
        lifeMs: Math.min(lifeMs, end - performance.now()),
        longestCloseMs: short ? 800 : 3_000,
        sabotage,
        longestDelayMs: () => watch.longestDelayMs,
      });
      lives.push(life);
      imbalances.push(...life.imbalances.map((line) => `manager ${number}: ${line}`));
    }
  }

  const slots = Array.from({ length: managers }, () => keepOne(chance.fork()));
  const twins = await liveAsTwins({
    chance: chance.fork(),
    end,
    longestLifeMs: short ? 300 : 1_500,
  });
  await Promise.all(slots);
  imbalances.push(...twins.imbalances);
  const left = await watch.end();
  imbalances.push(
    ...watch.unhandled.map((reason) => `a promise was rejected and nobody handled it: ${reason}`),
  );
  if (left.length > 0) imbalances.push(`still open at the end: ${left.join(", ")}`);
  const { peakHeapBytes, longestDelayMs } = watch;
  print(renderReport(lives, twins, { seed, seconds, peakHeapBytes, longestDelayMs }));
  print(renderVerdict(imbalances, seed));
  return imbalances.length === 0;
}
