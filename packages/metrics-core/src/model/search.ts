import fc from "fast-check";
import { playProgram } from "./play-program.ts";
import type { Program } from "./program.ts";
import { program } from "./random-program.ts";
import type { RejectionWatch } from "./rejection-watch.ts";

/** A program for which a promise is broken, as small as the search could make it. */
interface Broken {
  readonly what: string;
  readonly detail: string;
  readonly program: Program;
}

/** What a search has seen. */
export interface Searched {
  readonly programs: number;
  readonly broken: Broken | undefined;
}

/** How a search goes. */
export interface SearchOptions {
  /** The same seed and number of programs give the same programs. */
  readonly seed: number;
  readonly programs: number;
  /** Ends the search early; a failing program is still made smaller. @default no limit */
  readonly timeLimitMs?: number;
  /** Findings that are known and no reason to stop. @default none */
  readonly known?: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/** Plays random programs until one breaks a promise, and makes that one smaller. */
export async function search(
  rejections: RejectionWatch,
  { seed, programs, timeLimitMs, known = NONE }: SearchOptions,
): Promise<Searched> {
  let wanted: string | undefined;
  let broken: Broken | undefined;
  let played = 0;
  const property = fc.asyncProperty(program, async (each) => {
    played++;
    const findings = await playProgram(each, rejections);
    // A smaller program counts only if it breaks the same promise.
    const found = findings.find(({ what }) =>
      wanted === undefined ? !known.has(what) : what === wanted,
    );
    if (found === undefined) return true;
    wanted = found.what;
    broken = { ...found, program: each };
    return false;
  });
  await fc.check(property, {
    seed,
    numRuns: programs,
    ...(timeLimitMs === undefined ? undefined : { interruptAfterTimeLimit: timeLimitMs }),
  });
  return { programs: played, broken };
}
