/** Reports that the sink breaks a rule. Always throws. */
export type Breach = (rule: string, detail: string, cause?: unknown) => never;
