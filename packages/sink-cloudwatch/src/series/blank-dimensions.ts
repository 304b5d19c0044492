import type { Dimensions } from "@aiokpl/metrics-core";

/** Whether a dimension's value is one that CloudWatch refuses because it is empty or only white space. */
export function isBlank(value: string): boolean {
  const first = value.charCodeAt(0);
  // Nearly every value begins with such a character, and this is asked of each value several times.
  const isVisibleAscii = first > 0x20 && first < 0x7f;
  return !isVisibleAscii && value.trim() === "";
}

/** The dimensions that have a value; the same array where all have one. */
export function withoutBlanks(dimensions: Dimensions): Dimensions {
  for (const [, value] of dimensions)
    if (isBlank(value)) return dimensions.filter((dimension) => !isBlank(dimension[1]));
  return dimensions;
}
