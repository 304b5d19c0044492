import { show } from "@aiokpl/metrics-core/sink";
import { normalisedDimensions } from "./tags.ts";

/**
 * Returns the tags of all series, normalised: those of the option `tags`, and `instance`, which wins
 * over a tag of that name.
 *
 * @throws TypeError or RangeError for a wrong tag, naming it
 */
export function commonTags(
  tags: Readonly<Record<string, unknown>>,
  instance: string | undefined,
  warn: (message: string) => void,
): Map<string, string> {
  const given: [string, string][] = [];
  for (const [key, value] of Object.entries(tags)) {
    if (typeof value !== "string")
      throw new TypeError(`tags.${key} is ${show(value)}, must be a string`);
    if (key.toLowerCase() === "host")
      throw new RangeError(`tags.${key} is an option of its own: host`);
    if (value !== "") given.push([key, value]);
  }
  const common = new Map<string, string>();
  for (const [key, value] of normalisedDimensions(given, warn)) {
    if (common.has(key))
      warn(`the option tags has several values for the tag ${key}: only ${value} is sent`);
    common.set(key, value);
  }
  const own = normalisedDimensions(instance ? [["instance", instance]] : [], warn);
  for (const [key, value] of own) common.set(key, value);
  return common;
}
