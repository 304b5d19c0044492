/** So many members are looked at in a step. */
const VISITED_PER_STEP = 4_096;

/** Whether `isSo` says yes to one member of a long list. Yields after each step. */
export function* someInSteps<T>(
  list: readonly T[],
  isSo: (member: T) => boolean,
): Generator<undefined, boolean> {
  let visited = 0;
  for (const member of list) {
    if (isSo(member)) return true;
    if (++visited % VISITED_PER_STEP === 0) yield;
  }
  return false;
}
