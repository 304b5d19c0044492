import { printable } from "./printable.ts";

const LONGEST_STRING = 100;
const LONGEST_LIST = 200;
const MOST_ITEMS = 50;
const DEEPEST = 3;

/** A value as an error message shows it, whatever it is: short, on one line, never anything that a terminal would obey. */
export function show(value: unknown): string {
  return showTo(DEEPEST, value);
}

function showTo(depth: number, value: unknown): string {
  if (typeof value === "string") return printable(JSON.stringify(value.slice(0, LONGEST_STRING)));
  if (typeof value === "bigint") return `${String(value).slice(0, LONGEST_STRING)}n`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) {
    if (depth === 0) return "an array";
    const items = value.slice(0, MOST_ITEMS).map((item: unknown) => showTo(depth - 1, item));
    return `[${items.join(",").slice(0, LONGEST_LIST)}]`;
  }
  if (typeof value === "object" && value !== null) return "an object";
  return printable(String(value), LONGEST_STRING);
}
