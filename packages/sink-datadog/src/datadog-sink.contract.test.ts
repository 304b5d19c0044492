import { describeSinkContract, exampleSnapshots } from "@aiokpl/sink-testkit";
import { describe, it } from "vitest";
import { createSink } from "./create-sink.ts";
import { DatadogSink } from "./datadog-sink.ts";
import type { DatadogSinkOptions } from "./datadog-options.ts";
import { fakeDatadog, receivedPoints, refusal } from "./testing/fake-datadog.ts";

const apiKey = "0123456789abcdef0123456789abcdef";

const variants: Readonly<Record<string, Partial<DatadogSinkOptions>>> = {
  "DatadogSink, aggregates": {},
  "DatadogSink, true distributions": { distributions: "distribution" },
};

for (const [name, options] of Object.entries(variants))
  describeSinkContract({
    describe,
    it,
    name,
    create: ({ url }) =>
      new DatadogSink({
        apiKey,
        baseUrl: url,
        host: "h",
        onWarning: () => {},
        ...options,
      }),
    answers: {
      ok: fakeDatadog,
      throttle: refusal(429, "Too many requests", { "x-ratelimit-reset": "1" }),
      "client-error": refusal(400, "No."),
    },
    secrets: [apiKey],
    received: ({ requests }) => receivedPoints(requests),
    keeps: {
      counter: ["sum"],
      gauge: ["last"],
      distribution: ["count", "sum", "min", "max"],
      dimensions: true,
    },
    unacceptable: [
      ...exampleSnapshots({ series: [{ name: "x".repeat(201) }] }),
      ...exampleSnapshots({ series: [{ name: "old" }], windowStart: Date.now() - 2 * 3_600_000 }),
      ...exampleSnapshots({ series: [{ name: "ahead" }], windowStart: Date.now() + 3_600_000 }),
    ],
    createUnopenable: () => {
      const { DD_API_KEY } = process.env;
      delete process.env["DD_API_KEY"];
      try {
        return createSink();
      } finally {
        if (DD_API_KEY !== undefined) process.env["DD_API_KEY"] = DD_API_KEY;
      }
    },
  });
