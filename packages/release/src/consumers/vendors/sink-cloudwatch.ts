import { type IntakeAnswer, type IntakeRequest, startIntakeServer } from "@aiokpl/sink-testkit";
import { createSinkWay, REFUSED_BY_THE_VENDOR, type Way } from "../matrix/existing-program.ts";
import type { Vendor } from "../vendor.ts";

const SINK = "@aiokpl/sink-cloudwatch";
const CLIENT = "@aws-sdk/client-cloudwatch";

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
  sink: SINK,
  beside: {},
  theirs: /^@(aws|aws-sdk|smithy)\//,
  programs: [
    { name: "an empty folder", age: "empty", has: {}, ways: [createSinkWay(SINK)] },
    // The oldest that the sink takes from npm.
    {
      name: `${CLIENT} 3.949.0`,
      age: "oldest",
      has: { [CLIENT]: "3.949.0" },
      ways: [createSinkWay(SINK), handedIn()],
    },
    // Of the generation before the sink has a copy of its own, and takes a client that is handed in.
    {
      name: `${CLIENT} 3.930.0`,
      age: "before",
      has: { [CLIENT]: "3.930.0" },
      ways: [createSinkWay(SINK), handedIn()],
    },
    {
      name: `${CLIENT} 3.921.0`,
      age: "beyond",
      has: { [CLIENT]: "3.921.0" },
      ways: [createSinkWay(SINK), handedIn(/before 3\.930\.0/)],
    },
    {
      name: `${CLIENT} ^3.949.0`,
      age: "newest",
      has: { [CLIENT]: "^3.949.0" },
      ways: [createSinkWay(SINK), handedIn()],
    },
    {
      name: `${CLIENT} latest`,
      age: "latest",
      has: { [CLIENT]: "latest" },
      ways: [createSinkWay(SINK), handedIn()],
    },
  ],
  async listen() {
    const intake = await startIntakeServer({ script: answer });
    return {
      env: {
        AWS_ENDPOINT_URL_CLOUDWATCH: intake.url,
        AWS_REGION: "eu-west-1",
        AWS_ACCESS_KEY_ID: "key",
        AWS_SECRET_ACCESS_KEY: "secret",
      },
      totals() {
        const requests: readonly PutMetricData[] = intake.requests.map(({ text, headers }) =>
          isQuery(headers) ? fromQuery(text) : JSON.parse(text),
        );
        const datums = requests
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

/** A client of the program's own release, made by the program. */
function handedIn(told?: RegExp): Way {
  const text = `
import { CloudWatchSink } from "${SINK}";
import { CloudWatchClient } from "${CLIENT}";
const client = new CloudWatchClient({ maxAttempts: 1 });
export const sinkFor = (namespace: string) => new CloudWatchSink({ namespace, client });
${REFUSED_BY_THE_VENDOR}`;
  return { name: "a client handed in", module: text, ...(told !== undefined && { told }) };
}

/** Answers in the protocol of the request: clients before 3.949.0 speak the one that is called Query. */
function answer({ text, headers }: IntakeRequest): IntakeAnswer {
  const isRefused = text.includes("refused");
  const status = isRefused ? 400 : 200;
  if (isQuery(headers)) {
    const body = isRefused
      ? "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameterValue</Code><Message>refused</Message></Error></ErrorResponse>"
      : "<PutMetricDataResponse><ResponseMetadata/></PutMetricDataResponse>";
    return { status, body, headers: { "content-type": "text/xml" } };
  }
  const type = "com.amazonaws.cloudwatch.v2010_08_01#InvalidParameterValueException";
  return {
    status,
    body: isRefused ? JSON.stringify({ __type: type, message: "refused" }) : "{}",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      ...(isRefused && { "x-amzn-query-error": "InvalidParameterValue;Sender" }),
    },
  };
}

const isQuery = (headers: IntakeRequest["headers"]): boolean =>
  headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true;

/** Reads `MetricData.member.1.MetricName=orders` as what it is in JSON. */
function fromQuery(text: string): PutMetricData {
  const parameters = new URLSearchParams(text);
  const numbered = (prefix: string): readonly string[] =>
    [...parameters.keys()]
      .map((key) => new RegExp(`^${prefix}\\.member\\.\\d+`).exec(key)?.[0])
      .filter((found) => found !== undefined)
      .filter((found, i, all) => all.indexOf(found) === i);
  const numbers = (prefix: string) => numbered(prefix).map((key) => Number(parameters.get(key)));
  return {
    Namespace: parameters.get("Namespace") ?? "",
    MetricData: numbered("MetricData").map((datum) => ({
      MetricName: parameters.get(`${datum}.MetricName`) ?? "",
      Dimensions: numbered(`${datum}.Dimensions`).map((dimension) => ({
        Name: parameters.get(`${dimension}.Name`) ?? "",
        Value: parameters.get(`${dimension}.Value`) ?? "",
      })),
      Values: numbers(`${datum}.Values`),
      Counts: numbers(`${datum}.Counts`),
      ...(parameters.has(`${datum}.StatisticValues.Sum`) && {
        StatisticValues: {
          Sum: Number(parameters.get(`${datum}.StatisticValues.Sum`)),
          Maximum: Number(parameters.get(`${datum}.StatisticValues.Maximum`)),
        },
      }),
    })),
  };
}
