import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InMemorySink, MetricsError, MetricsManager } from "../index.ts";
import type { DimensionValues } from "../contract/dimensions.ts";

function setUp(options: { readonly commonDimensions?: DimensionValues } = {}) {
  const sink = new InMemorySink();
  const errors: MetricsError[] = [];
  const onError = (error: MetricsError): void => void errors.push(error);
  const metrics = new MetricsManager({ sink, exportIntervalMs: 0, onError, ...options });
  const sums = async (): Promise<Readonly<Record<string, number>>> => {
    await metrics.flush();
    return Object.fromEntries(
      sink.allSnapshots.map(({ name, dimensions, sum }) => [
        `${name} ${dimensions.map((pair) => pair.join("=")).join(" ")}`.trim(),
        sum,
      ]),
    );
  };
  return { metrics, errors, sums };
}

describe("a view", () => {
  test("gives its dimensions to every verb", async () => {
    const { metrics, sums } = setUp();
    const view = metrics.with({ tenant: "a" });
    view.count("count", 2);
    view.gauge("gauge", 3);
    view.add("added", 4);
    view.distribution("distribution", 5);
    view.put("put", 6);
    view.bind("bound", { b: 1 }).put(7);
    view.observe("observed", () => 8);
    view.observe("pairs", () => [[9, { b: 1 }]]);
    view.time("time", () => 1);
    view.timer("timer")({ b: 1 });
    expect(await sums()).toMatchObject({
      "count tenant=a": 2,
      "gauge tenant=a": 3,
      "added tenant=a": 4,
      "distribution tenant=a": 5,
      "put tenant=a": 6,
      "bound b=1 tenant=a": 7,
      "observed tenant=a": 8,
      "pairs b=1 tenant=a": 9,
      "time tenant=a": expect.any(Number),
      "timer b=1 tenant=a": expect.any(Number),
    });
  });

  test("gives way to what an observation has, then to an inner view, and wins over common dimensions", async () => {
    const { metrics, sums } = setUp({
      commonDimensions: { a: "common", b: "common", c: "common" },
    });
    const inner = metrics.with({ a: "outer", b: "outer" }).with({ a: "inner" });
    inner.count("x", 1, { a: "own" });
    inner.count("y");
    inner.count("z", 1, { a: undefined, b: "" });
    expect(await sums()).toEqual({
      "x a=own b=outer c=common": 1,
      "y a=inner b=outer c=common": 1,
      "z a=inner b=outer c=common": 1,
    });
  });

  test("shares its series with who names all dimensions", async () => {
    const { metrics, sums } = setUp();
    const view = metrics.with({ tenant: "a", plan: 1 });
    for (let i = 0; i < 2; i++) {
      view.count("x", 1, { route: "/" });
      metrics.count("x", 1, { route: "/", plan: "1", tenant: "a" });
      metrics.with({ route: "/" }).count("x", 1, { plan: 1, tenant: "a" });
      metrics.with({ plan: 1 }).with({ tenant: "a" }).with({ route: "/" }).count("x");
    }
    expect(await sums()).toEqual({ "x plan=1 route=/ tenant=a": 8 });
    expect(metrics.stats().series).toBe(1);
  });

  test("keeps what it was given, whatever becomes of the object", async () => {
    const { metrics, sums } = setUp();
    const given = { tenant: "a" };
    const view = metrics.with(given);
    given.tenant = "b";
    view.count("x");
    expect(await sums()).toEqual({ "x tenant=a": 1 });
  });

  test("of a library's metrics records them", async () => {
    const { metrics, sums } = setUp();
    const library = metrics
      .with({ tenant: "a" })
      .declare({ Hits: { kind: "counter", unit: "{hit}" } });
    library.count("Hits");
    expect(await sums()).toEqual({ "Hits tenant=a": 1 });
  });

  test("is refused nothing and throws nothing for what it can't use", async () => {
    const { metrics, errors, sums } = setUp();
    const untyped = metrics as unknown as { with(dimensions: unknown): typeof metrics };
    const getter = {
      get tenant(): string {
        throw new Error("no");
      },
    };
    for (const bad of [null, 1, "x", getter, { tenant: { a: 1 } }, { tenant: Symbol("x") }])
      untyped.with(bad).count("x");
    expect(await sums()).toEqual({ x: 6 });
    expect(errors.map(({ code }) => code)).toEqual(
      expect.arrayContaining(["invalid_dimensions", "invalid_dimension_value"]),
    );
  });

  test("returns the time that its timer took, in the metric's unit", () => {
    const { metrics } = setUp();
    const library = metrics.with({ a: 1 }).declare({ T: { kind: "distribution", unit: "s" } });
    const first = library.timer("T")();
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first).toBeLessThan(10);
  });

  test("finds the same series as one literal, for any dimensions", async () => {
    const value = fc.constantFrom(undefined, null, "", "x", "y", 1, 0, -0, 1.5, true, "1");
    const some = fc.dictionary(fc.constantFrom("a", "b", "c", "d", "__proto__"), value);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(some, some, some), { maxLength: 8 }), async (all) => {
        const { metrics, sums } = setUp();
        const reference = setUp();
        for (const [outer, inner, own] of [...all, ...all]) {
          metrics.with(outer).with(inner).count("x", 1, own);
          const pairs = [outer, inner, own].flatMap((each) => Object.entries(each));
          const present = pairs.filter(
            ([, each]) => each !== undefined && each !== null && each !== "",
          );
          reference.metrics.count("x", 1, Object.fromEntries(present));
        }
        expect(await sums()).toEqual(await reference.sums());
      }),
      { numRuns: 300 },
    );
  });
});
