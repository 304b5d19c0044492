import type { Clock } from "../contract/clock.ts";

/**
 * How a pass ended. "held back" means that nothing was offered, because the vendor wants no call
 * yet.
 */
export type PassEnd = "made" | "held back";

/** What the loop does now. It is one union, so that no pass can begin beside another. */
type State =
  | { readonly is: "resting" }
  | { readonly is: "planned"; readonly cancel: () => void }
  | Running;

interface Running {
  readonly is: "running";
  /** The next pass, if one was requested since the current one began. */
  next: AskedPass | undefined;
}

interface AskedPass {
  readonly ended: Promise<PassEnd>;
  readonly end: (how: PassEnd) => void;
}

const RESTING: State = { is: "resting" };

/** Makes passes, one at a time, now or after a delay. */
export class PassLoop {
  readonly #makePass: () => Promise<PassEnd>;
  readonly #onRest: () => void;
  #state: State = RESTING;
  /** Called when the loop rests. */
  #waiting: (() => void)[] = [];

  /**
   * @param makePass makes one pass, and never rejects
   * @param onRest is called after a pass if no other was requested
   */
  constructor(makePass: () => Promise<PassEnd>, onRest: () => void) {
    this.#makePass = makePass;
    this.#onRest = onRest;
  }

  get isRunning(): boolean {
    return this.#state.is === "running";
  }

  /** Resolves when the loop rests. */
  get ended(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isRunning) this.#waiting.push(resolve);
      else resolve();
    });
  }

  /**
   * Requests a pass that begins after this call. Resolves when that pass has ended. Concurrent
   * requests share a pass.
   */
  request(): Promise<PassEnd> {
    if (this.#state.is === "running") return (this.#state.next ??= askPass()).ended;
    this.cancelPlan();
    const running: Running = { is: "running", next: undefined };
    this.#state = running;
    return this.#run(running);
  }

  /**
   * Plans a pass in `delayMs` milliseconds, in place of one that is planned already. Does nothing
   * while a pass is running.
   */
  plan(clock: Clock, delayMs: number): void {
    if (this.#state.is === "running") return;
    this.cancelPlan();
    const cancel = clock.setTimer(() => void this.request(), delayMs);
    this.#state = { is: "planned", cancel };
  }

  cancelPlan(): void {
    if (this.#state.is !== "planned") return;
    this.#state.cancel();
    this.#state = RESTING;
  }

  async #run(running: Running): Promise<PassEnd> {
    const how = await this.#makePass();
    const { next } = running;
    running.next = undefined;
    if (next === undefined) this.#rest();
    else void this.#run(running).then(next.end);
    return how;
  }

  #rest(): void {
    this.#state = RESTING;
    this.#onRest();
    // That may have begun another pass.
    if (this.isRunning) return;
    const waiting = this.#waiting;
    if (waiting.length > 0) this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

function askPass(): AskedPass {
  let end: AskedPass["end"] = () => {};
  const ended = new Promise<PassEnd>((resolve) => (end = resolve));
  return { ended, end };
}
