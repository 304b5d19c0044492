import type { Warnings } from "@aiokpl/metrics-core/sink";
import type { MetricKind, MetricSnapshot } from "@aiokpl/metrics-core";

/**
 * OpenTelemetry's rule for names.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax
 */
const LEGAL = /^[a-z][a-z0-9_.\-/]{0,254}$/i;
const RULE = "a letter, then at most 254 ASCII letters, digits, _ . - and /";

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
  readonly #warnings: Warnings;
  readonly #instruments = new Map<string, { kind: MetricKind; instrument: Instrument }>();
  /** Metrics by their instruments' names in lower case. */
  readonly #owners = new Map<string, string>();

  /** @throws RangeError for a namespace with which no name is legal */
  constructor(namespace: string, nameOf: (name: string) => string, warnings: Warnings) {
    this.#prefix = namespace === "" ? "" : `${namespace}.`;
    this.#nameOf = nameOf;
    this.#warnings = warnings;
    if (!LEGAL.test(`${this.#prefix}x`))
      throw new RangeError(`namespace is ${show(namespace)}, must be "" or begin a name: ${RULE}`);
  }

  /** The instrument of a metric, the same whenever it is asked for. */
  of({ name, kind, unit }: Pick<MetricSnapshot, "name" | "kind" | "unit">): Instrument {
    const known = this.#instruments.get(name);
    if (known === undefined) {
      const instrument = this.#resolve(name, kind);
      this.#instruments.set(name, { kind, instrument });
      if (!isLegalUnit(unit))
        this.#warnings.warn(
          `the unit of ${show(name)} is left out: OpenTelemetry has at most 63 ASCII characters for one`,
        );
      return instrument;
    }
    return known.kind === kind
      ? known.instrument
      : { refusal: `${show(name)} is a ${known.kind} already` };
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
        refusal: `the name ${show(name)} is none of OpenTelemetry's: ${RULE}; the option nameOf can map it`,
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

/** The unit as OpenTelemetry has it; none where it is not legal, nor for `1`, as core has it for none. */
export function unitOf(unit: string): string {
  return unit !== "1" && isLegalUnit(unit) ? unit : "";
}

function isLegalUnit(unit: string): boolean {
  return /^[\x20-\x7e]{0,63}$/.test(unit);
}

function show(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}
