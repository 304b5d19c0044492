/** Collects all garbage, so that none of it is counted or falls into a measured time; needs Node's `--expose-gc`. */
export function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error("this row needs --expose-gc");
  // Twice, since finalisers of the first may free more.
  globalThis.gc();
  globalThis.gc();
}
