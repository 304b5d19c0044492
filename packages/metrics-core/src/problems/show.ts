/** A value as an error message shows it, whatever it is. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `[${value.map(show).join(",").slice(0, 200)}]`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}
