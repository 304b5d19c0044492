import { afterEach, describe, expect, test, vi } from "vitest";
import { InMemorySink, MetricsManager } from "./index.ts";

const made: MetricsManager[] = [];
function create(): MetricsManager {
  const manager = new MetricsManager({ exportIntervalMs: 0 });
  made.push(manager);
  return manager;
}

const REGISTRY = Symbol.for("@aiokpl/metrics-core/shared-managers");

/** What another copy of this package, of another version, has put there. */
function plant(key: string, entry: unknown): void {
  MetricsManager.shared("any", create);
  const entries = (globalThis as { [REGISTRY]?: Map<string, unknown> })[REGISTRY];
  entries?.set(key, entry);
}

afterEach(async () => {
  await Promise.all(made.map((manager) => manager.close()));
  made.length = 0;
});

describe("MetricsManager.shared", () => {
  test("is one manager for each key", () => {
    const first = MetricsManager.shared("one", create);
    expect(MetricsManager.shared("one", create)).toBe(first);
    expect(MetricsManager.shared("two", create)).not.toBe(first);
    expect(made).toHaveLength(2);
  });

  test("replaces one as soon as it is being closed", async () => {
    const first = MetricsManager.shared("one", create);
    expect(first.isClosed).toBe(false);
    const closed = first.close();
    expect(first.isClosed).toBe(true);
    const second = MetricsManager.shared("one", create);
    expect(second).not.toBe(first);
    await closed;
    expect(MetricsManager.shared("one", create)).toBe(second);
  });

  test("asks again after create has thrown", () => {
    const fail = (): MetricsManager => {
      throw new Error("no sink");
    };
    expect(() => MetricsManager.shared("failing", fail)).toThrow("no sink");
    expect(MetricsManager.shared("failing", create)).toBe(made[0]);
  });

  test("refuses a key that is asked for while its manager is made", () => {
    const nested = (): MetricsManager => MetricsManager.shared("nested", nested);
    expect(() => MetricsManager.shared("nested", nested)).toThrow("while it is made");
    expect(MetricsManager.shared("nested", create)).toBe(made[0]);
  });

  test.each([undefined, "", 1, {}])("refuses %j as a key", (key) => {
    expect(() => MetricsManager.shared(key as string, create)).toThrow(TypeError);
    expect(made).toEqual([]);
  });

  test("takes what another copy made, and says so where it can't use it", async () => {
    const theirs = { isClosed: false };
    plant("theirs", { version: 1, manager: theirs });
    expect(MetricsManager.shared<{ isClosed: boolean }>("theirs", create)).toBe(theirs);
    plant("newer", { version: 2, manager: theirs });
    expect(() => MetricsManager.shared<{ isClosed: boolean }>("newer", create)).toThrow(
      'the shared manager "newer" was made by another version of @aiokpl/metrics-core',
    );
  });
});

describe("a module that a hot reload evaluates anew, with a copy of this package of its own", () => {
  /** What a program's `metrics.ts` does each time it is evaluated. */
  async function evaluate(): Promise<{ shared: MetricsManager; Own: typeof MetricsManager }> {
    vi.resetModules();
    const { MetricsManager: Own } = await import("./index.ts");
    const create = (): MetricsManager => {
      const manager = new Own({ sink: new InMemorySink(), exportIntervalMs: 0 });
      made.push(manager);
      return manager;
    };
    return { shared: Own.shared("reloaded", create), Own };
  }

  test("goes on with the manager that there is, and with its handles", async () => {
    const before = await evaluate();
    const handle = before.shared.bind("orders");
    handle.put(1);
    const after = await evaluate();
    expect(after.Own).not.toBe(before.Own);
    expect(after.shared).toBe(before.shared);
    after.shared.with({ route: "/" }).distribution("sizes", 2, {}, 3);
    handle.put(1);
    after.shared.bind("orders").put(1);
    expect(made).toHaveLength(1);
    expect(after.shared.stats()).toMatchObject({ accepted: 6, series: 2 });
  });

  test("makes one anew where that is closed, once for all copies", async () => {
    const { shared } = await evaluate();
    await shared.close();
    const [second, third] = [await evaluate(), await evaluate()];
    expect(second.shared).not.toBe(shared);
    expect(third.shared).toBe(second.shared);
    expect(made).toHaveLength(2);
  });
});
