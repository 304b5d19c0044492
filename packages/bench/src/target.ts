/** What a figure must reach. */
export type Target =
  | { readonly kind: "at most times the peer"; readonly times: number }
  | { readonly kind: "times less than the peer"; readonly times: number }
  | { readonly kind: "at most more than the peer"; readonly amount: number }
  | { readonly kind: "at most"; readonly amount: number };

/** At most so many times what the peer takes. */
export function atMostTimes(times: number): Target {
  return { kind: "at most times the peer", times };
}

/** The peer takes at least so many times as much. */
export function timesLess(times: number): Target {
  return { kind: "times less than the peer", times };
}

/** At most so much more than the peer takes, in the workload's unit. */
export function atMostMore(amount: number): Target {
  return { kind: "at most more than the peer", amount };
}

/** At most so much, in the workload's unit. */
export function atMost(amount: number): Target {
  return { kind: "at most", amount };
}

/** The medians to judge. */
export interface Figures {
  readonly ours: number;
  /** NaN where there is no peer, as for the next two. */
  readonly peer: number;
  /** Ours divided by the peer's. */
  readonly ratio: number;
  /** Ours minus the peer's. */
  readonly difference: number;
}

/** Whether a target is met. */
export interface Verdict {
  readonly met: boolean;
  /** How far beyond the target the figure is: a share of the target, or an amount in the workload's unit. */
  readonly missedBy?: { readonly share: number } | { readonly amount: number };
}

/** Judges figures; a figure that is not a number meets nothing. */
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
