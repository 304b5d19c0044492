import type { Target } from "./target.ts";

/** What a contender needs to know of the run that it is part of. */
export interface Settings {
  /** Smaller amounts of work: to see that everything runs, not to compare. */
  readonly short: boolean;
  /** Expect more than was done, so that every check must fail. */
  readonly sabotage: boolean;
}

/** The figures of one round, by name. */
export type Measures = Readonly<Record<string, number>>;

/**
 * Does a contender's work once and measures it. Throws {@link WorkNotDone} where the totals that the
 * contender reports are not what was put into it.
 */
export type Round = () => Promise<Measures>;

/** Sets one contender up, in a process of its own, and warms it. */
export type Contender = (settings: Settings) => Promise<Round>;

/** A peer to compare with, and what must hold; a comparison without a target is for orientation. */
export interface Comparison {
  /** The name of a contender; left out where the target is an amount. */
  readonly peer?: string;
  readonly target?: Target;
}

/** One figure of one of our contenders, and what it is compared with. */
export interface Workload {
  readonly name: string;
  /** Which of the measures. */
  readonly measure: string;
  readonly unit: "ns" | "ms" | "B" | "packages" | "requests";
  /** The name of our contender. */
  readonly ours: string;
  readonly against: readonly Comparison[];
}

/** One row of the table of workloads: ours and its peers. */
export interface Row {
  readonly number: number;
  readonly title: string;
  readonly contenders: Readonly<Record<string, Contender>>;
  readonly workloads: readonly Workload[];
  /** Options of Node for the contenders' processes. */
  readonly nodeFlags?: readonly string[];
  /** A new process for each round, where a round changes what the next would measure. @default false */
  readonly freshProcess?: boolean;
  /** More rounds than these tell nothing new. @default no limit */
  readonly maxRounds?: { readonly full: number; readonly short: number };
}
