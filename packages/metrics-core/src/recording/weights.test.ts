import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MetricEvent, MetricSnapshot } from "../index.ts";
import { InMemorySink, MetricsManager, type MetricsManagerOptions } from "../index.ts";
import { ManualClock } from "../testing.ts";
import { withView } from "../views/with-view.ts";

const metrics = {
  Plain: { kind: "distribution" },
  Limited: { kind: "distribution", maxSeries: 2, dimensions: ["id?"] },
  Bounded: { kind: "distribution", thresholds: [-1, 0, 3, 100] },
  Fine: { kind: "distribution", maxBuckets: 640 },
  Orders: { kind: "counter" },
} as const;

function setUp(options: Omit<MetricsManagerOptions, "metrics"> = {}) {
  const sink = new InMemorySink();
  const clock = new ManualClock();
  const given = { sink, clock, exportIntervalMs: 0, onError: () => {}, ...options };
  return { sink, manager: new MetricsManager({ metrics, ...given }) };
}

/** The only snapshot that was exported. */
async function onlyOne({ sink, manager }: ReturnType<typeof setUp>): Promise<MetricSnapshot> {
  await manager.flush();
  expect(sink.allSnapshots).toHaveLength(1);
  return sink.allSnapshots[0] as MetricSnapshot;
}

/** Few bits, so that sums are exact in any order. */
const values = fc
  .tuple(fc.integer({ min: -64, max: 64 }), fc.integer({ min: -8, max: 12 }))
  .map(([digits, exponent]) => digits * 2 ** exponent);

const steps = fc.array(
  fc.record({
    name: fc.constantFrom("Plain", "Limited", "Bounded", "Fine", "undeclared"),
    value: values,
    count: fc.oneof(fc.constantFrom(1, 2), fc.integer({ min: 1, max: 200 })),
    id: fc.integer({ min: 0, max: 3 }),
    way: fc.constantFrom("verb", "with", "declare", "bind"),
    after: fc.constantFrom("nothing", "nothing", "nothing", "flush"),
  }),
  { maxLength: 40 },
);

describe("a value that stands for many", () => {
  test("is the same as the value so many times", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const [one, many] = [setUp(), setUp()];
        const handles = new Map(
          ["Plain", "Limited", "Bounded", "Fine", "undeclared"].flatMap((name) =>
            [0, 1, 2, 3].map((id) => [
              `${name} ${id}`,
              (many.manager as MetricsManager).bind(name, { id }),
            ]),
          ),
        );
        for (const { name, value, count, id, way, after } of all) {
          for (let i = 0; i < count; i++)
            (one.manager as MetricsManager).distribution(name, value, { id });
          const manager = many.manager as MetricsManager;
          if (way === "verb") manager.distribution(name, value, { id }, count);
          else if (way === "with") manager.with({ id }).distribution(name, value, {}, count);
          else if (way === "bind") handles.get(`${name} ${id}`)?.putMany(value, count);
          else
            manager
              .declare({ library: { kind: "counter" }, [name]: { kind: "distribution" } })
              .distribution(name, value, { id }, count);
          if (after === "flush") await Promise.all([one.manager.flush(), many.manager.flush()]);
        }
        await Promise.all([one.manager.close(), many.manager.close()]);
        expect(many.sink.exports).toEqual(one.sink.exports);
        expect(many.manager.stats().accepted).toBe(one.manager.stats().accepted);
        expect(many.manager.stats().sinks).toEqual(one.manager.stats().sinks);
      }),
    );
  });

  test("can stand for 2^32, which every count holds exactly", async () => {
    const given = setUp();
    given.manager.bind("Bounded").putMany(2, 2 ** 32);
    given.manager.distribution("Bounded", 2, {}, 2 ** 32 - 1);
    given.manager.distribution("Bounded", -3, {}, 65_536);
    given.manager.distribution("Bounded", 0, {}, 65_537);
    const snapshot = await onlyOne(given);
    const twos = 2 ** 33 - 1;
    expect(snapshot).toMatchObject({
      count: twos + 65_536 + 65_537,
      sum: 2 * twos - 3 * 65_536,
      histogram: {
        zeroCount: 65_537,
        positive: { bucketCounts: [twos] },
        negative: { bucketCounts: [65_536] },
      },
      thresholds: { counts: [65_536, 65_537, twos, 0, 0] },
    });
    expect(given.manager.stats().accepted).toBe(snapshot.count);
  });

  test("may be one, also as an undefined count", async () => {
    const given = setUp();
    given.manager.distribution("Plain", 1, {}, 1);
    given.manager.distribution("Plain", 1, {}, undefined);
    expect((await onlyOne(given)).count).toBe(2);
  });

  test.each([0, -1, 1.5, NaN, Infinity, 2 ** 32 + 1, "3", null, 3n])(
    "is refused with the count %s, and registers nothing",
    async (count) => {
      const messages: string[] = [];
      const given = setUp({ onError: ({ message }) => messages.push(message) });
      const manager = given.manager as MetricsManager;
      manager.distribution("new", 1, {}, count as number);
      manager.bind("new").putMany(1, count as number);
      expect(manager.stats()).toMatchObject({
        accepted: 0,
        series: 0,
        refused: { invalid_value: 2 },
      });
      expect(messages[0]).toMatch(
        /^metric "new" was given the count .+; a count must be a whole number from 1 to 4,294,967,296$/,
      );
      await manager.close();
      manager.bind("new").putMany(1, count as number);
      expect(manager.stats().refused.closed).toBe(1);
    },
  );

  test("is refused once where its value, its kind or its time is wrong, whatever it stands for", async () => {
    const { manager } = setUp();
    const open = manager as MetricsManager;
    open.distribution("Plain", NaN, {}, 5);
    open.bind("Plain").putMany(Infinity, 0);
    open.distribution("Orders", 1, {}, 5);
    open.bind("Orders").putMany(1, 5);
    await open.close();
    open.distribution("Plain", 1, {}, 5);
    open.bind("Plain").putMany(1, 5);
    expect(open.stats().refused).toEqual({ invalid_value: 2, kind_conflict: 2, closed: 2 });
    expect(open.stats().accepted).toBe(0);
  });

  test("is neither recorded nor refused above the level", async () => {
    const { manager } = setUp();
    const handle = manager.bind("Plain");
    manager.level = "none";
    manager.distribution("Plain", 1, {}, 5);
    manager.distribution("Plain", 1, {}, -5);
    handle.putMany(1, 5);
    handle.putMany(1, -5);
    expect(manager.stats().refused).toEqual({});
    expect(manager.stats().accepted).toBe(0);
    manager.level = "detailed";
    handle.putMany(1, 5);
    expect(manager.stats().accepted).toBe(5);
  });

  test("is refused as a whole where it would make the sum infinite", async () => {
    const messages: string[] = [];
    const given = setUp({ onError: ({ message }) => messages.push(message) });
    given.manager.distribution("Plain", 1e308, {}, 2);
    given.manager.distribution("Plain", 1e308);
    given.manager.bind("Plain").putMany(1e307, 10);
    given.manager.distribution("Plain", -1e307, {}, 10);
    expect(await onlyOne(given)).toMatchObject({ count: 11, sum: 0 });
    expect(given.manager.stats().refused).toEqual({ sum_overflow: 2 });
    expect(messages).toEqual([
      'metric "Plain" was given 1e+308 2 times, which makes its sum in this window infinite',
      'metric "Plain" was given 1e+307 10 times, which makes its sum of 1e+308 in this window infinite (1 time more in this window)',
    ]);
  });

  test("is refused where the count would come near the numbers that are not exact", async () => {
    const given = setUp();
    const handle = given.manager.bind("Plain");
    for (let i = 0; i < 2 ** 20; i++) handle.putMany(0, 2 ** 32);
    handle.putMany(0, 1);
    handle.put(0);
    expect(given.manager.stats().refused).toEqual({ sum_overflow: 1 });
    expect((await onlyOne(given)).count).toBe(2 ** 52 + 1);
  });
});

describe("a sink that takes each observation", () => {
  const seen: unknown[] = [];
  const ways = {
    record: () => ({ record: ({ value, count }: MetricEvent) => void seen.push([value, count]) }),
    bind: () => ({
      record: () => {},
      bind: () => (value: number, count?: number) => void seen.push([value, count]),
    }),
  };

  test.each(["record", "bind"] as const)("gets the count once, by %s()", (way) => {
    seen.length = 0;
    const own = (): InMemorySink => Object.assign(new InMemorySink(), ways[way]());
    const renamed = withView(own(), [{ match: "*", rename: "other" }]);
    const passed = withView(own(), [{ match: "Nothing", drop: true }]);
    for (const sink of [own(), renamed, passed, [own(), own()]]) {
      const { manager } = setUp({ sink });
      manager.distribution("Plain", 2, {}, 3);
      manager.distribution("Plain", 4);
      manager.bind("Plain").putMany(5, 6);
      const times = Array.isArray(sink) ? 2 : 1;
      const each = [
        [2, 3],
        [4, undefined],
        [5, 6],
      ];
      expect(seen.splice(0)).toEqual(
        each.flatMap((call) => Array.from({ length: times }, () => call)),
      );
    }
  });
});

test("a count that is a promise is refused, and its rejection does not reach the process", async () => {
  const { manager } = setUp();
  const rejected = (): number => Promise.reject(new Error("no count")) as unknown as number;
  let unhandled = 0;
  const count = (): void => void unhandled++;
  process.on("unhandledRejection", count);
  manager.distribution("Plain", 1, {}, rejected());
  manager.bind("Plain").putMany(1, rejected());
  manager.distribution("Plain", rejected(), {}, rejected());
  await new Promise(setImmediate);
  process.off("unhandledRejection", count);
  expect(unhandled).toBe(0);
  expect(manager.stats().refused).toEqual({ invalid_value: 3 });
  await manager.close();
});
