/** A sample of a page in a text format. */
export interface ParsedSample {
  readonly name: string;
  /** As they stand between the braces; empty without them. */
  readonly labels: string;
  readonly value: number;
}

/** The samples of a page in a text format, in order. */
export function samplesOf(page: string): readonly ParsedSample[] {
  return page
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const match = /^([a-zA-Z0-9_:]+)(?:\{(.*)\})? (\S+)$/s.exec(line);
      if (match === null) throw new Error(`not a sample: ${line}`);
      const [, name = "", labels = "", value = ""] = match;
      return { name, labels, value: Number(value.replace("Inf", "Infinity")) };
    });
}

/** The values of a page's samples, by name and labels. A sample that is there twice is an error. */
export function valuesOf(page: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const { name, labels, value } of samplesOf(page)) {
    const key = `${name}{${labels}}`;
    if (values.has(key)) throw new Error(`${key} is there twice`);
    values.set(key, value);
  }
  return values;
}
