import type { Variant } from "./instrumentation.ts";
import { ourVariants, unstartedVariants } from "./our-variants.ts";
import { noMetrics, peerVariants } from "./peer-variants.ts";

/** All ways to measure the service, by the name of the contender. */
export const variants = {
  "no metrics": noMetrics,
  ...peerVariants,
  ...ourVariants,
  ...unstartedVariants,
} satisfies Readonly<Record<string, Variant>>;

/** The name of a variant. */
export type VariantName = keyof typeof variants;

/** For each sink of ours, the peers that send to the same vendor, cheapest to compare with first. */
export const PEERS_OF = {
  "ours, CloudWatch": ["AWS SDK by hand"],
  "ours, Datadog": ["datadog-metrics"],
  "ours, OTLP delta": ["otel, delta"],
  "ours, OTLP cumulative": ["otel, cumulative"],
} as const satisfies Partial<Record<VariantName, readonly VariantName[]>>;
