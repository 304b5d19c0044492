/** How many observations of one metric, and their sum. */
export interface Total {
  readonly count: number;
  readonly sum: number;
}

const NOTHING: Total = { count: 0, sum: 0 };

/** Counts and sums by metric. They must be the same everywhere between the program and the vendor. */
export class Totals {
  readonly #byName = new Map<string, Total>();

  /** The number of observations of all metrics together. */
  get count(): number {
    return [...this.#byName.values()].reduce((all, { count }) => all + count, 0);
  }

  get names(): Iterable<string> {
    return this.#byName.keys();
  }

  of(name: string): Total {
    return this.#byName.get(name) ?? NOTHING;
  }

  add(name: string, count: number, sum: number): void {
    const known = this.of(name);
    this.#byName.set(name, { count: known.count + count, sum: known.sum + sum });
  }

  addAll(snapshots: Iterable<Total & { readonly name: string }>): void {
    for (const { name, count, sum } of snapshots) this.add(name, count, sum);
  }

  addTotals(others: Totals): void {
    for (const [name, { count, sum }] of others.#byName) this.add(name, count, sum);
  }

  /** Returns the totals of both together. */
  plus(others: Totals): Totals {
    const both = new Totals();
    both.addTotals(this);
    both.addTotals(others);
    return both;
  }
}

/** Says how two totals differ, one line per metric; empty if they are equal. */
export function differences(actual: Totals, expected: Totals): readonly string[] {
  return compare(
    actual,
    expected,
    (a, b) => a === b,
    (a, b) => `${a} instead of ${b}`,
  );
}

/** Says where one total has more of a metric than the other allows. Values must not be negative. */
export function excesses(actual: Totals, most: Totals): readonly string[] {
  return compare(
    actual,
    most,
    (a, b) => a <= b,
    (a, b) => `${a}, but may be at most ${b}`,
  );
}

function compare(
  actual: Totals,
  expected: Totals,
  isRight: (actual: number, expected: number) => boolean,
  describe: (actual: number, expected: number) => string,
): readonly string[] {
  return [...new Set([...actual.names, ...expected.names])].flatMap((name) => {
    const [a, b] = [actual.of(name), expected.of(name)];
    return (["count", "sum"] as const).flatMap((part) =>
      isRight(a[part], b[part]) ? [] : [`${part} of ${name} is ${describe(a[part], b[part])}`],
    );
  });
}
