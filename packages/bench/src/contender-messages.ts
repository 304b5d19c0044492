import type { Measures, Settings } from "./row.ts";

/** Which contender a process is, as its only argument in JSON. */
export interface ContenderRequest {
  readonly row: number;
  readonly contender: string;
  readonly settings: Settings;
}

/** What a contender's process sends: first ready, then the measures of each round. After a failure it ends. */
export type ContenderMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "measures"; readonly measures: Measures }
  | { readonly kind: "failed"; readonly message: string };
