/** A program that has packages of a vendor before the sink is added to it. */
export interface ExistingProgram {
  /** What it has, as the matrix shows it, such as `@aws-sdk/client-cloudwatch 3.949.0, the oldest`. */
  readonly name: string;
  /**
   * Where in the range its packages are: at an end, between the ends, in the generation before, or
   * beyond what is supported. `latest` is whatever the registry has, in the range or not.
   */
  readonly age: "empty" | "oldest" | "before" | "between" | "beyond" | "newest" | "latest";
  /** What it depends on, with ranges. */
  readonly has: Readonly<Record<string, string>>;
  /** Versions that its package.json forces on its dependencies, as npm's `overrides` does. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** What is added to it besides core and the sink. */
  readonly adds?: readonly string[];
  /** What the package manager refuses the sink with; it adds the sink if there is no such text. */
  readonly refusedWith?: RegExp;
  /** The ways in which it uses the sink, each tried by itself. */
  readonly ways: readonly Way[];
}

/** One way to use a sink. */
export interface Way {
  readonly name: string;
  /** A TypeScript module that exports `sinkFor(namespace)`, `recordRefused(metrics)` and `finish()`. */
  readonly module: string;
  /** What `start()` rejects with, if this way is not supported; it works if there is no such text. */
  readonly told?: RegExp;
}

/** The way that every README shows: `createSink`, and a datum that the vendor refuses. */
export function createSinkWay(sink: string, told?: RegExp): Way {
  const text = `
import { createSink } from "${sink}";
export const sinkFor = (namespace: string) => createSink({ namespace });
${REFUSED_BY_THE_VENDOR}`;
  return { name: "createSink()", module: text, ...(told !== undefined && { told }) };
}

/** The part of a way whose datum reaches the vendor, which refuses it because of the namespace `refused`. */
export const REFUSED_BY_THE_VENDOR = `
import type { Metrics } from "@aiokpl/metrics-core";
export const recordRefused = (metrics: Metrics): void => metrics.count("orders");
export const finish = async (): Promise<void> => {};
`;
