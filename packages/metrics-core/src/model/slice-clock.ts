import { ManualClock } from "../windows/manual-clock.ts";

/** A clock on which each look takes 5 ms while it is slow, so that each slice has one step. A test runs the slices. */
export class SliceClock extends ManualClock {
  isSlow = false;
  readonly #slices: (() => void)[] = [];

  override monotonicTime(): number {
    if (this.isSlow) this.block(5);
    return super.monotonicTime();
  }

  override setTimer(callback: () => void, delayMs: number, keepAlive?: boolean): () => void {
    if (delayMs > 0) return super.setTimer(callback, delayMs, keepAlive);
    this.#slices.push(callback);
    return () => {
      const position = this.#slices.indexOf(callback);
      if (position !== -1) this.#slices.splice(position, 1);
    };
  }

  get hasSlices(): boolean {
    return this.#slices.length > 0;
  }

  /** Runs the next slice, and what waits for it. */
  async slice(): Promise<void> {
    this.#slices.shift()?.();
    await this.advance(0);
  }
}
