import { gunzipSync } from "node:zlib";
import { MetricsManager } from "@aiokpl/metrics-core";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import {
  exampleSnapshots,
  type IntakeAnswer,
  type IntakeScript,
  type IntakeServer,
  refusedUrl,
  startIntakeServer,
} from "@aiokpl/sink-testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CloudWatchSinkOptions } from "./cloudwatch-options.ts";
import { CloudWatchSink } from "./cloudwatch-sink.ts";
import { datumsOf, fakeCloudWatch, refusal } from "./testing/fake-cloudwatch.ts";

const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
const { signal } = new AbortController();

let intake: IntakeServer;
beforeEach(async () => {
  intake = await startIntakeServer({ script: fakeCloudWatch });
});
afterEach(() => intake.close());

function sinkTo(options: CloudWatchSinkOptions = {}): CloudWatchSink {
  return new CloudWatchSink({
    endpoint: intake.url,
    region: "eu-west-1",
    credentials,
    onWarning: () => {},
    ...options,
  });
}

function many(count: number) {
  const series = Array.from({ length: count }, (_, i) => ({ name: `m${i}`, values: [i] }));
  return exampleSnapshots({ series });
}

function sent(): string[] {
  return intake.accepted.flatMap(datumsOf).map(({ MetricName }) => MetricName);
}

describe("the request", () => {
  test("is signed, in the JSON protocol, and compressed when it is large", async () => {
    await sinkTo({ namespace: "shop" }).export(many(200), { signal });
    const [request] = intake.requests;
    expect(request?.headers["x-amz-target"]).toBe("GraniteServiceVersion20100801.PutMetricData");
    expect(request?.headers.authorization).toContain("/eu-west-1/monitoring/aws4_request");
    expect(request?.headers["content-encoding"]).toBe("gzip");
    expect(JSON.parse(request?.text ?? "")).toMatchObject({ Namespace: "shop" });
    expect(sent()).toHaveLength(200);
  });

  test("is not compressed with compression: false", async () => {
    await sinkTo({ compression: false }).export(many(200), { signal });
    expect(intake.requests[0]?.headers["content-encoding"]).toBeUndefined();
    expect(sent()).toHaveLength(200);
  });

  test("has as many datums as it may, so that there are as few requests as possible", async () => {
    await sinkTo().export(many(2_500), { signal });
    expect(intake.requests.map((request) => datumsOf(request).length)).toEqual([1_000, 1_000, 500]);
  });

  test.each([10_000, 100_000])(
    "%i series are sent in as few requests as possible",
    { timeout: 60_000 },
    async (count) => {
      const size = (datums: unknown): number => JSON.stringify(datums).length;
      const bodies: (readonly object[])[] = [];
      const client = {
        config: { region: async () => "eu-west-1" },
        send: async ({ input }: { input: { MetricData: readonly { Timestamp: Date }[] } }) =>
          bodies.push(
            input.MetricData.map((each) => ({
              ...each,
              Timestamp: Number(each.Timestamp) / 1_000,
            })),
          ),
      };
      const values = Array.from({ length: 100 }, (_, i) => Math.exp(i / 7));
      const metrics = new MetricsManager({
        sink: new CloudWatchSink({ client: client as unknown as CloudWatchClient }),
        maxSeriesPerMetric: count,
        exportIntervalMs: 0,
      });
      for (let i = 0; i < count; i++)
        if (i % 10 > 0) metrics.count("requests", i, { i });
        else for (const value of values) metrics.distribution("latency", value + i, { i });
      expect(await metrics.close({ timeoutMs: 50_000 })).toMatchObject({ delivered: count });
      const envelope = size({ Namespace: "aiokpl", MetricData: [] });
      expect(bodies.flat()).toHaveLength(count);
      for (const [i, body] of bodies.entries()) {
        expect(envelope - 2 + size(body)).toBeLessThanOrEqual(950_000);
        const [next] = bodies[i + 1] ?? [];
        // The manager exports 10,000 snapshots at a time.
        const isFull = body.length === 1_000 || envelope - 2 + size([...body, next]) > 950_000;
        if (next !== undefined && bodies.slice(0, i + 1).flat().length % 10_000 > 0)
          expect(isFull).toBe(true);
      }
    },
  );

  test.each([true, false])(
    "stays as it is while the next one is built, disableRequestCompression: %s",
    async (disableRequestCompression) => {
      const bodies: Uint8Array[] = [];
      const client = new CloudWatchClient({
        region: "eu-west-1",
        credentials,
        disableRequestCompression,
        // Keeps what it is given, as a connection does that is slower than its answers.
        requestHandler: {
          handle: async ({ body }: { readonly body: Uint8Array }) => {
            bodies.push(body);
            return { response: { statusCode: 200, headers: {}, body: Buffer.from("{}") } };
          },
        },
      });
      await sinkTo({
        endpoint: undefined,
        region: undefined,
        credentials: undefined,
        client,
      }).export(many(3_000), { signal });
      const names = bodies.flatMap((body) => {
        const json = disableRequestCompression ? Buffer.from(body) : gunzipSync(body);
        return JSON.parse(json.toString()).MetricData.map(
          ({ MetricName }: { MetricName: string }) => MetricName,
        );
      });
      expect(names).toEqual(many(3_000).map(({ name }) => name));
    },
  );

  test("is never empty", async () => {
    expect(await sinkTo().export([], { signal })).toMatchObject({ retry: [], rejected: [] });
    expect(intake.requests).toHaveLength(0);
  });

  test("has huge but legal values as they are", async () => {
    const snapshots = exampleSnapshots({
      series: [{ name: "huge", kind: "gauge", values: [2 ** 360, -(2 ** 360)] }],
    });
    await sinkTo().export(snapshots, { signal });
    const [datum] = intake.accepted.flatMap(datumsOf);
    expect(datum?.StatisticValues).toMatchObject({ Maximum: 2 ** 360, Minimum: -(2 ** 360) });
  });

  test.each([
    [10_000, undefined, 1],
    [60_000, undefined, undefined],
    [0, undefined, undefined],
    [10_000, 60, undefined],
    [60_000, 1, 1],
  ] as const)(
    "with windows of %i ms and storageResolution %s has the resolution %s",
    async (exportIntervalMs, storageResolution, expected) => {
      const sink = sinkTo({ storageResolution });
      await sink.open({ exportIntervalMs });
      await sink.export(many(1), { signal });
      expect(intake.accepted.flatMap(datumsOf)[0]?.StorageResolution).toBe(expected);
    },
  );
});

test("a dimension with a blank value is left out, and CloudWatch adds up what has become one series", async () => {
  const dimensions = [{ a: " ", b: "1" }, { b: "1" }, { a: "\t", ":": "" }];
  const snapshots = exampleSnapshots({
    series: dimensions.map((each) => ({ name: "m", dimensions: each })),
  });
  const sink = sinkTo();
  const { snapshots: prepared } = sink.prepare(snapshots, { last: true });
  expect(await sink.export(prepared, { signal })).toMatchObject({ retry: [], rejected: [] });
  const b = [{ Name: "b", Value: "1" }];
  expect(intake.accepted.flatMap(datumsOf).map(({ Dimensions }) => Dimensions)).toEqual([
    b,
    b,
    undefined,
  ]);
});

describe("a datum that CloudWatch would refuse is rejected before it is sent, and the others are sent:", () => {
  const day = 86_400_000;
  test.each([
    ["metric name empty or blank", { name: " " }, "blank"],
    ["metric name >255", { name: "n".repeat(256) }, "256 characters"],
    ["metric name non-ASCII", { name: "größe" }, "printable ASCII"],
    ["metric name with control characters", { name: "a\nb" }, "printable ASCII"],
    [
      ">30 dimensions",
      {
        name: "a",
        dimensions: Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`d${i}`, "v"])),
      },
      "31 dimensions",
    ],
    [
      "dimension value too long",
      { name: "a", dimensions: { d: "v".repeat(1_025) } },
      "1025 characters",
    ],
    [
      "dimension name too long",
      { name: "a", dimensions: { ["d".repeat(256)]: "v" } },
      "256 characters",
    ],
    ["dimension name with a leading colon", { name: "a", dimensions: { ":d": "v" } }, "colon"],
    ["dimension value non-ASCII", { name: "a", dimensions: { d: "é" } }, "printable ASCII"],
    ["magnitude >2^360", { name: "a", kind: "gauge" as const, values: [-(2 ** 361)] }, "-2^360"],
  ])("%s", async (_, series, words) => {
    const [bad] = exampleSnapshots({ series: [series] });
    const [good] = many(1);
    const { rejected, retry } = await sinkTo().export(
      [bad, good].flatMap((each) => each ?? []),
      { signal },
    );
    expect(rejected).toEqual([{ snapshot: bad, reason: expect.stringContaining(words) }]);
    expect(retry).toEqual([]);
    expect(sent()).toEqual(["m0"]);
  });

  test.each([
    ["NaN", { sum: NaN }],
    ["Infinity", { max: Infinity }],
    [
      "time stamp >14 days old",
      { windowStart: Date.now() - 15 * day, windowEnd: Date.now() - 15 * day },
    ],
    [
      "time stamp >2 h ahead",
      { windowStart: Date.now() + 3 * 3_600_000, windowEnd: Date.now() + 4 * 3_600_000 },
    ],
    ["time stamp invalid", { windowStart: NaN }],
  ])("%s", async (_, wrong) => {
    const bad = many(1).map((snapshot) => ({ ...snapshot, ...wrong }));
    const { rejected } = await sinkTo().export([...bad, ...many(1)], { signal });
    expect(rejected?.map(({ snapshot }) => snapshot)).toEqual(bad);
    expect(sent()).toEqual(["m0"]);
  });
});

describe("what CloudWatch refuses", () => {
  /** Refuses requests that hold one of these names, with the given words. */
  function refusing(
    names: readonly string[],
    words: (positions: number[]) => string,
  ): IntakeScript {
    return (request) => {
      const positions = datumsOf(request).flatMap(({ MetricName }, i) =>
        names.includes(MetricName) ? [i + 1] : [],
      );
      return positions.length === 0
        ? { status: 200, body: "{}" }
        : refusal("InvalidParameterValueException", words(positions), 400, "InvalidParameterValue");
    };
  }

  test("400 with MetricData.member.N: rejects the named datums with AWS's message, and sends the rest at once", async () => {
    intake.respondWith(
      refusing(["m3", "m7"], (positions) =>
        positions.map((i) => `MetricData.member.${i}.Value is invalid.`).join("\n"),
      ),
    );
    const { rejected, retry } = await sinkTo().export(many(1_000), { signal });
    expect(rejected?.map(({ snapshot }) => snapshot.name)).toEqual(["m3", "m7"]);
    expect(rejected?.[0]?.reason).toContain("MetricData.member.4.Value is invalid.");
    expect(retry).toEqual([]);
    expect(intake.requests).toHaveLength(2);
    expect(new Set(sent()).size).toBe(998);
  });

  test("400 without a position: halves the request until the datum is found, in about 2·log2(n) requests", async () => {
    intake.respondWith(
      refusing(["m617"], () => "No metric may specify the same dimension name twice."),
    );
    const { rejected } = await sinkTo().export(many(1_000), { signal });
    expect(rejected).toMatchObject([
      { snapshot: { name: "m617" }, reason: expect.stringContaining("twice") },
    ]);
    expect(sent().sort()).toEqual(
      many(1_000)
        .map(({ name }) => name)
        .filter((name) => name !== "m617")
        .sort(),
    );
    expect(intake.requests.length).toBeLessThanOrEqual(22);
  });

  test.each([
    ["that is unknown", "UnknownOperationException", "unknown operation"],
    [
      "of the namespace",
      "InvalidParameterValueException",
      "The value for parameter Namespace is invalid.",
    ],
  ])("400 %s: the data is not at fault, and is kept", async (_, name, words) => {
    intake.respondWith(refusal(name, words));
    const snapshots = many(3);
    const { retry, rejected, cause } = await sinkTo().export(snapshots, { signal });
    expect([retry, rejected]).toEqual([snapshots, []]);
    expect(String(cause)).toContain(words);
    expect(intake.requests).toHaveLength(1);
  });

  test("a search takes a limited number of requests; the data that it did not reach is retried", async () => {
    intake.respondWith(
      refusing(
        many(1_000).map(({ name }) => name),
        () => "no",
      ),
    );
    const { rejected = [], retry = [], cause } = await sinkTo().export(many(1_000), { signal });
    expect(rejected.length + retry.length).toBe(1_000);
    expect(rejected.length).toBeGreaterThan(0);
    expect(intake.requests.length).toBeLessThanOrEqual(1 + 2 * 32);
    expect(String(cause)).toContain("InvalidParameterValue");
  });

  test("413: the request is halved, later requests stay smaller, and a single datum that is too large is rejected", async () => {
    const limit: IntakeScript = (request) =>
      Buffer.byteLength(request.text) > 60_000 || request.text.includes('"m5"')
        ? refusal("RequestEntityTooLarge", "Request size exceeded", 413)
        : { status: 200, body: "{}" };
    intake.respondWith(limit);
    const sink = sinkTo();
    const { rejected } = await sink.export(many(1_000), { signal });
    expect(rejected).toMatchObject([{ snapshot: { name: "m5" } }]);
    expect(sent()).toHaveLength(999);
    const before = intake.requests.length;
    intake.respondWith({ status: 200, body: "{}" });
    await sink.export(many(1_000), { signal });
    expect(intake.requests.slice(before).every(({ text }) => text.length <= 60_000)).toBe(true);
  });

  test("413: the limit becomes half of the size that was too large, and does not shrink again for its halves", async () => {
    const tooLarge = 100_000;
    const sizes: number[] = [];
    intake.respondWith(({ text }) => {
      sizes.push(text.length);
      return text.length > tooLarge ? refusal("RequestEntityTooLarge", "", 413) : { body: "{}" };
    });
    const snapshots = exampleSnapshots({
      series: Array.from({ length: 4_000 }, (_, i) => ({
        name: "n".repeat(250),
        dimensions: { i: String(i) },
      })),
    });
    // Too large are a request of 400,000 bytes and both of its halves.
    await sinkTo({ maxBatchBytes: 399_000 }).export(snapshots, { signal });
    expect(sizes.filter((size) => size > tooLarge)).toHaveLength(3);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(0.9 * tooLarge);
  });

  test("413: after a while without one, requests grow again, and a step that is refused is taken back", async () => {
    let allowed = 60_000;
    const sizes: number[] = [];
    intake.respondWith(({ text }) => {
      sizes.push(text.length);
      return text.length > allowed ? refusal("RequestEntityTooLarge", "", 413) : { body: "{}" };
    });
    let now = Date.now();
    const sink = sinkTo();
    await sink.open({ exportIntervalMs: 0, now: () => now });
    const largest = async (): Promise<number> => {
      sizes.length = 0;
      const { retry } = await sink.export(many(1_000), { signal });
      expect(retry).toEqual([]);
      return Math.max(...sizes);
    };
    await largest();
    const shrunk = await largest();
    expect(shrunk).toBeLessThanOrEqual(60_000);
    now += 9 * 60_000;
    expect(await largest()).toBe(shrunk);
    allowed = shrunk;
    now += 60_000;
    expect(await largest()).toBeGreaterThan(shrunk);
    expect(await largest()).toBe(shrunk);
    allowed = Infinity;
    for (let hour = 0; hour < 24; hour++) {
      now += 3_600_000;
      await sink.export(many(1), { signal });
    }
    sizes.length = 0;
    await sink.export(many(1_000), { signal });
    expect(sizes).toHaveLength(1);
  });

  test("200 with x-amzn-failure-message: the data is taken, and a warning has the message", async () => {
    intake.respondWith({ headers: { "x-amzn-failure-message": "InvalidEntity" }, body: "{}" });
    const warnings: string[] = [];
    const sink = sinkTo({ onWarning: (message) => warnings.push(message) });
    for (let i = 0; i < 2; i++)
      expect(await sink.export(many(1), { signal })).toMatchObject({ retry: [], rejected: [] });
    expect(warnings).toEqual([expect.stringContaining("InvalidEntity")]);
  });
});

describe("an answer that is not CloudWatch's", () => {
  const page = { headers: { "content-type": "text/html" }, body: "<html>" };
  const foreign = "something that is not CloudWatch's: is the endpoint right?";
  test.each<[string, IntakeAnswer, "retry" | "uncertain", string]>([
    ["200 with a page", { status: 200, ...page }, "uncertain", foreign],
    ["301 without a body", { status: 301, body: "" }, "retry", "301 with an empty body"],
    [
      "301 with a page",
      { status: 301, ...page, headers: { location: "https://a.example/b" } },
      "retry",
      "301, a redirect to a.example",
    ],
    ["302 with a page", { status: 302, ...page }, "retry", foreign],
    ["400 without a body", { status: 400, body: "" }, "retry", "400 with an empty body"],
    ["400 with a string", { status: 400, body: '"no"' }, "retry", foreign],
    ["400 with null", { status: 400, body: "null" }, "retry", foreign],
    ["401 without a body", { status: 401, body: "" }, "retry", "401 with an empty body"],
    ["403 with a page", { status: 403, ...page }, "retry", foreign],
    [
      "403 with a message",
      { status: 403, body: '{"message":"Forbidden"}' },
      "retry",
      "403: Forbidden",
    ],
    ["404 with a page", { status: 404, ...page }, "retry", foreign],
    ["407 without a body", { status: 407, body: "" }, "retry", "407 with an empty body"],
    ["408 without a body", { status: 408, body: "" }, "retry", "408 with an empty body"],
    ["429 without a body", { status: 429, body: "" }, "retry", "429 with an empty body"],
    ["500 without a body", { status: 500, body: "" }, "uncertain", "500 with an empty body"],
    ["501 without a body", { status: 501, body: "" }, "retry", "501 with an empty body"],
    ["502 with a page", { status: 502, ...page }, "uncertain", foreign],
    ["503 with a page", { status: 503, ...page }, "retry", foreign],
    ["504 without a body", { status: 504, body: "" }, "uncertain", "504 with an empty body"],
  ])("such as %s: its cause says the status and the host", async (_, answer, list, words) => {
    intake.respondWith(answer);
    const snapshots = many(1);
    const { cause, ...lists } = await sinkTo().export(snapshots, { signal });
    expect(String(cause)).toContain(`${new URL(intake.url).host} answered ${answer.status}`);
    expect(String(cause)).toContain(words);
    expect(String(cause)).not.toContain("secret");
    expect(lists).toMatchObject({ retry: [], uncertain: [], rejected: [], [list]: snapshots });
  });

  test("such as 413 with a page: the request is halved, and the single datum's reason says who answered", async () => {
    intake.respondWith({ status: 413, ...page });
    const { rejected } = await sinkTo().export(many(1), { signal });
    expect(rejected?.[0]?.reason).toContain(`${new URL(intake.url).host} answered 413`);
  });
});

describe("what fails for the moment", () => {
  test("throttling: the data is retried after the service's delay, and the export sends nothing more", async () => {
    const throttle = refusal("ThrottlingException", "Rate exceeded", 400, "Throttling");
    intake.respondWith([
      { status: 200, body: "{}" },
      { ...throttle, headers: { ...throttle.headers, "retry-after": "3" } },
    ]);
    const snapshots = many(3_000);
    const { retry, uncertain, retryAfterMs, cause } = await sinkTo().export(snapshots, { signal });
    expect(retry).toEqual(snapshots.slice(1_000));
    expect(uncertain).toEqual([]);
    expect(retryAfterMs).toBe(3_000);
    expect(String(cause)).toContain("Rate exceeded");
    expect(intake.requests).toHaveLength(2);
  });

  test.each([
    ["5xx", { status: 500, body: "{}" }],
    ["a reset", { reset: "before" as const }],
    [
      "an HTML page of a proxy",
      { status: 502, headers: { "content-type": "text/html" }, body: "<html>" },
    ],
  ])("%s: the outcome of that request is unknown, and the rest is not sent", async (_, answer) => {
    intake.respondWith(answer);
    const snapshots = many(1_500);
    const { retry, uncertain } = await sinkTo().export(snapshots, { signal });
    expect(uncertain).toEqual(snapshots.slice(0, 1_000));
    expect(retry).toEqual(snapshots.slice(1_000));
    expect(intake.requests).toHaveLength(1);
  });

  test("a refused connection: nothing is uncertain", async () => {
    const snapshots = many(2);
    const endpoint = await refusedUrl();
    const { retry, uncertain, cause } = await sinkTo({ endpoint }).export(snapshots, { signal });
    expect([retry, uncertain]).toEqual([snapshots, []]);
    expect(String(cause)).toContain("ECONNREFUSED");
  });

  test("a timeout of the headers or of the body: the outcome is unknown, and the cause says timeout", async () => {
    const answers: IntakeAnswer[] = [
      { hang: true },
      { status: 200, body: "{} ".repeat(10), drip: { bytes: 1, everyMs: 400 } },
      { status: 500, body: "{} ".repeat(10), drip: { bytes: 1, everyMs: 400 } },
    ];
    for (const answer of answers) {
      intake.respondWith(answer);
      const snapshots = many(1);
      const { uncertain, cause } = await sinkTo({ requestTimeoutMs: 200 }).export(snapshots, {
        signal,
      });
      expect(String(cause)).toMatch(/timed out|exceeded/);
      expect(String(cause)).not.toContain("Deserialization");
      expect(uncertain).toEqual(snapshots);
    }
  });

  test.each([
    "ExpiredTokenException",
    "AccessDeniedException",
    "InvalidClientTokenIdException",
    "SignatureDoesNotMatch",
  ])("%s: the data is kept, and the next export asks for new credentials", async (name) => {
    intake.respondWith([refusal(name, "no", 403), { status: 200, body: "{}" }]);
    let asked = 0;
    const sink = sinkTo({ credentials: async () => (asked++, credentials) });
    const snapshots = many(1);
    expect(await sink.export(snapshots, { signal })).toMatchObject({
      retry: snapshots,
      rejected: [],
    });
    expect(await sink.export(snapshots, { signal })).toMatchObject({ retry: [], rejected: [] });
    expect(asked).toBe(2);
  });

  test("this machine's clock is an hour wrong: the next export is signed with the service's time", async () => {
    const hour = 3_600_000;
    intake.respondWith(({ headers }) => {
      const [, date = "", time = ""] =
        /^(\d{8})T(\d{6})Z$/.exec(String(headers["x-amz-date"])) ?? [];
      const iso = `${date.replace(/(....)(..)/, "$1-$2-")}T${time.replace(/(..)(..)/, "$1:$2:")}Z`;
      const now = Date.now() + hour;
      const answer =
        Math.abs(now - Date.parse(iso)) > 300_000
          ? refusal("InvalidSignatureException", "Signature expired", 403)
          : { body: "{}" };
      return { ...answer, headers: { ...answer.headers, date: new Date(now).toUTCString() } };
    });
    const sink = sinkTo();
    expect(await sink.export(many(1), { signal })).toMatchObject({ retry: many(1) });
    expect(await sink.export(many(1), { signal })).toMatchObject({ retry: [], rejected: [] });
  });

  test.each([
    ["CredentialsProviderError", "no credentials"],
    ["TypeError", "a provider that fails in its own way"],
  ])(
    "no credentials, because of a %s: the data is kept, and nothing is uncertain",
    async (name, words) => {
      const fail = () => Promise.reject(Object.assign(new Error(words), { name }));
      const snapshots = many(1);
      const { retry, uncertain } = await sinkTo({ credentials: fail }).export(snapshots, {
        signal,
      });
      expect([retry, uncertain]).toEqual([snapshots, []]);
    },
  );
});

test("an abort ends the export at once, even while the SDK fetches credentials", async () => {
  const controller = new AbortController();
  let fetching = (): void => {};
  let fail: (error: Error) => void = () => {};
  const asked = new Promise<void>((resolve) => (fetching = resolve));
  const pending = new Promise<never>((_, reject) => (fail = reject));
  const sink = sinkTo({ credentials: () => (fetching(), pending) });
  const snapshots = many(1);
  const exported = sink.export(snapshots, { signal: controller.signal });
  await asked;
  controller.abort();
  expect(await exported).toMatchObject({ retry: snapshots, uncertain: [] });
  // The export no longer waits for this; its rejection must not stay unhandled.
  fail(new Error("too late"));
  await sink.close();
  expect(intake.requests).toHaveLength(0);
});

describe("an abort while a request is built ends the export, and the request is not sent:", () => {
  const values = Array.from({ length: 300 }, (_, i) => Math.exp(i / 30));
  const kind = "distribution" as const;
  const series = Array.from({ length: 1_000 }, (_, i) => ({ name: `m${i}`, kind, values }));
  const snapshots = exampleSnapshots({ series });

  test("the first one", async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    const { retry, uncertain } = await sinkTo().export(snapshots, { signal: controller.signal });
    expect([retry, uncertain]).toEqual([snapshots, []]);
    expect(intake.requests).toHaveLength(0);
  });

  test("half of one that was refused", async () => {
    const controller = new AbortController();
    let requests = 0;
    const send = (): Promise<never> => {
      requests++;
      setImmediate(() => setImmediate(() => controller.abort()));
      const name = "InvalidParameterValueException";
      const $metadata = { httpStatusCode: 400 };
      return Promise.reject(Object.assign(new Error("no"), { name, $metadata }));
    };
    const client = { config: { region: async () => "eu-west-1" }, send };
    const sink = new CloudWatchSink({ client });
    const { retry, uncertain } = await sink.export(snapshots, { signal: controller.signal });
    expect([retry, uncertain]).toEqual([snapshots, []]);
    expect(requests).toBe(1);
  });
});

test("at shutdown, the data of a request that was aborted stays pending", async () => {
  intake.respondWith([{ status: 200, body: "{}" }, { hang: true }]);
  const metrics = new MetricsManager({
    sink: sinkTo(),
    exportIntervalMs: 0,
    maxSeriesPerMetric: 3_000,
    onError: () => {},
  });
  for (let i = 0; i < 1_500; i++) metrics.count("a", 1, { i });
  const result = await metrics.close({ timeoutMs: 1_500 });
  expect(result).toMatchObject({ ok: false, delivered: 1_000, pending: 500 });
  expect(metrics.stats().sinks[0]?.possiblyDuplicated.snapshots).toBe(500);
});

test("an onWarning that throws loses no data", async () => {
  intake.respondWith({
    status: 200,
    body: "{}",
    headers: { "x-amzn-failure-message": "InvalidEntity" },
  });
  let told = 0;
  const onWarning = (): never => {
    told++;
    throw new Error("from the program");
  };
  const sink = sinkTo({ onWarning });
  const snapshots = exampleSnapshots({ series: [{ name: "a", unit: "furlong" }] });
  const prepared = sink.prepare(snapshots, { last: true }).snapshots;
  expect(prepared).toHaveLength(snapshots.length);
  const result = await sink.export(prepared, { signal: new AbortController().signal });
  expect(result).toMatchObject({ retry: [], uncertain: [], rejected: [] });
  expect(told).toBe(2);
});

describe("wrong options throw at construction:", () => {
  test.each<[string, object, RegExp]>([
    ["an unknown one", { regoin: "x" }, /regoin/],
    ["Namespace bad", { namespace: "" }, /namespace/],
    ["namespace of Amazon", { namespace: "AWS/EC2" }, /AWS\//],
    ["namespace with a colon", { namespace: ":a" }, /colon/],
    ["endpoint", { endpoint: "localhost:4566" }, /endpoint.*URL/],
    ["a password", { endpoint: "https://me:secret@h" }, /^(?!.*secret)endpoint must have no user/],
    ["an empty region", { region: "" }, /region is "", must be the name of an AWS Region/],
    ["a region with a blank", { region: "eu west 1" }, /region is "eu west 1"/],
    ["storage resolution", { storageResolution: 30 }, /storageResolution is 30, must be 1 or 60/],
    ["storage resolution in words", { storageResolution: "60" }, /storageResolution is "60"/],
    ["datums", { maxBatchDatums: 1_001 }, /maxBatchDatums is 1001.*1 to 1000/],
    ["bytes", { maxBatchBytes: 2_000_000 }, /maxBatchBytes/],
    ["timeout", { requestTimeoutMs: 0 }, /requestTimeoutMs/],
    ["dimension sets", { dimensionSets: ["stream"] }, /dimensionSets.*list/],
    ["no dimension set", { dimensionSets: [] }, /dimensionSets/],
    ["dimension names", { dimensionNames: { a: 5 } }, /dimensionNames\.a is 5/],
    ["a dimension's new name", { dimensionNames: { a: ":b" } }, /dimensionNames\.a: .*colon/],
    ["a dimension without a name", { dimensionNames: { a: "" } }, /dimensionNames\.a: .*blank/],
    ["credentials", { credentials: "AKIDEXAMPLE" }, /^credentials must be an object or a function/],
    ["client", { client: {} }, /client.*send/],
    ["client without a region", { client: { send() {}, config: {} } }, /client\.config.*region/],
    [
      "client and region",
      { client: { send() {}, config: { region() {} } }, region: "x" },
      /region can't be combined with client: set it in that client/,
    ],
    ["percentiles", { percentiles: [0.5] }, /percentiles/],
  ])("%s", (_, options, message) => {
    expect(() => new CloudWatchSink(options as CloudWatchSinkOptions)).toThrow(message);
  });
});

test("a unit that CloudWatch does not have is left out, with one warning, and its count of windows on close", async () => {
  const warnings: string[] = [];
  const sink = sinkTo({ onWarning: (message) => warnings.push(message) });
  const series = ["min", "1", "By"].map((unit) => ({ name: unit, unit }));
  for (let i = 0; i < 2; i++)
    for (const last of [false, true]) {
      const { snapshots } = sink.prepare(exampleSnapshots({ series }), { last });
      if (last) await sink.export(snapshots, { signal });
    }
  expect(intake.accepted.flatMap(datumsOf).map(({ Unit }) => Unit)).toEqual([
    undefined,
    undefined,
    "Bytes",
    undefined,
    undefined,
    "Bytes",
  ]);
  expect(warnings).toEqual([expect.stringContaining('"min"')]);
  await sink.close();
  expect(warnings[1]).toMatch(/"min".* \(1 time more\)$/);
});

test("each warning is given once", () => {
  const warnings: string[] = [];
  const sink = sinkTo({ onWarning: (message) => warnings.push(message) });
  const window = exampleSnapshots({ series: [{ name: "a", dimensions: { blank: " " } }] });
  for (let i = 0; i < 3; i++) sink.prepare(window, { last: true });
  expect(warnings).toEqual([expect.stringContaining("blank")]);
});
