/** Returns how many items from `start` on fit into one request before their weights exceed the limit. */
export function countThatFits<T>(
  items: readonly T[],
  start: number,
  { limit, weightOf }: { readonly limit: number; readonly weightOf: (item: T) => number },
): number {
  let weight = 0;
  let end = start;
  for (; end < items.length; end++) {
    const item = items[end];
    if (item !== undefined) weight += weightOf(item);
    if (weight > limit) break;
  }
  return end - start;
}
