import type { Answer } from "./answer.ts";

/** How far one request has come. */
export type Progress =
  /** It can't have reached anybody. */
  | { readonly stage: "not sent" }
  /** It may have reached the endpoint. */
  | { readonly stage: "sent" }
  /** The endpoint has answered. */
  | { readonly stage: "answered"; readonly answer: Answer };
