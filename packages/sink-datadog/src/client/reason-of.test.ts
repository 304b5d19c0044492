import { maskSecrets, safeError } from "@aiokpl/metrics-core/sink";
import { expect, test } from "vitest";
import { reasonOf } from "./reason-of.ts";

test.each<[string, Error, string]>([
  [
    "the innermost cause's",
    new Error("fetch failed", {
      cause: Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }),
    }),
    "ECONNREFUSED",
  ],
  ["with its code", Object.assign(new Error("read"), { code: "EIO" }), "EIO read"],
  ["with its code once", Object.assign(new Error("EIO: read"), { code: "EIO" }), "EIO: read"],
  ["without a code", new Error("read"), "read"],
])("the reason is %s", (_, thrown, reason) => {
  expect(reasonOf(safeError(thrown, maskSecrets([])))).toBe(reason);
});
