import type { MetricSnapshot } from "@aiokpl/metrics-core";

type Snapshots = readonly MetricSnapshot[];

/** Cuts a window into the parts that `prepare` is given, in order. There is at least one. */
export type Cut = (window: Snapshots) => readonly Snapshots[];

/** Snapshots in a part of a large window. A manager gives some hundred to a few thousand. */
const PART_SNAPSHOTS = 250;

/** Leaves a window whole. */
export const whole: Cut = (window) => [window];

/** Cuts a window as a manager does: a small one stays whole. The last part is empty if the others were all of it. */
export const asManagersDo: Cut = (window) => cutEvery(PART_SNAPSHOTS, window);

/** The ways in which a window is cut to see that a sink treats them all alike. */
export const CUTS: Readonly<Record<string, Cut>> = {
  "whole, with an empty last part": (window) => [window, []],
  "in halves": (window) => {
    const half = Math.ceil(window.length / 2);
    return [window.slice(0, half), window.slice(half)];
  },
  "one by one": (window) => (window.length === 0 ? [window] : window.map((snapshot) => [snapshot])),
  "one by one, with an empty last part": (window) => cutEvery(1, window),
};

function cutEvery(size: number, window: Snapshots): readonly Snapshots[] {
  const parts: Snapshots[] = [];
  let start = 0;
  for (; start + size <= window.length; start += size)
    parts.push(window.slice(start, start + size));
  return start === 0 ? [window] : [...parts, window.slice(start)];
}
