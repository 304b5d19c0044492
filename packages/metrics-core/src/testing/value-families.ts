/** Draws numbers above 0 and at most 1, evenly and the same in every run. */
export type Random = () => number;

/** Numerical Recipes' generator. */
export function seededRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
}

/** Box–Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

/** Kinds of values that programs measure, each drawn by a function. */
export const VALUE_FAMILIES: Readonly<Record<string, (random: Random) => number>> = {
  "latencies, log-normal": (random) => 20 * Math.exp(normal(random)),
  "steady latencies, log-normal": (random) => 20 * Math.exp(0.2 * normal(random)),
  "cache hits and misses": (random) =>
    random() < 0.9 ? 2 * Math.exp(0.3 * normal(random)) : 120 * Math.exp(0.5 * normal(random)),
  uniform: (random) => 1_000 * random(),
  exponential: (random) => -50 * Math.log(random()),
  "heavy tail, Pareto": (random) => 5 / random() ** (1 / 1.5),
  "stretched exponential, Weibull": (random) => 100 * (-Math.log(random())) ** (1 / 0.6),
  normal: (random) => 500 + 50 * normal(random),
  "three services": (random) => 10 ** (1 + Math.floor(random() * 2.999)) + 5 * random(),
  "whole numbers": (random) => Math.ceil(100 * random() ** 2),
  "zeros and latencies": (random) => (random() < 0.5 ? 0 : 20 * Math.exp(normal(random))),
  "nine orders of magnitude": (random) => 10 ** (9 * random()),
  "differences, normal": (random) => 10 * normal(random),
  "differences, log-normal": (random) => (random() < 0.5 ? -1 : 1) * Math.exp(1.5 * normal(random)),
};
