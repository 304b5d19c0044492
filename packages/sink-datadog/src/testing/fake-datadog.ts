import type {
  IntakeAnswer,
  IntakeRequest,
  IntakeScript,
  ReceivedPoint,
} from "@aiokpl/sink-testkit";

/** A series in the form that either endpoint takes. */
export interface WireItem {
  readonly metric: string;
  readonly type?: string;
  readonly points: readonly (readonly [number, number | readonly number[]])[];
  readonly tags?: readonly string[];
  readonly host?: string;
  readonly interval?: number;
}

/** Returns the series in a request. */
export function seriesOf(request: IntakeRequest): readonly WireItem[] {
  const body = JSON.parse(request.text) as { readonly series?: readonly WireItem[] };
  return body.series ?? [];
}

/** Returns a function that tells whether a request is to this endpoint. */
export function isTo(endpoint: "series" | "distribution_points") {
  return ({ path }: IntakeRequest): boolean => path.endsWith(`/api/v1/${endpoint}`);
}

const KEYS: Readonly<Record<string, readonly string[]>> = {
  series: ["metric", "type", "points", "tags", "host", "interval"],
  distribution_points: ["metric", "type", "points", "tags", "host"],
};

/** Accepts what Datadog documents and refuses everything else. */
export const fakeDatadog: IntakeScript = (request) => {
  const { method, path, headers, rawBody, body, text, decodeError } = request;
  const endpoint = /^\/api\/v1\/(series|distribution_points)$/.exec(path)?.[1];
  if (method !== "POST" || endpoint === undefined) return refusal(404, "Not found");
  if (!/^[0-9a-f]{32}$/.test(String(headers["dd-api-key"]))) return refusal(403, "Forbidden");
  const encodings = endpoint === "series" ? ["deflate", "gzip"] : ["deflate"];
  const encoding = headers["content-encoding"];
  if (
    (encoding !== undefined && !encodings.includes(String(encoding))) ||
    decodeError !== undefined
  )
    return refusal(400, "Payload is not in the expected encoding");
  if (headers["content-type"] !== "text/json") return refusal(400, "Unexpected content type");
  if (rawBody.length > 512_000 || body.length > 5_242_880) return refusal(413, "Payload too big");
  let series: unknown;
  try {
    ({ series } = JSON.parse(text));
  } catch {
    return refusal(400, "Payload is not in the expected format");
  }
  if (!Array.isArray(series) || series.length === 0) return refusal(400, "No series");
  const wrong = series.map((each) => wrongIn(each, endpoint)).find((each) => each !== undefined);
  return wrong === undefined ? { status: 202, body: '{"status":"ok"}' } : refusal(400, wrong);
};

/** Refuses a request in the form that Datadog uses. */
export function refusal(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): IntakeAnswer {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ errors: [message] }),
  };
}

function wrongIn(item: WireItem, endpoint: string): string | undefined {
  const { metric, type, points, tags = [], host = "h", interval = 1 } = item;
  const isDistribution = endpoint === "distribution_points";
  const now = Date.now() / 1_000;
  const isNumber = (value: unknown): boolean => typeof value === "number";
  const checks: Readonly<Record<string, boolean>> = {
    keys: Object.keys(item).every((key) => KEYS[endpoint]?.includes(key)),
    name: /^[A-Za-z][A-Za-z0-9_.]{0,199}$/.test(metric),
    type: isDistribution ? type === "distribution" : type === "count" || type === "gauge",
    points: points.length > 0,
    value: points.every(([, value]) =>
      isDistribution
        ? Array.isArray(value) && value.length > 0 && value.every(isNumber)
        : isNumber(value),
    ),
    time: points.every(
      ([time]) => Number.isInteger(time) && time >= now - 3_600 && time <= now + 600,
    ),
    tag: tags.every(
      (tag) =>
        tag.length <= 200 &&
        tag === tag.toLowerCase() &&
        /^\p{L}[\p{L}\p{N}_\-./]*:[\p{L}\p{N}_\-:./]*[\p{L}\p{N}_\-./]$/u.test(tag),
    ),
    host: typeof host === "string" && host !== "",
    interval: Number.isInteger(interval) && interval >= 1,
  };
  const wrong = Object.keys(checks).find((check) => !checks[check]);
  return wrong === undefined ? undefined : `Invalid ${wrong} in series ${metric}`;
}

/** What Datadog has stored for one series and second: the last write, or all values of a distribution. */
export interface Stored {
  readonly name: string;
  readonly tags: readonly string[];
  readonly host: string | undefined;
  readonly second: number;
  readonly values: readonly number[];
  readonly isDistribution: boolean;
}

/** Returns what Datadog would have stored after these requests, in the order of the first writes. */
export function storedBy(requests: readonly IntakeRequest[]): readonly Stored[] {
  const stored = new Map<string, Stored>();
  for (const request of requests) {
    const isDistribution = isTo("distribution_points")(request);
    for (const { metric, tags = [], host, points } of seriesOf(request))
      for (const [second, value] of points) {
        const key = JSON.stringify([metric, [...tags].sort(), host, second]);
        const before = isDistribution ? (stored.get(key)?.values ?? []) : [];
        const values = before.concat(value);
        stored.set(key, { name: metric, tags, host, second, values, isDistribution });
      }
  }
  return [...stored.values()];
}

/** Returns what is stored in the form that the contract kit compares, with aggregates joined into one point. */
export function receivedPoints(requests: readonly IntakeRequest[]): readonly ReceivedPoint[] {
  const points: ReceivedPoint[] = [];
  const aggregates = new Map<string, Record<string, number>>();
  const stored = storedBy(requests);
  const names = new Set(stored.map(({ name }) => name));
  for (const { name, tags, host, second, values, isDistribution } of stored) {
    const dimensions = [...tags, ...(host === undefined ? [] : [`host:${host}`])].map(
      (tag) => [tag.slice(0, tag.indexOf(":")), tag.slice(tag.indexOf(":") + 1)] as const,
    );
    const [, base = "", field = ""] = /^(.*)\.(count|sum|min|max)$/.exec(name) ?? [];
    const [value = NaN] = values;
    if (isDistribution)
      points.push({
        name,
        dimensions,
        count: values.length,
        sum: values.reduce((all, each) => all + each, 0),
        min: Math.min(...values),
        max: Math.max(...values),
      });
    else if (["count", "sum", "min", "max"].every((each) => names.has(`${base}.${each}`))) {
      const key = JSON.stringify([base, tags, host, second]);
      const point = aggregates.get(key);
      if (point !== undefined) point[field] = value;
      else {
        const fresh = { [field]: value };
        aggregates.set(key, fresh);
        points.push(Object.assign(fresh, { name: base, dimensions }));
      }
    } else points.push({ name, dimensions, sum: value, last: value });
  }
  return points;
}
