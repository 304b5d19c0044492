import { startIntakeServer } from "@aiokpl/sink-testkit";
import { createSinkWay } from "../matrix/existing-program.ts";
import type { Vendor } from "../vendor.ts";

const SINK = "@aiokpl/sink-datadog";
const CLIENT = "@datadog/datadog-api-client";

/** The part of a request to Datadog that is looked at. */
interface Series {
  readonly metric: string;
  readonly tags?: readonly string[];
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

export const vendor: Vendor = {
  sink: SINK,
  beside: {},
  theirs: /^@datadog\//,
  programs: [
    { name: "an empty folder", age: "empty", has: {}, ways: [createSinkWay(SINK)] },
    {
      name: `${CLIENT} 1.20.0`,
      age: "oldest",
      has: { [CLIENT]: "1.20.0" },
      ways: [createSinkWay(SINK)],
    },
    // Beside a client below the range, the sink has a copy of its own, unless the program forces it.
    {
      name: `${CLIENT} 1.19.0`,
      age: "before",
      has: { [CLIENT]: "1.19.0" },
      ways: [createSinkWay(SINK)],
    },
    {
      name: `${CLIENT} 1.10.0, forced by overrides`,
      age: "beyond",
      has: { [CLIENT]: "1.10.0" },
      overrides: { [CLIENT]: "1.10.0" },
      ways: [createSinkWay(SINK, /lacks what this sink uses of it: install one from 1\.20\.0/)],
    },
    {
      name: `${CLIENT} ^1.20.0`,
      age: "newest",
      has: { [CLIENT]: "^1.20.0" },
      ways: [createSinkWay(SINK)],
    },
    {
      name: `${CLIENT} latest`,
      age: "latest",
      has: { [CLIENT]: "latest" },
      ways: [createSinkWay(SINK)],
    },
  ],
  async listen() {
    const intake = await startIntakeServer({
      script: ({ text }) =>
        text.includes("refused")
          ? { status: 400, body: '{"errors":["refused"]}' }
          : { status: 202, body: '{"status":"ok"}' },
    });
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
