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

/** A command with both is sent by a client that writes requests with `prefix` before the JSON. Returns what arrived, and the inputs that the client wrote. */
async function sendWith(
  prefix: string,
  middleware?: (args: { input: PutMetricDataCommandInput }) => void,
) {
  await using intake = await startIntakeServer({ script: { status: 200, body: "{}" } });
  const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
  const client = new CloudWatchClient({ endpoint: intake.url, region: "eu-west-1", credentials });
  const wrote: unknown[] = [];
  // After the serializer, which the client has added before.
  client.middlewareStack.add(
    (next) => (args) => {
      wrote.push(args.input);
      const request = args.request as { body: Uint8Array };
      request.body = Buffer.concat([Buffer.from(prefix), request.body]);
      return next(args);
    },
    { step: "serialize" },
  );
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
  const request = { namespace: "shop", body: Buffer.from(body), datums: () => [...datums] };
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
