import { describe, it } from "vitest";
import { exampleSink } from "./example-sink.ts";
import { describeSinkContract } from "../index.ts";

describeSinkContract({
  describe,
  it,
  name: "exampleSink",
  create: ({ url }) => exampleSink(url),
  answers: { ok: { status: 202 } },
  received: ({ requests }) => requests.flatMap((request) => JSON.parse(request.text)),
});
