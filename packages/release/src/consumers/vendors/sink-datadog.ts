import { startIntakeServer } from "@aiokpl/sink-testkit";
import type { Vendor } from "../vendor.ts";

/** The part of a request to Datadog that is looked at. */
interface Series {
  readonly metric: string;
  readonly tags?: readonly string[];
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

export const vendor: Vendor = {
  sink: "@aiokpl/sink-datadog",
  beside: {},
  theirs: /^@datadog\//,
  async listen() {
    const intake = await startIntakeServer({ script: { status: 202, body: '{"status":"ok"}' } });
    return {
      env: {
        DD_API_KEY: "0123456789abcdef0123456789abcdef",
        DD_URL: intake.url,
        DD_HOSTNAME: "host-1",
      },
      totals() {
        const series = intake.requests.flatMap(
          ({ text }): readonly Series[] => JSON.parse(text).series,
        );
        const of = (name: string, tag?: string) =>
          series.find(
            ({ metric, tags = [] }) =>
              metric === `shop.${name}` && (tag === undefined || tags.includes(tag)),
          )?.points[0]?.[1];
        return {
          orders: of("orders", "country:pt"),
          depth: of("depth"),
          latency: {
            count: of("latency.count", "route:/") ?? 0,
            sum: of("latency.sum", "route:/") ?? 0,
            max: of("latency.max", "route:/") ?? 0,
          },
        };
      },
      [Symbol.asyncDispose]: () => intake[Symbol.asyncDispose](),
    };
  },
};
