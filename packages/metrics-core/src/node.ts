/**
 * Closes a manager when the process ends, on Node and hosts like it.
 *
 * @module
 */
export { type Closable, closeOnExit, type CloseOnExitOptions } from "./node/close-on-exit.ts";
export type { ExitSignal } from "./node/exit-signal.ts";
export type { Holding } from "./node/lost-at-exit.ts";
