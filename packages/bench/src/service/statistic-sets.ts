import type { MetricDatum } from "@aws-sdk/client-cloudwatch";

interface StatisticSet {
  SampleCount: number;
  Sum: number;
  Minimum: number;
  Maximum: number;
}

/** What a program adds up by hand for CloudWatch: one set of statistics for each metric and its dimensions. */
export class StatisticSets {
  #datums = new Map<string, MetricDatum & { StatisticValues: StatisticSet }>();

  /** Adds a value. */
  add(name: string, value: number, dimensions: Readonly<Record<string, string>>): void {
    const key = name + JSON.stringify(dimensions);
    const set = this.#datums.get(key)?.StatisticValues;
    if (set === undefined) {
      this.#datums.set(key, {
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        StatisticValues: { SampleCount: 1, Sum: value, Minimum: value, Maximum: value },
      });
      return;
    }
    set.SampleCount++;
    set.Sum += value;
    if (value < set.Minimum) set.Minimum = value;
    if (value > set.Maximum) set.Maximum = value;
  }

  /** Returns what was added since the last call. */
  take(): MetricDatum[] {
    const taken = [...this.#datums.values()];
    this.#datums = new Map();
    return taken;
  }
}
