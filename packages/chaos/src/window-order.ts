import type { MetricSnapshot, WindowPart } from "@aiokpl/metrics-core";
import type { SteppingClock } from "./stepping-clock.ts";

interface Bounds {
  readonly start: number;
  readonly end: number;
}

/**
 * Checks how a manager gives windows to `prepare`: one after the other, each in parts with the same
 * bounds, and the rest of a window as long as the sink has more of it to return.
 */
export class WindowOrder {
  /** What was wrong so far. */
  readonly breaches: string[] = [];
  readonly #clock: Pick<SteppingClock, "steps">;
  #state: "between windows" | "within a window" | "asked for more" = "between windows";
  /** The bounds of the window that is being given, once a part of it was not empty. */
  #bounds: Bounds | undefined;
  /** The last window before it, and how often the wall clock had been set when that window began and ended. */
  #before = { start: NaN, end: -Infinity, steps: { before: 0, after: 0 } };

  /** @param clock the manager's */
  constructor(clock: Pick<SteppingClock, "steps">) {
    this.#clock = clock;
  }

  /** Must be called before `prepare` gets a part of a window. */
  begin(window: readonly MetricSnapshot[], { last }: WindowPart): void {
    if (this.#state === "asked for more" && (window.length > 0 || !last))
      this.breaches.push(
        "prepare() was given another window before all of the last one was asked for",
      );
    this.#checkBounds(window);
    this.#state = last ? "between windows" : "within a window";
    if (last) this.#bounds = undefined;
  }

  /** Must be called when `prepare` has returned something for the last part, with `more: true`. */
  expectMore(): void {
    this.#state = "asked for more";
  }

  /** Must be called when the sink is closed. */
  close(): void {
    if (this.#state !== "between windows")
      this.breaches.push("close() was called before prepare() was given all of a window");
  }

  #checkBounds(window: readonly MetricSnapshot[]): void {
    const [first] = window;
    if (first === undefined) return;
    const bounds = this.#bounds ?? this.#beginWindow(first);
    this.#bounds = bounds;
    const { start, end } = bounds;
    if (window.some(({ windowStart, windowEnd }) => windowStart !== start || windowEnd !== end))
      this.breaches.push("a window had snapshots with different bounds");
  }

  /** A window begins after the last one ended, unless the wall clock was set during one of them. */
  #beginWindow({ windowStart: start, windowEnd: end }: MetricSnapshot): Bounds {
    const { steps } = this.#clock;
    const before = this.#before;
    if (!(Number.isFinite(start) && end >= start))
      this.breaches.push(`a window was from ${start} to ${end}`);
    else if (start < end && start === before.start && end === before.end)
      this.breaches.push(`a part of the window from ${start} to ${end} came after its last part`);
    else if (steps === before.steps.before && start < before.end)
      this.breaches.push(`a window began at ${start}, before the last one ended`);
    this.#before = { start, end, steps: { before: before.steps.after, after: steps } };
    return { start, end };
  }
}
