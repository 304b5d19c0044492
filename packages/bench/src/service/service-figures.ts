import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";

/** The event loop is looked at this often, which costs little; a setImmediate chain would keep a core busy. */
const RESOLUTION_MS = 1;

/** What a stretch of time took of the process. */
export interface Figures {
  /** CPU time of all threads of the process, in milliseconds. */
  readonly cpuMs: number;
  /** The longest time that the event loop stood still, in milliseconds of wall time. */
  readonly pauseMs: number;
  /** Time in garbage collections, in milliseconds. */
  readonly gcMs: number;
}

/** Measures a stretch of time from when it is made. */
export class Stretch {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #gcMs = 0;
  readonly #collections = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) this.#gcMs += duration;
  });
  readonly #cpu: NodeJS.CpuUsage;

  constructor() {
    this.#collections.observe({ entryTypes: ["gc"] });
    this.#delay.enable();
    this.#cpu = process.cpuUsage();
  }

  /** Ends the stretch. */
  async end(): Promise<Figures> {
    const { user, system } = process.cpuUsage(this.#cpu);
    // Collections, and a pause that has just ended, are reported in a later turn.
    await nextTurn();
    await nextTurn();
    this.#delay.disable();
    this.#collections.disconnect();
    return {
      cpuMs: (user + system) / 1_000,
      pauseMs: Math.max(0, this.#delay.max / 1e6 - RESOLUTION_MS),
      gcMs: this.#gcMs,
    };
  }
}
