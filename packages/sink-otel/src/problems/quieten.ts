/** Keeps the rejection of a promise from the process, if a promise was returned where nobody expects one. */
export function quieten(returned: unknown): void {
  if (typeof returned !== "object" || returned === null) return;
  Promise.resolve(returned).catch(() => {});
}
