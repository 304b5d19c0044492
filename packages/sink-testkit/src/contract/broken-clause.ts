/** The error of a contract test that fails: the sink does not do what the contract says. */
export class BrokenClause extends Error {
  /** Always "BrokenClause". */
  override readonly name = "BrokenClause";
  /** The sink's name, from the options. */
  readonly sink: string;
  /** The broken rule. */
  readonly clause: string;

  constructor(sink: string, clause: string, detail: string, cause?: unknown) {
    const options = cause === undefined ? undefined : { cause };
    super(`${sink} breaks the sink contract: "${clause}". ${detail}`, options);
    this.sink = sink;
    this.clause = clause;
  }
}
