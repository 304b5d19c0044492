import type { MetricKind } from "@aiokpl/metrics-core";

/**
 * OpenTelemetry's rule for names.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax
 */
const LEGAL = /^[a-z][a-z0-9_.\-/]{0,254}$/i;

/** What is known of a metric: the name of its instrument, or why it has none. */
export type Instrument =
  | { readonly name: string; readonly refusal?: undefined }
  | { readonly name?: undefined; readonly refusal: string };

/**
 * The instruments' names. OpenTelemetry takes names that differ in case alone for the same, and has
 * one kind and unit for each; so the first metric keeps a name, and any other is refused.
 */
export class InstrumentNames {
  readonly #prefix: string;
  readonly #nameOf: (name: string) => string;
  readonly #instruments = new Map<string, Instrument>();
  /** Metrics by their instruments' names in lower case. */
  readonly #owners = new Map<string, string>();

  constructor(namespace: string, nameOf: (name: string) => string) {
    this.#prefix = namespace === "" ? "" : `${namespace}.`;
    this.#nameOf = nameOf;
  }

  /** The instrument of a metric, the same whenever it is asked for. */
  of(metric: string, kind: MetricKind): Instrument {
    const known = this.#instruments.get(metric);
    if (known !== undefined) return known;
    const instrument = this.#resolve(metric, kind);
    this.#instruments.set(metric, instrument);
    return instrument;
  }

  #resolve(metric: string, kind: MetricKind): Instrument {
    let name: string;
    try {
      name = `${this.#prefix}${this.#nameOf(metric)}`;
    } catch (error) {
      return { refusal: `nameOf threw for ${show(metric)}: ${String(error)}` };
    }
    if (!LEGAL.test(name))
      return {
        refusal: `the name ${show(name)} is none of OpenTelemetry's: a letter, then at most 254 ASCII letters, digits, _ . - and /; the option nameOf can map it`,
      };
    const owner = this.#owners.get(name.toLowerCase());
    if (owner !== undefined)
      return {
        refusal: `the name ${show(name)} is that of ${owner} already, in OpenTelemetry without regard to case`,
      };
    this.#owners.set(name.toLowerCase(), `the ${kind} ${show(metric)}`);
    return { name };
  }
}

/** OpenTelemetry has at most 63 ASCII characters for a unit; `1` is no unit here, as core has it for none. */
export function unitOf(unit: string): string {
  return unit === "1" || unit.length > 63 || !/^[\x20-\x7e]*$/.test(unit) ? "" : unit;
}

function show(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}
