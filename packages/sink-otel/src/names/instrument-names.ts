import {
  maskSecrets,
  printable,
  quieten,
  safeError,
  show as anyValue,
  type Warnings,
} from "@aiokpl/metrics-core/sink";
import type { MetricKind, MetricSnapshot } from "@aiokpl/metrics-core";
import { isLegalUnit, unitOf } from "./unit.ts";

/**
 * OpenTelemetry's rule for names.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax
 */
const LEGAL = /^[a-z][a-z0-9_.\-/]{0,254}$/i;
const RULE = "a letter, then at most 254 ASCII letters, digits, _ . - and /";

/** The name of a metric's instrument, or the reason why the metric has none. */
export type InstrumentName =
  | { readonly name: string; readonly refusal?: undefined }
  | { readonly name?: undefined; readonly refusal: string };

/** What decides a metric's instrument. */
type Identity = Pick<MetricSnapshot, "name" | "kind" | "unit" | "combine">;

/** A metric that has been seen, with the instrument that it was given. */
interface Known extends Identity {
  readonly instrument: InstrumentName;
}

/** An instrument, with the first metric that asked for it. */
interface Owned {
  readonly owner: Identity;
  readonly instrument: InstrumentName;
}

/**
 * Gives each metric the name of its OpenTelemetry instrument.
 *
 * OpenTelemetry ignores case in names, and an instrument has one kind and one unit. So metrics whose
 * names differ only in case share one instrument, under the spelling that came first. If their kind
 * or unit differs, the later metric is refused.
 */
export class InstrumentNames {
  readonly #prefix: string;
  readonly #nameOf: (name: string) => string;
  readonly #warnings: Warnings;
  /** By the metric's own name. */
  readonly #known = new Map<string, Known>();
  /** By the instrument's name in lower case. */
  readonly #owned = new Map<string, Owned>();
  /** Names of instruments that several metrics have. */
  readonly #shared = new Set<string>();

  /** @throws RangeError for a namespace that no legal name can begin with */
  constructor(namespace: string, nameOf: (name: string) => string, warnings: Warnings) {
    this.#prefix = namespace === "" ? "" : `${namespace}.`;
    this.#nameOf = nameOf;
    this.#warnings = warnings;
    if (!LEGAL.test(`${this.#prefix}x`))
      throw new RangeError(
        `namespace is ${show(namespace)}, must be "" or the beginning of a legal name: ${RULE}`,
      );
  }

  /** Gives a metric its instrument at the first call, and returns the same one at each further call. */
  assign(metric: Identity): InstrumentName {
    const known = this.#known.get(metric.name);
    if (known === undefined) return this.#learn(metric);
    return isSameInstrument(known, metric)
      ? known.instrument
      : { refusal: `${show(metric.name)} is already ${described(known)}` };
  }

  /** The instrument's name of a metric that has been seen; undefined where it has none. */
  known(name: string): string | undefined {
    return this.#known.get(name)?.instrument.name;
  }

  /** Returns whether several metrics have this instrument. */
  isShared(instrument: string): boolean {
    return this.#shared.has(instrument);
  }

  #learn({ name, kind, unit, combine = "sum" }: Identity): InstrumentName {
    const metric = { name, kind, unit, combine };
    const instrument = this.#resolve(metric);
    this.#known.set(name, { ...metric, instrument });
    if (!isLegalUnit(unit))
      this.#warnings.warn(
        `the unit of ${show(name)} is left out: OpenTelemetry allows at most 63 ASCII characters`,
      );
    return instrument;
  }

  #resolve(metric: Identity): InstrumentName {
    let own: unknown;
    try {
      own = this.#nameOf(metric.name);
    } catch (error) {
      const { name, message } = safeError(error, maskSecrets([]));
      return { refusal: `the option nameOf threw for ${show(metric.name)}: ${name}: ${message}` };
    }
    if (typeof own !== "string") {
      quieten(own);
      return {
        refusal: `the option nameOf returned ${anyValue(own)} for ${show(metric.name)}, must return a string`,
      };
    }
    const name = `${this.#prefix}${own}`;
    if (!LEGAL.test(name))
      return {
        refusal: `OpenTelemetry does not allow the name ${show(name)}: a name is ${RULE}. The option nameOf can replace it`,
      };
    const owned = this.#owned.get(name.toLowerCase());
    if (owned === undefined) {
      const instrument = { name };
      this.#owned.set(name.toLowerCase(), { owner: metric, instrument });
      return instrument;
    }
    const { owner, instrument } = owned;
    if (!isSameInstrument(owner, metric))
      return {
        refusal: `the name ${show(name)} already belongs to ${show(owner.name)}, ${described(owner)}, and ${show(metric.name)} is ${described(metric)}; OpenTelemetry ignores case in names`,
      };
    if (owner.combine !== metric.combine)
      return {
        refusal: `the name ${show(name)} already belongs to ${show(owner.name)}, whose levels combine by ${owner.combine}, and those of ${show(metric.name)} combine by ${metric.combine}; OpenTelemetry ignores case in names`,
      };
    this.#shared.add(instrument.name ?? name);
    this.#warnings.warn(
      `${show(metric.name)} and ${show(owner.name)} are reported as one metric, ${show(instrument.name ?? name)}: OpenTelemetry ignores case in names`,
    );
    return instrument;
  }
}

function isSameInstrument(a: Identity, b: Identity): boolean {
  return a.kind === b.kind && (a.unit === b.unit || unitOf(a.unit) === unitOf(b.unit));
}

function described({ kind, unit }: { readonly kind: MetricKind; readonly unit: string }): string {
  const sent = unitOf(unit);
  return sent === "" ? `a ${kind}` : `a ${kind} in ${sent}`;
}

function show(name: string): string {
  return printable(JSON.stringify(name.slice(0, 80)));
}
