/** Whether the manager's level leaves a metric in: now, and when the window ended that is being collected. */
export class LevelSwitch {
  #isOn: boolean;
  /** In which window it has changed last, and what it was when that began. */
  #changed: { readonly window: number; readonly wasOn: boolean } | undefined;

  constructor(isOn: boolean) {
    this.#isOn = isOn;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Turns it on or off. Returns false where it is so already. */
  set(isOn: boolean, openWindow: number): boolean {
    const wasOn = this.#isOn;
    if (isOn === wasOn) return false;
    if (this.#changed?.window !== openWindow) this.#changed = { window: openWindow, wasOn };
    this.#isOn = isOn;
    return true;
  }

  /** Whether it was on when the window ended, whatever became of it in the next one. */
  wasOnIn(endedWindow: number): boolean {
    const changed = this.#changed;
    return changed !== undefined && changed.window > endedWindow ? changed.wasOn : this.#isOn;
  }
}
