import { describeSinkContract } from "@aiokpl/sink-testkit";
import { describe, it } from "vitest";
import { postingSink } from "./posting-sink.ts";
import { readPoints } from "./wire-form.ts";

describeSinkContract({
  describe,
  it,
  name: "postingSink",
  create: ({ url }) => postingSink({ url, maxBatchSnapshots: 1_000 }),
  answers: {
    ok: ({ text }) => {
      return { body: JSON.stringify({ accepted: [...readPoints(text).keys()], rejected: [] }) };
    },
  },
  received: ({ requests }) => requests.flatMap(({ text }) => readPoints(text)),
});
