import {
  CloudWatchClient,
  PutMetricDataCommand,
  type PutMetricDataCommandInput,
} from "@aws-sdk/client-cloudwatch";
import { startIntakeServer } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { writtenCommand } from "./written-body.ts";

const datums = [{ MetricName: "a", Value: 1 }];
const input = { Namespace: "shop", MetricData: datums };
const body = '{"Namespace":"shop","MetricData":[{"MetricName":"written","Value":1}]}';

const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
const request = { namespace: "shop", body: Buffer.from(body), datums: () => [...datums] };

/** What writes the SDK's requests. */
interface Protocol {
  serializeRequest(schema: unknown, input: unknown, context: unknown): Promise<{ body: Buffer }>;
}

/** A command with both is sent by a client that writes requests with `prefix` before the JSON. Returns what arrived, and the inputs that the client wrote. */
async function sendWith(
  prefix: string,
  middleware?: (args: { input: PutMetricDataCommandInput }) => void,
) {
  await using intake = await startIntakeServer({ script: { status: 200, body: "{}" } });
  const client = new CloudWatchClient({ endpoint: intake.url, region: "eu-west-1", credentials });
  const wrote: unknown[] = [];
  const protocol = client.config.protocol as unknown as Protocol;
  const serialize = protocol.serializeRequest.bind(protocol);
  protocol.serializeRequest = async (schema, given, context) => {
    wrote.push(given);
    const written = await serialize(schema, given, context);
    written.body = Buffer.concat([Buffer.from(prefix), written.body]);
    return written;
  };
  const seen: unknown[] = [];
  // Looked at only in the end, since a look has the client write the input.
  client.middlewareStack.add((next) => (args) => (seen.push(args.input), next(args)), {
    step: "initialize",
  });
  if (middleware !== undefined)
    client.middlewareStack.add(
      (next) => (args) => {
        const own = { ...args, input: args.input as PutMetricDataCommandInput };
        middleware(own);
        return next(own);
      },
      { step: "initialize" },
    );
  await client.send(writtenCommand(PutMetricDataCommand, request));
  client.destroy();
  return { arrived: intake.requests.map(({ text }) => text), wrote, seen };
}

test("a body that is already written is sent, and the client writes no datum", async () => {
  const { arrived, wrote } = await sendWith("");
  expect(arrived).toEqual([body]);
  expect(wrote).toEqual([{ Namespace: "shop", MetricData: [] }]);
});

test("a client that writes requests in another form writes the input itself, and sends one request", async () => {
  const { arrived, wrote } = await sendWith("\n");
  expect(arrived).toEqual([`\n${JSON.stringify(input)}`]);
  expect(wrote.at(-1)).toEqual(input);
});

test.each(["", "\n"])("the program's own middleware sees the datums once", async (prefix) => {
  expect((await sendWith(prefix)).seen).toEqual([input]);
});

const another = { MetricName: "b", Value: 2 };

test.each<[string, (args: { input: PutMetricDataCommandInput }) => void, object]>([
  ["replaces it", (args) => void (args.input = { ...args.input }), input],
  [
    "changes the copy",
    (args) => void (args.input = { ...args.input, MetricData: [another] }),
    { ...input, MetricData: [another] },
  ],
  [
    "sets its datums",
    ({ input: given }) => void (given.MetricData = [another]),
    { ...input, MetricData: [another] },
  ],
  [
    "adds a datum",
    ({ input: given }) => void given.MetricData?.push(another),
    { ...input, MetricData: [...datums, another] },
  ],
  [
    "sets the namespace",
    ({ input: given }) => void (given.Namespace = "other"),
    { ...input, Namespace: "other" },
  ],
])(
  "where a middleware of the program's own %s, what it made is sent",
  async (_, middleware, sent) => {
    const { arrived } = await sendWith("", middleware);
    expect(arrived.map((text) => JSON.parse(text))).toEqual([sent]);
  },
);

type Middleware = Parameters<CloudWatchClient["middlewareStack"]["add"]>[0];
type Change = (given: PutMetricDataCommandInput) => PutMetricDataCommandInput;
const toMiddleware = "serializerMiddleware";

/** Each place in which a program can have a middleware near the SDK's serializer or after it. */
const places: Record<string, (client: CloudWatchClient, middleware: Middleware) => void> = {
  "the step serialize, of high priority": ({ middlewareStack }, middleware) =>
    middlewareStack.add(middleware as never, { step: "serialize", priority: "high" }),
  "the place before the serializer": ({ middlewareStack }, middleware) =>
    middlewareStack.addRelativeTo(middleware, { relation: "before", toMiddleware }),
  "the place after the serializer": ({ middlewareStack }, middleware) =>
    middlewareStack.addRelativeTo(middleware, { relation: "after", toMiddleware }),
  "the step serialize": ({ middlewareStack }, middleware) =>
    middlewareStack.add(middleware as never, { step: "serialize" }),
  "the step build": ({ middlewareStack }, middleware) =>
    middlewareStack.add(middleware as never, { step: "build" }),
  "the step finalizeRequest": ({ middlewareStack }, middleware) =>
    middlewareStack.add(middleware as never, { step: "finalizeRequest" }),
};

/** Sends a command through a middleware that changes the input. Returns the bodies that arrived. */
async function sendThrough(place: string, change: Change): Promise<readonly string[]> {
  await using intake = await startIntakeServer({ script: { status: 200, body: "{}" } });
  const client = new CloudWatchClient({ endpoint: intake.url, region: "eu-west-1", credentials });
  const middleware: Middleware = (next) => (args) =>
    next({ ...args, input: change(args.input as PutMetricDataCommandInput) });
  places[place]?.(client, middleware);
  await client.send(writtenCommand(PutMetricDataCommand, request));
  client.destroy();
  return intake.requests.map(({ text }) => text);
}

test.each(Object.keys(places))("a middleware in %s sees the datums", async (place) => {
  const seen: unknown[] = [];
  await sendThrough(place, (given) => {
    seen.push({ ...given });
    return given;
  });
  expect(seen).toEqual([input]);
});

const isSecret = /secret/;
const filtered: Change = ({ MetricData = [], ...rest }) => ({
  ...rest,
  MetricData: MetricData.filter(({ MetricName = "" }) => !isSecret.test(MetricName)),
});

test.each(Object.keys(places).slice(0, 2))(
  "what a filter in %s leaves out is not sent",
  async (place) => {
    datums.push({ MetricName: "secret", Value: 1 });
    const arrived = await sendThrough(place, filtered);
    datums.pop();
    expect(arrived.map((text) => JSON.parse(text))).toEqual([input]);
  },
);

test("a filter after the serializer changes nothing, as with any command", async () => {
  expect(await sendThrough("the step build", filtered)).toEqual([body]);
});
