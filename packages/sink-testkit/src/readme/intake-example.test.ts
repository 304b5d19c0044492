import { expect, it } from "vitest";
import { startIntakeServer } from "../index.ts";

it("accepts the third request, after a reset and a throttle", async () => {
  await using intake = await startIntakeServer({
    script: [
      { reset: "mid-body" },
      { status: 429, headers: { "retry-after": "1" } },
      { status: 202 },
    ],
  });
  let status = 0;
  while (status !== 202) {
    const response = await fetch(intake.url, { method: "POST", body: "{}" }).catch(() => undefined);
    status = response?.status ?? 0;
  }
  expect(intake.requests.map(({ outcome }) => outcome)).toEqual(["unknown", "refused", "accepted"]);
});
