import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BatchFailure, deliverBatches } from "./deliver-batches.ts";

const never = new AbortController().signal;

/** A failure that `send` throws as it is, for `toFailure` to hand back. */
function vendor(answer: (batch: readonly number[], request: number) => BatchFailure | undefined) {
  const requests: (readonly number[])[] = [];
  const taken: number[] = [];
  return {
    requests,
    taken,
    send: async (batch: readonly number[]) => {
      const failure = answer(batch, requests.push(batch) - 1);
      if (failure !== undefined) throw failure;
      taken.push(...batch);
    },
    toFailure: (thrown: unknown) => thrown as BatchFailure,
  };
}

const error = new Error("words");
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

test("fills requests in order", async () => {
  const { requests, ...end } = vendor(() => undefined);
  const outcome = await deliverBatches(numbers(10), { ...end, signal: never, fit: () => 4 });
  expect(requests).toEqual([
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [8, 9],
  ]);
  expect(outcome).toEqual({
    retry: [],
    uncertain: [],
    rejected: [],
    cause: undefined,
    retryAfterMs: undefined,
  });
});

test("each request is fitted just before it is sent, over several turns if that takes long", async () => {
  const { taken, ...end } = vendor(() => undefined);
  const takenBefore: number[] = [];
  const fit = async () => {
    takenBefore.push(taken.length);
    await setImmediate();
    return 2;
  };
  await deliverBatches(numbers(5), { ...end, signal: never, fit });
  expect(taken).toEqual([0, 1, 2, 3, 4]);
  expect(takenBefore).toEqual([0, 2, 4]);
});

test("an abort while a request is fitted: it is not sent, and is retried with the rest", async () => {
  const controller = new AbortController();
  const { requests, ...end } = vendor(() => undefined);
  const fit = async (_: readonly number[], start: number) => {
    await setImmediate();
    if (start > 0) controller.abort();
    return 2;
  };
  const outcome = await deliverBatches(numbers(5), { ...end, signal: controller.signal, fit });
  expect(requests).toEqual([[0, 1]]);
  expect(outcome).toMatchObject({ retry: [2, 3, 4], uncertain: [] });
});

test.each([0, -5, NaN])("a fit of %d sends one at a time", async (fit) => {
  const { requests, ...end } = vendor(() => undefined);
  await deliverBatches(numbers(3), { ...end, signal: never, fit: () => fit });
  expect(requests).toEqual([[0], [1], [2]]);
});

describe("what is refused", () => {
  test("costs only itself where the vendor names it", async () => {
    const end = vendor((batch) => {
      const positions = batch.flatMap((each, i) => (each % 5 === 1 ? [i] : []));
      return positions.length > 0 ? { means: "invalid", error, positions } : undefined;
    });
    const { rejected, retry } = await deliverBatches(numbers(10), {
      ...end,
      signal: never,
      fit: () => 10,
    });
    expect(rejected).toEqual([1, 6].map((item) => ({ item, error })));
    expect([end.requests.length, end.taken, retry]).toEqual([2, [0, 2, 3, 4, 5, 7, 8, 9], []]);
  });

  test("costs itself alone where an equal item stands elsewhere", async () => {
    const requests: (readonly string[])[] = [];
    const { rejected, retry } = await deliverBatches(["a", "b", "a"], {
      signal: never,
      fit: () => 3,
      send: async (batch) => {
        if (requests.push(batch) === 1) throw error;
      },
      toFailure: () => ({ means: "invalid", error, positions: [0] }),
    });
    expect(requests).toEqual([
      ["a", "b", "a"],
      ["b", "a"],
    ]);
    expect([rejected, retry]).toEqual([[{ item: "a", error }], []]);
  });

  test("is found by halving where the vendor names nothing or nonsense", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 200 }),
        fc.uniqueArray(fc.nat(199), { maxLength: 4 }),
        fc.constantFrom(undefined, [500], []),
        async (length, bad, positions) => {
          const end = vendor((batch) =>
            batch.some((each) => bad.includes(each))
              ? { means: "invalid", error, positions }
              : undefined,
          );
          const { rejected, retry } = await deliverBatches(numbers(length), {
            ...end,
            signal: never,
            fit: () => 50,
            searchRequests: 1_000,
          });
          const culprits = numbers(length).filter((each) => bad.includes(each));
          expect(rejected.map(({ item }) => item)).toEqual(culprits);
          expect(end.taken).toEqual(numbers(length).filter((each) => !bad.includes(each)));
          expect(retry).toEqual([]);
        },
      ),
    );
  });

  test("is offered again once the search has cost enough", async () => {
    const end = vendor(() => ({ means: "invalid", error }));
    const { rejected, retry, cause } = await deliverBatches(numbers(1_000), {
      ...end,
      signal: never,
      fit: () => 1_000,
    });
    expect(rejected.length).toBeGreaterThan(10);
    expect(rejected.length + retry.length).toBe(1_000);
    expect(new Set([...retry, ...rejected.map(({ item }) => item)]).size).toBe(1_000);
    expect(end.requests.length).toBeLessThan(70);
    expect(cause).toBe(error);
  });
});

test("what is too large is halved, and rejected where it stands alone", async () => {
  let fits = 8;
  const tooLarge: number[] = [];
  const end = vendor((batch) =>
    batch.length > 3 || batch.includes(5) ? { means: "too-large", error } : undefined,
  );
  const { rejected } = await deliverBatches(numbers(10), {
    ...end,
    signal: never,
    fit: () => fits,
    onTooLarge: (batch) => {
      tooLarge.push(batch.length);
      fits = 2;
    },
  });
  expect(tooLarge).toEqual([8, 4, 4, 2]);
  expect(rejected).toEqual([{ item: 5, error }]);
  expect(end.taken).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9]);
  expect(end.requests.at(-1)).toEqual([8, 9]);
});

test("not now: ends it, and all that was not taken comes back in order", async () => {
  const { requests, ...end } = vendor((_, request) =>
    request === 0
      ? { means: "too-large", error }
      : request === 2
        ? { means: "not-now", error, retryAfterMs: 7_000 }
        : undefined,
  );
  const outcome = await deliverBatches(numbers(12), { ...end, signal: never, fit: () => 8 });
  expect(requests).toHaveLength(3);
  expect(outcome).toMatchObject({
    retry: [4, 5, 6, 7, 8, 9, 10, 11],
    uncertain: [],
    cause: error,
    retryAfterMs: 7_000,
  });
});

test("an unknown outcome: that request is uncertain, the rest is not", async () => {
  const end = vendor((_, request) => (request === 1 ? { means: "unknown", error } : undefined));
  const outcome = await deliverBatches(numbers(12), { ...end, signal: never, fit: () => 4 });
  expect(outcome).toMatchObject({ uncertain: [4, 5, 6, 7], retry: [8, 9, 10, 11], cause: error });
});

test.each([
  ["invalid", { uncertain: [0, 1], retry: [2, 3], rejected: [] }],
  ["unknown", { uncertain: [0, 1], retry: [2, 3], rejected: [] }],
  ["not-now", { uncertain: [], retry: [0, 1, 2, 3], rejected: [] }],
] as const)(
  "an abort in flight: uncertain unless nothing was sent (%s); before: nothing is sent",
  async (means, expected) => {
    const controller = new AbortController();
    const end = vendor(() => {
      controller.abort();
      return { means, error };
    });
    const options = { ...end, signal: controller.signal, fit: () => 2 };
    expect(await deliverBatches(numbers(4), options)).toMatchObject(expected);
    expect(await deliverBatches(numbers(4), options)).toMatchObject({ retry: [0, 1, 2, 3] });
    expect(end.requests).toHaveLength(1);
  },
);
