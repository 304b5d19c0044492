/** Collects all garbage, so that none is counted, or collected during a measurement. Needs Node's `--expose-gc`. */
export function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error("this row needs --expose-gc");
  // Twice, because finalisers that the first one runs may free more.
  globalThis.gc();
  globalThis.gc();
}
