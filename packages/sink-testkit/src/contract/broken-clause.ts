/** What the contract's tests throw: a sink does not do what its contract says. */
export class BrokenClause extends Error {
  override readonly name = "BrokenClause";
  /** Name of the sink, as the options gave it. */
  readonly sink: string;
  /** The rule that is broken. */
  readonly clause: string;

  constructor(sink: string, clause: string, detail: string, cause?: unknown) {
    const options = cause === undefined ? undefined : { cause };
    super(`${sink} breaks the sink contract: "${clause}". ${detail}`, options);
    this.sink = sink;
    this.clause = clause;
  }
}
