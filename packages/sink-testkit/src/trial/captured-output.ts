import { AsyncLocalStorage } from "node:async_hooks";
import { formatWithOptions } from "node:util";

/** What one piece of work has printed and left unhandled so far. */
export interface CapturedOutput {
  /** What was written to the console, stdout or stderr, one entry for each call. */
  readonly written: readonly string[];
  /** The reasons of promise rejections that nobody handled. */
  readonly unhandled: readonly unknown[];
}

interface Capture {
  readonly written: string[];
  readonly unhandled: unknown[];
}

const CONSOLE_METHODS = [
  "log",
  "info",
  "warn",
  "error",
  "debug",
  "trace",
  "dir",
  "dirxml",
  "table",
  "group",
] as const;

// A write belongs to the work in whose async context it happens. The test runner's own output passes.
const current = new AsyncLocalStorage<Capture>();
const running = new Set<Capture>();
let restore = (): void => undefined;

/** Runs some work, and captures its output instead of printing it. */
export async function captureOutput<T>(work: (output: CapturedOutput) => Promise<T>): Promise<T> {
  const capture: Capture = { written: [], unhandled: [] };
  if (running.size === 0) restore = divert();
  running.add(capture);
  try {
    return await current.run(capture, () => work(capture));
  } finally {
    running.delete(capture);
    if (running.size === 0) restore();
  }
}

function divert(): () => void {
  const undo = [
    divertWrites(process.stdout),
    divertWrites(process.stderr),
    ...CONSOLE_METHODS.map((method) => divertConsole(method)),
  ];
  const onUnhandled = (reason: unknown): void => {
    for (const capture of running) capture.unhandled.push(reason);
  };
  process.on("unhandledRejection", onUnhandled);
  return () => {
    process.off("unhandledRejection", onUnhandled);
    for (const one of undo) one();
  };
}

function divertConsole(method: (typeof CONSOLE_METHODS)[number]): () => void {
  const original = console[method];
  const diverted = (...data: unknown[]): void => {
    const capture = current.getStore();
    if (capture === undefined) Reflect.apply(original, console, data);
    else capture.written.push(formatWithOptions({ colors: false }, ...data));
  };
  console[method] = diverted;
  return () => {
    if (console[method] === diverted) console[method] = original;
  };
}

function divertWrites(stream: NodeJS.WriteStream): () => void {
  const original: unknown = Reflect.get(stream, "write");
  const diverted = (...call: unknown[]): unknown => {
    const capture = current.getStore();
    if (capture === undefined)
      return typeof original === "function" ? Reflect.apply(original, stream, call) : false;
    const [chunk] = call;
    capture.written.push(
      chunk instanceof Uint8Array ? new TextDecoder().decode(chunk) : String(chunk),
    );
    const done = call.at(-1);
    if (typeof done === "function") process.nextTick(() => Reflect.apply(done, undefined, []));
    return true;
  };
  Reflect.set(stream, "write", diverted);
  return () => {
    if (Reflect.get(stream, "write") === diverted) Reflect.set(stream, "write", original);
  };
}
