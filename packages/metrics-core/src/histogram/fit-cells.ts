import type { Cell } from "./cells.ts";

/** Neighbouring cells that may become one: those from `start` to before `end`. */
interface Group {
  readonly start: number;
  readonly end: number;
  /** How much a percentile suffers if they do. */
  readonly weight: number;
}

/**
 * Joins neighbours until there are at most so many cells. Cells on both sides of a threshold are never
 * joined, so there must be room for one cell more than there are thresholds.
 *
 * Joined cells lie within the fewest buckets in a row that make all of them fit: 2 where 160 buckets
 * become 148 or 98 cells, 3 and 4 where there are 160 buckets of negative values as well. Where there
 * is room left, those cells stay apart that hold the largest share of the ranks beyond them: whoever asks
 * for p50, p99 and p99.9 wants each to be as good as the others.
 *
 * @returns the cells themselves where they fit
 */
export function fitCells(cells: readonly Cell[], most: number): readonly Cell[] {
  if (cells.length <= most) return cells;
  const groups = groupsOf(cells, leastReach(cells, most));
  let room = most - groups.length;
  const apart = new Set<Group>();
  for (const group of groups.toSorted((a, b) => b.weight - a.weight)) {
    const more = group.end - group.start - 1;
    if (more > room) continue;
    room -= more;
    apart.add(group);
  }
  const fitting: Cell[] = [];
  for (const group of groups) {
    const members = cells.slice(group.start, group.end);
    if (apart.has(group)) fitting.push(...members);
    else fitting.push(members.reduce(joined));
  }
  while (fitting.length > most) joinSmallest(fitting);
  return fitting;
}

/** How many buckets in a row a join must be able to span; as many as there are where that is not enough. */
function leastReach(cells: readonly Cell[], most: number): number {
  let tooShort = 1;
  let enough = 2;
  const longest = widest(cells);
  while (enough < longest && countGroups(cells, enough) > most) {
    tooShort = enough;
    enough *= 2;
  }
  while (enough - tooShort > 1) {
    const reach = (tooShort + enough) >> 1;
    if (countGroups(cells, reach) > most) tooShort = reach;
    else enough = reach;
  }
  return enough;
}

/** How many buckets lie between the outermost ones of a side, these included. */
function widest(cells: readonly Cell[]): number {
  let width = 1;
  let first = cells[0];
  for (const cell of cells) {
    if (first === undefined || cell.side !== first.side) first = cell;
    width = Math.max(width, cell.position - first.position + 1);
  }
  return width;
}

function countGroups(cells: readonly Cell[], reach: number): number {
  let count = 0;
  let first: Cell | undefined;
  for (const cell of cells) {
    if (first !== undefined && isWithin(first, cell, reach)) continue;
    first = cell;
    count++;
  }
  return count;
}

function groupsOf(cells: readonly Cell[], reach: number): readonly Group[] {
  const total = cells.reduce((sum, { count }) => sum + count, 0);
  const groups: Group[] = [];
  let below = 0;
  for (let start = 0, end = 0; start < cells.length; start = end) {
    let count = 0;
    for (let cell = cells[start]; cell !== undefined; cell = cells[++end]) {
      const first = cells[start] ?? cell;
      if (!isWithin(first, cell, reach)) break;
      count += cell.count;
    }
    const beyond = Math.min(below, total - below - count);
    groups.push({ start, end, weight: count / (1 + beyond) });
    below += count;
  }
  return groups;
}

function isWithin(first: Cell, cell: Cell, reach: number): boolean {
  return (
    cell.side === first.side && cell.place === first.place && cell.position - first.position < reach
  );
}

/** For few cells: joins the two neighbours with the fewest observations, of one sign or not, but on one side of each threshold. */
function joinSmallest(cells: Cell[]): void {
  let smallest = 0;
  let fewest = Infinity;
  for (const [i, a] of cells.entries()) {
    const b = cells[i + 1];
    if (b === undefined || a.place !== b.place || a.count + b.count >= fewest) continue;
    fewest = a.count + b.count;
    smallest = i;
  }
  const [a, b] = cells.slice(smallest, smallest + 2);
  if (a !== undefined && b !== undefined) cells.splice(smallest, 2, joined(a, b));
}

function joined(a: Cell, b: Cell): Cell {
  return { ...a, high: b.high, count: a.count + b.count };
}
