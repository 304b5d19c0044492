import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { startIntakeServer } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { sendWritten } from "./written-body.ts";

const input = { Namespace: "shop", MetricData: [{ MetricName: "a", Value: 1 }] };
const body = '{"Namespace":"shop","MetricData":[{"MetricName":"written","Value":1}]}';

/** A command with both is sent by a client that writes requests with `prefix` before the JSON. Returns what arrived, and the inputs that the client wrote. */
async function sendWith(prefix: string) {
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
  client.middlewareStack.add((next) => (args) => (seen.push(args.input), next(args)), {
    step: "initialize",
  });
  const command = new PutMetricDataCommand(input);
  sendWritten(command, Buffer.from(body));
  await client.send(command);
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
