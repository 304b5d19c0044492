import { type Finding, Findings } from "./findings.ts";
import type { Program } from "./program.ts";
import type { RejectionWatch } from "./rejection-watch.ts";
import { Run } from "./run.ts";

/** Plays a program on a manager with a clock of its own, and returns the promises that it saw broken. */
export async function playProgram(
  program: Program,
  rejections: RejectionWatch,
): Promise<readonly Finding[]> {
  const findings = new Findings();
  const restore = seedChance(program.chance);
  try {
    const run = new Run(program, findings);
    for (const step of program.steps) await run.step(step);
    await run.finish();
  } finally {
    restore();
  }
  const unhandled = await rejections.count();
  findings.expect(unhandled === 0, "a rejection that nobody handles", () => `${unhandled}`);
  return findings.all;
}

/** Makes `Math.random`, which core uses for jitter and back-off, the same each time. Returns what undoes it. */
function seedChance(seed: number): () => void {
  const { random } = Math;
  let state = seed >>> 0;
  Math.random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 15), state | 1);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => (Math.random = random);
}
