/** A number and what is counted, as a message has it: "1 snapshot", "2 snapshots". */
export function numberOf(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
