/**
 * Says what may be added to a metric's series without a closer look. Handles ask it with each value, so
 * that a change of the level reaches them at once.
 */
export class Gate {
  /** The smallest value that passes; NaN, which no value reaches, where none does. */
  floor: number;

  constructor(floor: number) {
    this.floor = floor;
  }
}

/** Lets nothing pass. */
export const SHUT: Gate = /* @__PURE__ */ new Gate(NaN);
