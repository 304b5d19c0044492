import { startIntakeServer } from "@aiokpl/sink-testkit";
import type { Vendor } from "../vendor.ts";

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

/** The part of a request to CloudWatch that is looked at. */
interface PutMetricData {
  readonly Namespace: string;
  readonly MetricData: readonly {
    readonly MetricName: string;
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
    readonly StatisticValues?: { readonly Sum: number; readonly Maximum: number };
    readonly Values?: readonly number[];
    readonly Counts?: readonly number[];
  }[];
}

export const vendor: Vendor = {
  sink: "@aiokpl/sink-cloudwatch",
  beside: {},
  theirs: /^@(aws|aws-sdk|smithy)\//,
  async listen() {
    const intake = await startIntakeServer({ script: { status: 200, body: "{}" } });
    return {
      env: {
        AWS_ENDPOINT_URL_CLOUDWATCH: intake.url,
        AWS_REGION: "eu-west-1",
        AWS_ACCESS_KEY_ID: "key",
        AWS_SECRET_ACCESS_KEY: "secret",
      },
      totals() {
        const datums = intake.requests
          .map(({ text }): PutMetricData => JSON.parse(text))
          .filter(({ Namespace }) => Namespace === "shop")
          .flatMap(({ MetricData }) => MetricData);
        const of = (name: string, dimension = "") =>
          datums.find(
            ({ MetricName, Dimensions = [] }) =>
              MetricName === name &&
              Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join() === dimension,
          );
        const { Values = [], Counts = [] } = of("latency", "route=/") ?? {};
        return {
          orders: of("orders", "country=PT")?.StatisticValues?.Sum,
          depth: of("depth")?.StatisticValues?.Maximum,
          latency: {
            count: sum(Counts),
            sum: Number(sum(Values.map((value, i) => value * (Counts[i] ?? 0))).toFixed(6)),
            max: Math.max(...Values),
          },
        };
      },
      [Symbol.asyncDispose]: () => intake[Symbol.asyncDispose](),
    };
  },
};
