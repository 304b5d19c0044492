/**
 * For programs on Node and hosts like it, which end by signals.
 *
 * @module
 */
export {
  type Closable,
  closeOnExit,
  type CloseOnExitOptions,
  type ExitSignal,
} from "./node/close-on-exit.ts";
