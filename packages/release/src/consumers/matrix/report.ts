import type { Outcome } from "./run-cell.ts";

/** Writes the outcomes as the guide that tells users what was proven with what, and when. */
export function report(outcomes: readonly Outcome[], now: Date): string {
  const sinks = [...new Set(outcomes.map(({ cell }) => cell.vendor.sink))];
  return `# Tested versions

\`npm run matrix\` wrote this page on ${now.toISOString().slice(0, 10)}. Each row is a program that existed before: its packages were
installed first, and then the sink was added with the command in the sink's README. In each row and in each runtime:

- 1,000 counts, a distribution of 1,000 values and a gauge arrived exactly;
- a datum that is refused was counted as rejected, and nothing else was;
- the program compiled with \`strict\`, and with \`skipLibCheck: false\` (not under PnP).

If a way is not supported, \`metrics.start()\` rejects with an error that says what to install. Those ways are marked "told".

${sinks.map((sink) => section(sink, outcomes)).join("\n")}`;
}

function section(sink: string, outcomes: readonly Outcome[]): string {
  const rows = outcomes.filter(({ cell }) => cell.vendor.sink === sink).map(row);
  return `## ${sink}

| The program has | Versions installed | Package manager | Runtimes | Used as | Result |
| --- | --- | --- | --- | --- | --- |
${rows.join("\n")}
`;
}

function row({ cell, versions, problems }: Outcome): string {
  const { program, installer, runtimes } = cell;
  const ways = program.ways.map(({ name, told }) => (told === undefined ? name : `${name}: told`));
  const installed = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const cells = [
    `${program.name} (${program.age})`,
    installed.join(", "),
    installer,
    program.refusedWith === undefined ? runtimes.map(({ name }) => name).join(", ") : "",
    program.refusedWith === undefined ? ways.join("; ") : "refused when it is installed",
    problems.length === 0 ? "passed" : `**fails**: ${problems.join("; ").slice(0, 300)}`,
  ];
  return `| ${cells.map((text) => text.replace(/\s+/g, " ").replaceAll("|", "\\|")).join(" | ")} |`;
}
