import type { Target } from "./target.ts";

/** What a contender needs to know about the run. */
export interface Settings {
  /** Whether to do less work, to see that everything runs and not to compare. */
  readonly short: boolean;
  /** Whether to expect more than was recorded, so that every check must fail. */
  readonly sabotage: boolean;
}

/** The figures of one round, by name. */
export type Measures = Readonly<Record<string, number>>;

/**
 * Does a contender's work once and measures it. Throws {@link WorkNotDone} if the contender's totals
 * are not what was recorded.
 */
export type Round = () => Promise<Measures>;

/** Sets up one contender, in a process of its own, and warms it up. */
export type Contender = (settings: Settings) => Promise<Round>;

/** A peer to compare with, and the target. A comparison without a target is only for information. */
export interface Comparison {
  /** The name of a contender; absent if the target is an amount. */
  readonly peer?: string;
  readonly target?: Target;
}

/** One measured figure of ours, and what it is compared with. */
export interface Workload {
  readonly name: string;
  /** The name of the measure. */
  readonly measure: string;
  readonly unit: "ns" | "µs" | "ms" | "B" | "packages" | "requests" | "×";
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
  /** Node options of the contenders' processes. */
  readonly nodeFlags?: readonly string[];
  /** Whether each round needs a new process, because a round changes what the next one would measure. @default false */
  readonly freshProcess?: boolean;
  /** The most rounds; further ones would show nothing new. @default no limit */
  readonly maxRounds?: { readonly full: number; readonly short: number };
}
