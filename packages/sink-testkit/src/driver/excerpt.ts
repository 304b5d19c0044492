import { inspect } from "node:util";
import { isThenable } from "./promise-like.ts";

const MOST_CHARACTERS = 200;

/** Any value as a failure message can show it, in at most 200 characters. Never throws. */
export function excerpt(value: unknown): string {
  if (isThenable(value)) return "a promise";
  let text: string;
  try {
    text = inspect(value, {
      breakLength: Infinity,
      customInspect: false,
      maxArrayLength: 5,
      maxStringLength: MOST_CHARACTERS,
    });
  } catch {
    text = `a ${typeof value} that can't be read`;
  }
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

/** What was thrown, in words. Never throws, whatever was thrown. */
export function describeThrown(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return excerpt(thrown);
  }
}
