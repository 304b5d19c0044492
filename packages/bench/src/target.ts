/** The target of a figure. */
export type Target =
  | { readonly kind: "at most times the peer"; readonly times: number }
  | { readonly kind: "times less than the peer"; readonly times: number }
  | { readonly kind: "at most more than the peer"; readonly amount: number }
  | { readonly kind: "at most"; readonly amount: number };

/** Ours must be at most this many times the peer's. */
export function atMostTimes(times: number): Target {
  return { kind: "at most times the peer", times };
}

/** The peer's must be at least this many times ours. */
export function timesLess(times: number): Target {
  return { kind: "times less than the peer", times };
}

/** Ours may exceed the peer's by at most this amount, in the workload's unit. */
export function atMostMore(amount: number): Target {
  return { kind: "at most more than the peer", amount };
}

/** Ours must be at most this amount, in the workload's unit. */
export function atMost(amount: number): Target {
  return { kind: "at most", amount };
}

/** The medians to compare with a target. */
export interface Figures {
  readonly ours: number;
  /** NaN if there is no peer. So are the next two. */
  readonly peer: number;
  /** Ours divided by the peer's. */
  readonly ratio: number;
  /** Ours minus the peer's. */
  readonly difference: number;
}

/** Whether a target is met. */
export interface Verdict {
  readonly met: boolean;
  /** By how much the figure misses the target: a share of the target, or an amount in the workload's unit. */
  readonly missedBy?: { readonly share: number } | { readonly amount: number };
}

/** Compares figures with a target. NaN meets no target. */
export function judge(target: Target, { ours, ratio, difference }: Figures): Verdict {
  switch (target.kind) {
    case "at most times the peer":
      return ratio <= target.times
        ? { met: true }
        : { met: false, missedBy: { share: ratio / target.times - 1 } };
    case "times less than the peer":
      return 1 / ratio >= target.times
        ? { met: true }
        : { met: false, missedBy: { share: ratio * target.times - 1 } };
    case "at most more than the peer":
      return difference <= target.amount
        ? { met: true }
        : { met: false, missedBy: { amount: difference - target.amount } };
    case "at most":
      return ours <= target.amount
        ? { met: true }
        : { met: false, missedBy: { share: ours / target.amount - 1 } };
  }
}
