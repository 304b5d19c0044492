import { systemClock } from "../windows/system-clock.ts";
import { isListenedTo } from "./process-events.ts";

/**
 * A signal that asks a process to end. If the platform does not have a signal, it never comes.
 * nodemon restarts a program with `SIGUSR2`.
 */
export type ExitSignal = "SIGHUP" | "SIGINT" | "SIGQUIT" | "SIGUSR2" | "SIGTERM" | "SIGBREAK";

/**
 * The signals' numbers. If they differ between platforms, these are Linux's, because its containers
 * need them.
 */
const SIGNAL_NUMBERS: Readonly<Record<ExitSignal, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGUSR2: 12,
  SIGTERM: 15,
  SIGBREAK: 21,
};

/** All exit signals. */
export const EXIT_SIGNALS: readonly ExitSignal[] = Object.keys(SIGNAL_NUMBERS) as ExitSignal[];

/**
 * If a process still runs this many milliseconds after it signalled itself, the signal does not end
 * it.
 */
const OUTLIVED_MS = 50;

/** The parts of the host's `process` that are used. */
interface Host {
  readonly pid: number;
  kill(pid: number, signal: string): unknown;
  exit(code: number): void;
}

declare const process: Host;

/**
 * Ends the process by a signal, unless somebody still listens for that signal. The first process of
 * a container can't end itself with a signal, so it exits with 128 plus the signal's number.
 */
export function raise(signal: ExitSignal): void {
  if (isListenedTo(signal)) return;
  process.kill(process.pid, signal);
  systemClock.setTimer(() => process.exit(128 + SIGNAL_NUMBERS[signal]), OUTLIVED_MS, true);
}
