import { systemClock } from "../windows/system-clock.ts";
import { isListenedTo } from "./process-events.ts";

/**
 * A signal that asks a process to end. One that the platform does not have never comes; `SIGUSR2`
 * is what nodemon restarts with.
 */
export type ExitSignal = "SIGHUP" | "SIGINT" | "SIGQUIT" | "SIGUSR2" | "SIGTERM" | "SIGBREAK";

/** Their numbers, on Linux where they differ between platforms: its containers are where the numbers are needed. */
const SIGNAL_NUMBERS: Readonly<Record<ExitSignal, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGUSR2: 12,
  SIGTERM: 15,
  SIGBREAK: 21,
};

/** All of them. */
export const EXIT_SIGNALS: readonly ExitSignal[] = Object.keys(SIGNAL_NUMBERS) as ExitSignal[];

/** A process that outlives its own signal for this long is one that the signal does not end. */
const OUTLIVED_MS = 50;

/** What is used of the host's `process`. */
interface Host {
  readonly pid: number;
  kill(pid: number, signal: string): unknown;
  exit(code: number): void;
}

declare const process: Host;

/**
 * Ends the process by a signal, unless another listener is left for it. A process that its own
 * signals do not end, as the first process of a container, exits with 128 plus the signal's number.
 */
export function raise(signal: ExitSignal): void {
  if (isListenedTo(signal)) return;
  process.kill(process.pid, signal);
  systemClock.setTimer(() => process.exit(128 + SIGNAL_NUMBERS[signal]), OUTLIVED_MS, true);
}
