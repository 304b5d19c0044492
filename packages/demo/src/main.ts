import { HELP, type Options, parseOptions } from "./options.ts";
import { run } from "./run.ts";
import { Screen } from "./screen.ts";
import { UsageError } from "./usage-error.ts";

/** On Ctrl-C both the terminal and npm send a signal. Two signals within this time are one Ctrl-C. */
const SAME_INTERRUPT_MS = 300;

const EXIT = { reconciled: 0, notReconciled: 1, usage: 2, interruptedTwice: 130 } as const;

async function main(): Promise<void> {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options.help) process.stdout.write(HELP);
    else process.exitCode = (await produce(options)) ? EXIT.reconciled : EXIT.notReconciled;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`demo: ${error.message} (try --help)\n`);
    process.exitCode = EXIT.usage;
  }
}

async function produce(options: Options): Promise<boolean> {
  const { stdout, stderr } = process;
  const screen = options.json
    ? new Screen(stderr)
    : new Screen(stdout, stdout.isTTY ? stdout : undefined);
  const stop = new AbortController();
  let interruptedAt = -Infinity;
  const interrupt = (): void => {
    const now = performance.now();
    if (now - interruptedAt < SAME_INTERRUPT_MS) return;
    if (stop.signal.aborted && interruptedAt > 0) process.exit(EXIT.interruptedTwice);
    interruptedAt = now;
    screen.print(
      "Interrupted: sending the records that were read. Press Ctrl-C again to exit at once.",
    );
    stop.abort();
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  return run(options, screen, stop);
}

// The reader of the output has closed the pipe, as `head` does. Nobody would read an error message.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

await main();
