import { HELP, type Options, parseOptions } from "./options.ts";
import { run } from "./run.ts";
import { UsageError } from "./usage-error.ts";

const EXIT = { balanced: 0, notBalanced: 1, usage: 2 } as const;

/** Runs the program with the given arguments. Resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`chaos: ${error.message} (try --help)\n`);
    return EXIT.usage;
  }
  const print = (text: string): void => void process.stdout.write(text);
  if (options.help) {
    print(HELP);
    return EXIT.balanced;
  }
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  print(`seed ${seed}\n`);
  return (await run(options, seed, print)) ? EXIT.balanced : EXIT.notBalanced;
}

process.exitCode = await main(process.argv.slice(2));
