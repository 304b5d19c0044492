import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { describeSinkContract, exampleSnapshots } from "@aiokpl/sink-testkit";
import { describe, it } from "vitest";
import { CloudWatchSink } from "./cloudwatch-sink.ts";
import { fakeCloudWatch, receivedPoints, refusal } from "./testing/fake-cloudwatch.ts";

const secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const sessionToken = "IQoJb3JpZ2luX2VjEOz//////////wEaCXVz+LXdlc3QtMiJHMEUCIQ==";
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey, sessionToken };
const region = "eu-west-1";

describeSinkContract({
  describe,
  it,
  name: "CloudWatchSink",
  create: ({ url }) =>
    new CloudWatchSink({ endpoint: url, region, credentials, onWarning: () => {} }),
  answers: {
    ok: fakeCloudWatch,
    throttle: refusal("ThrottlingException", "Rate exceeded", 400, "Throttling"),
    "client-error": refusal("InvalidParameterValueException", "No."),
  },
  secrets: [secretAccessKey, sessionToken],
  received: ({ requests }) => receivedPoints(requests),
  keeps: { dimensions: true, thresholds: true },
  unacceptable: exampleSnapshots({
    series: [
      { name: "größe" },
      { name: "x".repeat(256) },
      { name: "colon", dimensions: { ":a": "b" } },
      { name: "huge", values: [2 ** 361] },
    ],
  }),
  createUnopenable: () =>
    new CloudWatchSink({ createClient: () => Promise.reject(new Error("no client today")) }),
  createInjected: ({ url }) => {
    const client = new CloudWatchClient({ endpoint: url, region, credentials, maxAttempts: 1 });
    let destroyed = false;
    const destroy = client.destroy.bind(client);
    client.destroy = () => {
      destroyed = true;
      destroy();
    };
    return { sink: new CloudWatchSink({ client }), isOpen: () => !destroyed, dispose: destroy };
  },
  closesConnections: true,
});
