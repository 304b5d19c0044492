import type {
  IntakeAnswer,
  IntakeRequest,
  IntakeScript,
  ReceivedPoint,
} from "@aiokpl/sink-testkit";

/** A datum in the JSON of a request. */
export interface WireDatum {
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Timestamp?: number;
  readonly Unit?: string;
  readonly StorageResolution?: number;
  readonly StatisticValues?: {
    readonly SampleCount: number;
    readonly Sum: number;
    readonly Minimum: number;
    readonly Maximum: number;
  };
  readonly Values?: readonly number[];
  readonly Counts?: readonly number[];
}

interface WireBody {
  readonly Namespace?: string;
  readonly MetricData?: readonly WireDatum[];
}

const UNITS =
  "Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits Megabits Gigabits Terabits Percent Count Bytes/Second Kilobytes/Second Megabytes/Second Gigabytes/Second Terabytes/Second Bits/Second Kilobits/Second Megabits/Second Gigabits/Second Terabits/Second Count/Second None".split(
    " ",
  );

/** The datums of a request. */
export function datumsOf(request: IntakeRequest): readonly WireDatum[] {
  const body = JSON.parse(request.text) as WireBody;
  return body.MetricData ?? [];
}

/**
 * Answers PutMetricData in the JSON protocol, as strictly as AWS documents it: it refuses a whole
 * request for one bad datum, and names the positions of up to ten.
 */
export const fakeCloudWatch: IntakeScript = (request) => {
  const { headers, text } = request;
  if (headers["x-amz-target"] !== "GraniteServiceVersion20100801.PutMetricData")
    return refusal("UnknownOperationException", "unknown operation");
  if (!/^AWS4-HMAC-SHA256 .*\/monitoring\/aws4_request/.test(headers.authorization ?? ""))
    return refusal("MissingAuthenticationTokenException", "Missing Authentication Token", 403);
  if (Buffer.byteLength(text) > 1_000_000) return tooLarge(text);
  let body: WireBody;
  try {
    body = JSON.parse(text);
  } catch {
    return refusal("SerializationException", "the body is not JSON");
  }
  const { Namespace = "", MetricData = [] } = body;
  if (!/^[^:][\x20-\x7e]{0,254}$/.test(Namespace) || Namespace.startsWith("AWS/"))
    return invalid("The value for parameter Namespace is invalid.");
  if (MetricData.length === 0) return invalid("The parameter MetricData is required.");
  if (MetricData.length > 1_000)
    return invalid("The collection MetricData must not have a size greater than 1000.");
  const wrong = MetricData.flatMap((datum, i) => {
    const reason = wrongIn(datum);
    return reason === undefined ? [] : `The ${reason} MetricData.member.${i + 1} is invalid.`;
  });
  return wrong.length === 0 ? { status: 200, body: "{}" } : invalid(wrong.slice(0, 10).join("\n"));
};

/** Why AWS refuses a datum. */
function wrongIn(datum: WireDatum): string | undefined {
  const { MetricName, Dimensions = [], Timestamp = NaN, Unit, StorageResolution = 60 } = datum;
  const { StatisticValues, Values = [], Counts = [] } = datum;
  const age = Date.now() / 1_000 - Timestamp;
  const numbers = [...Values, ...Counts, ...Object.values(StatisticValues ?? {})];
  const checks: Readonly<Record<string, boolean>> = {
    "name of": isText(MetricName, 255),
    "number of dimensions of": Dimensions.length <= 30,
    "dimensions of": Dimensions.every(
      ({ Name, Value }) => isText(Name, 255) && !Name.startsWith(":") && isText(Value, 1_024),
    ),
    "repeated dimension of": new Set(Dimensions.map(({ Name }) => Name)).size === Dimensions.length,
    "time stamp of": age <= 14 * 86_400 && age >= -7_200,
    "unit of": Unit === undefined || UNITS.includes(Unit),
    "storage resolution of": [1, 60].includes(StorageResolution),
    "number of values of": Values.length <= 150 && Counts.length === Values.length,
    "repeated value of": new Set(Values).size === Values.length,
    "value of": numbers.every((each) => typeof each === "number" && Math.abs(each) <= 2 ** 360),
    "counts of": Counts.every((each) => each > 0),
    "statistics of": StatisticValues === undefined || StatisticValues.SampleCount > 0,
    "data of": (StatisticValues === undefined) === Values.length > 0,
  };
  return Object.keys(checks).find((check) => checks[check] === false);
}

function isText(text: unknown, most: number): boolean {
  return (
    typeof text === "string" &&
    text.length <= most &&
    /^[\x20-\x7e]+$/.test(text) &&
    text.trim() !== ""
  );
}

function invalid(message: string) {
  return refusal("InvalidParameterValueException", message, 400, "InvalidParameterValue");
}

/** An error answer of the JSON protocol. A `queryCode`, which is the older protocol's name for it, goes into a header. */
export function refusal(
  name: string,
  message: string,
  status = 400,
  queryCode?: string,
): IntakeAnswer {
  return {
    status,
    headers: {
      "content-type": "application/x-amz-json-1.0",
      ...(queryCode === undefined ? undefined : { "x-amzn-query-error": `${queryCode};Sender` }),
    },
    body: JSON.stringify({ __type: `com.amazonaws.cloudwatch.v2010_08_01#${name}`, message }),
  };
}

function tooLarge(text: string) {
  const message = `Request size ${text.length} exceeded 1000000 bytes`;
  return refusal("RequestEntityTooLarge", message, 413);
}

/** The datums of the requests, in the form that the contract tests compare. */
export function receivedPoints(requests: readonly IntakeRequest[]): readonly ReceivedPoint[] {
  return requests.flatMap(datumsOf).map((datum) => {
    const { MetricName: name, Dimensions = [], StatisticValues, Values = [], Counts = [] } = datum;
    const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
    if (StatisticValues !== undefined) {
      const { SampleCount: count, Sum: sum, Minimum: min, Maximum: max } = StatisticValues;
      return { name, dimensions, count, sum, min, max };
    }
    return {
      name,
      dimensions,
      count: Counts.reduce((all, each) => all + each, 0),
      sum: Values.reduce((all, value, i) => all + value * (Counts[i] ?? 0), 0),
      min: Math.min(...Values),
      max: Math.max(...Values),
      // What CloudWatch's percentile rank PR(:bound) counts.
      atOrUnder: (bound) =>
        Values.reduce((all, value, i) => all + (value <= bound ? (Counts[i] ?? 0) : 0), 0),
    };
  });
}
