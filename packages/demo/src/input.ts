import { addAbortSignal } from "node:stream";
import { once } from "node:events";
import {
  constants,
  createReadStream,
  fstatSync,
  readFileSync,
  type ReadStream as FileStream,
} from "node:fs";
import { access, stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { UsageError } from "./usage-error.ts";

/** How long to wait for standard input if the user has not named it with `-`. */
const FIRST_BYTE_MS = 1_000;

const SILENCE_NOTE =
  'Nothing came from standard input within a second, so pnpm-lock.yaml is read instead. To wait for standard input, give "-" as the file name.';

const DEFAULT_FILE = fileURLToPath(new URL("../../../pnpm-lock.yaml", import.meta.url));
const DEFAULT_SECONDS = 6;
const DEFAULT_RATE = 1_000;

/** Something to read lines from. */
export interface Input {
  /** Name to show to the user. */
  readonly name: string;
  /** Streams its bytes once; ends early, without an error, when `signal` aborts. */
  readonly chunks: (signal: AbortSignal) => AsyncIterable<Buffer>;
}

/** What to read, and how fast if the user has not set a rate. */
export interface InputPlan {
  readonly inputs: readonly Input[];
  /** Records per second if the command line does not set a rate. */
  readonly defaultRate: number;
  /** What the user should know about the choice of input. */
  readonly note?: string;
}

/**
 * Decides what to read, before anything starts: the files that were named; or else standard input, if
 * something comes from it; or else the repository's lock file.
 *
 * @throws UsageError for a path that cannot be read.
 */
export async function findInputs(paths: readonly string[]): Promise<InputPlan> {
  if (paths.length > 0) {
    await Promise.all(paths.map(checkReadable));
    return {
      inputs: paths.map((path) => (path === "-" ? standardInput : fileInput(path, path))),
      defaultRate: DEFAULT_RATE,
    };
  }
  const offer = await standardInputOffers();
  if (offer === "data") return { inputs: [standardInput], defaultRate: DEFAULT_RATE };
  await checkReadable(DEFAULT_FILE);
  const records = readFileSync(DEFAULT_FILE, "utf8").split("\n").filter(Boolean).length;
  return {
    inputs: [fileInput("pnpm-lock.yaml", DEFAULT_FILE)],
    defaultRate: records / DEFAULT_SECONDS,
    ...(offer === "silence" ? { note: SILENCE_NOTE } : {}),
  };
}

const standardInput: Input = {
  name: "standard input",
  chunks: (signal) => readChunks("standard input", process.stdin, signal),
};

function fileInput(name: string, path: string): Input {
  return { name, chunks: (signal) => readChunks(name, createReadStream(path), signal) };
}

async function* readChunks(
  name: string,
  stream: FileStream | NodeJS.ReadStream,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  addAbortSignal(signal, stream);
  try {
    for await (const chunk of stream) if (Buffer.isBuffer(chunk)) yield chunk;
  } catch (error) {
    if (!signal.aborted) throw unreadable(name, error);
  }
}

async function checkReadable(path: string): Promise<void> {
  if (path === "-") return;
  try {
    const isDirectory = (await stat(path)).isDirectory();
    if (isDirectory)
      throw new UsageError(`cannot read "${path}": it is a directory; name the files in it`);
    await access(path, constants.R_OK);
  } catch (error) {
    throw error instanceof UsageError ? error : unreadable(path, error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  ENOTDIR: "a part of its path is not a directory",
};

function unreadable(name: string, error: unknown): UsageError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return new UsageError(`cannot read "${name}": ${REASONS[code] ?? String(error)}`, {
    cause: error,
  });
}

/** Whether standard input has data: a redirected file does, a pipe if something arrives, a terminal or /dev/null does not. */
async function standardInputOffers(): Promise<"data" | "silence" | "nothing"> {
  const kind = fstatSync(0);
  if (kind.isFile()) return "data";
  if (!kind.isFIFO() && !kind.isSocket()) return "nothing";
  const { stdin } = process;
  await Promise.race([
    once(stdin, "readable"),
    setTimeout(FIRST_BYTE_MS, undefined, { ref: false }),
  ]);
  if (stdin.readableLength > 0) return "data";
  stdin.destroy();
  return "silence";
}
