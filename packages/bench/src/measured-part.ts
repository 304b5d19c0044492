const BEGIN = "<!-- measured by npm run bench: do not edit -->";
const END = "<!-- end of what was measured -->";

/** On what the figures were measured. */
export interface Machine {
  readonly date: string;
  readonly cores: number;
  readonly cpu: string;
  readonly node: string;
  /** How many programs were running on average in the minute before, as `uptime` shows it. */
  readonly load: number;
}

/**
 * Returns the page with these tables in place of the old ones, and on what they were measured.
 *
 * @throws Error if the page has no place for them
 */
export function withMeasuredPart(
  page: string,
  tables: readonly string[],
  machine: Machine,
): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page lacks ${BEGIN} or ${END}`);
  const parts = [BEGIN, aboutMachine(machine), ...tables];
  return `${page.slice(0, begin)}${parts.join("\n\n")}\n\n${page.slice(end)}`;
}

function aboutMachine({ date, cores, cpu, node, load }: Machine): string {
  return `Measured on ${date} with Node ${node.replace("v", "")} on ${cores} cores (${cpu}). The load was ${load.toFixed(1)} before.`;
}

/** A table in Markdown, whose first line has the headings. */
export function markdownTable(
  lines: readonly (readonly string[])[],
  isFigure: (column: number) => boolean = () => false,
): string {
  const widths = (lines[0] ?? []).map((_, i) =>
    Math.max(3, ...lines.map((cells) => cells[i]?.length ?? 0)),
  );
  const rendered = lines.map((cells) =>
    cells.map((cell, i) =>
      isFigure(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
    ),
  );
  const rule = widths.map((width, i) =>
    isFigure(i) ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
  );
  const [headings = [], ...rest] = rendered;
  return [headings, rule, ...rest].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
