import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { closeOnExit } from "./close-on-exit.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

/** The vendor's end. It answers at once, or only when told to; what it received counts either way. */
async function startVendor({ patience = false } = {}) {
  const received: MetricSnapshot[] = [];
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = "";
      for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
      received.push(...(JSON.parse(body) as MetricSnapshot[]));
      if (patience) waiting.push(response);
      else response.end();
      server.emit("asked");
    })();
  });
  const asked = once(server, "asked");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer: () => waiting.forEach((response) => response.end()),
    sums: () => Object.fromEntries(received.map(({ name, sum }) => [name, sum])),
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const PRELUDE = `
  import { createServer } from "node:http";
  import { closeOnExit } from ${JSON.stringify(new URL("../node.ts", import.meta.url).href)};
  import { MetricsManager } from ${JSON.stringify(new URL("../index.ts", import.meta.url).href)};
  const sink = (url = process.argv[1]) => ({
    export: async (snapshots, { signal }) => {
      const response = await fetch(url, { method: "POST", body: JSON.stringify(snapshots), signal });
      await response.text();
      console.log("delivered");
    },
  });
  const metrics = new MetricsManager({ sink: sink() });
  const stayAlive = () => setInterval(() => {}, 1_000_000);
  const afterEmit = (listener) => {
    const { emit } = process;
    process.emit = (...event) => {
      emit.apply(process, event);
      listener(event[0]);
    };
  };
  const registered = () =>
    ["SIGTERM", "SIGINT", "beforeExit", "exit"].map((event) => process.listenerCount(event)).join();
`;

/** Runs before the package is loaded, so that a program can move the clock that the package takes. */
const MOVABLE_CLOCK = `data:text/javascript,${encodeURIComponent(`
  const now = performance.now.bind(performance);
  globalThis.clock = { now };
  performance.now = () => globalThis.clock.now();
`)}`;

/** Runs a program in a process of its own, given the vendor's address. */
function run(program: string, url = "http://127.0.0.1:9") {
  const child = spawn(
    process.execPath,
    ["--import", MOVABLE_CLOCK, "--input-type=module-typescript", "--eval", PRELUDE + program, url],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const lines: string[] = [];
  const output = createInterface(child.stdout).on("line", (line) => lines.push(line));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Waits for a line that the program prints; fails if it ends before. */
    async prints(pattern: RegExp): Promise<string> {
      for (;;) {
        const line = lines.find((each) => pattern.test(each));
        if (line !== undefined) return line;
        if (Array.isArray(await Promise.race([once(output, "line").then(() => true), closed])))
          throw new Error(`the program ended before it printed ${pattern}: ${stderr}`);
      }
    },
    async ended() {
      const [code, signal] = await closed;
      return { end: signal ?? code, lines, stderr };
    },
    [Symbol.dispose]() {
      child.kill("SIGKILL");
    },
  };
}

describe.concurrent("closeOnExit", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "on %s the last window is delivered, and the signal ends the process",
    async (signal) => {
      using vendor = await startVendor();
      using program = run(
        `closeOnExit(metrics);
        metrics.count("jobs", 3);
        stayAlive();
        console.log("ready");`,
        vendor.url,
      );
      await program.prints(/^ready$/);
      program.kill(signal);
      expect(await program.ended()).toEqual({
        end: signal,
        lines: ["ready", "delivered"],
        stderr: "",
      });
      expect(vendor.sums()).toEqual({ jobs: 3 });
    },
  );

  test("signals other than the default are listened for, and those left out are not", async () => {
    using vendor = await startVendor();
    using program = run(
      `closeOnExit(metrics, { signals: ["SIGHUP", "SIGHUP"] });
      console.log(registered(), process.listenerCount("SIGHUP"));
      metrics.count("jobs");
      stayAlive();`,
      vendor.url,
    );
    await program.prints(/^0,0,1,1 1$/);
    program.kill("SIGHUP");
    expect(await program.ended()).toMatchObject({ end: "SIGHUP", stderr: "" });
    expect(vendor.sums()).toEqual({ jobs: 1 });
  });

  test("a second signal ends the process at once while the vendor hangs", async () => {
    using vendor = await startVendor({ patience: true });
    using program = run(
      `closeOnExit(metrics, { timeoutMs: 600_000 });
      metrics.count("jobs");
      stayAlive();
      console.log("ready");`,
      vendor.url,
    );
    await program.prints(/^ready$/);
    program.kill("SIGINT");
    await vendor.asked;
    program.kill("SIGTERM");
    expect(await program.ended()).toEqual({ end: "SIGTERM", lines: ["ready"], stderr: "" });
  });

  test("the same signal again after a while counts as a second one", async () => {
    using program = run(
      `const { now } = clock;
      closeOnExit(metrics, {
        timeoutMs: 600_000,
        before: () => {
          clock.now = () => now() + 251;
          console.log("closing");
          return new Promise(() => {});
        },
      });
      stayAlive();
      console.log("ready");`,
    );
    await program.prints(/^ready$/);
    program.kill("SIGINT");
    await program.prints(/^closing$/);
    program.kill("SIGINT");
    expect(await program.ended()).toMatchObject({ end: "SIGINT", stderr: "" });
  });

  test("the same signal again at once, which npm causes on Ctrl-C, does not count as a second one", async () => {
    using vendor = await startVendor();
    using program = run(
      `const twice = Promise.withResolvers();
      let signals = 0;
      afterEmit((event) => event === "SIGINT" && ++signals === 2 && twice.resolve());
      clock.now = () => 1;
      closeOnExit(metrics, { before: () => twice.promise });
      metrics.count("jobs");
      stayAlive();
      process.kill(process.pid, "SIGINT");
      setImmediate(() => setImmediate(() => process.kill(process.pid, "SIGINT")));`,
      vendor.url,
    );
    expect(await program.ended()).toEqual({ end: "SIGINT", lines: ["delivered"], stderr: "" });
    expect(vendor.sums()).toEqual({ jobs: 1 });
  });

  test.each([
    ["vendor that hangs", "sink()"],
    ["sink that never settles", "{ export: forever, close: forever }"],
  ])("a %s keeps the process for timeoutMs at most, and the loss is reported", async (_, sink) => {
    using vendor = await startVendor({ patience: true });
    using program = run(
      `const forever = () => new Promise(() => {});
      const hanging = new MetricsManager({ sink: ${sink} });
      closeOnExit(hanging, { timeoutMs: 2_000 });
      hanging.count("jobs");
      stayAlive();
      console.log("ready");`,
      vendor.url,
    );
    await program.prints(/^ready$/);
    const start = performance.now();
    program.kill("SIGTERM");
    const { end, stderr } = await program.ended();
    expect(end).toBe("SIGTERM");
    expect(performance.now() - start).toBeLessThan(8_000);
    expect(stderr).toContain("was closed with 1 snapshot undelivered");
    expect(stderr).not.toContain("closeOnExit");
  });

  test.each([
    ["never settles", "return new Promise(() => {})", "close() took longer than its "],
    ["rejects", "return Promise.reject(new Error('no'))", "close() failed: no"],
    ["throws", "throw new Error('no')", "close() failed: no"],
  ])(
    "a manager whose close() %s causes a warning, and the process ends",
    async (_, close, warning) => {
      using program = run(
        `const timer = stayAlive();
      const close = () => { clearInterval(timer); ${close}; };
      closeOnExit({ close }, { timeoutMs: 100 });
      console.log("ready");`,
      );
      await program.prints(/^ready$/);
      program.kill("SIGTERM");
      const { end, stderr } = await program.ended();
      expect(end).toBe("SIGTERM");
      expect(stderr).toContain(`MetricsWarning: closeOnExit: ${warning}`);
    },
  );

  test("a program that ends by itself delivers the last window and keeps its exit code", async () => {
    using vendor = await startVendor();
    using program = run(
      `closeOnExit(metrics, { before: () => console.log("before") });
      console.log(registered());
      metrics.count("jobs", 2);
      process.exitCode = 3;
      process.on("exit", () => console.log(registered()));`,
      vendor.url,
    );
    expect(await program.ended()).toEqual({
      end: 3,
      lines: ["1,1,1,1", "delivered", "0,0,0,1"],
      stderr: "",
    });
    expect(vendor.sums()).toEqual({ jobs: 2 });
  });

  test("a signal while the program ends by itself waits for the delivery", async () => {
    using vendor = await startVendor({ patience: true });
    using program = run(
      `afterEmit((event) => event === "SIGTERM" && console.log("signal"));
      closeOnExit(metrics, { timeoutMs: 600_000, before: () => console.log("before") });
      metrics.count("jobs");`,
      vendor.url,
    );
    await vendor.asked;
    program.kill("SIGTERM");
    await program.prints(/^signal$/);
    vendor.answer();
    expect(await program.ended()).toEqual({
      end: "SIGTERM",
      lines: ["signal", "delivered"],
      stderr: "",
    });
  });

  test("before() lets a server answer, and what the server records meanwhile is delivered", async () => {
    using vendor = await startVendor();
    using program = run(
      `const stopping = Promise.withResolvers();
      const server = createServer(async (request, response) => {
        console.log("asked");
        await stopping.promise;
        response.setHeader("connection", "close").end("answer");
        metrics.count("answers");
      });
      server.listen(0, "127.0.0.1", () => console.log(server.address().port));
      closeOnExit(metrics, {
        before: () => new Promise((done) => {
          server.close(done);
          setImmediate(stopping.resolve);
        }),
      });`,
      vendor.url,
    );
    const answer = fetch(`http://127.0.0.1:${await program.prints(/^\d+$/)}`);
    await program.prints(/^asked$/);
    program.kill("SIGTERM");
    expect(await (await answer).text()).toBe("answer");
    expect(await program.ended()).toMatchObject({ end: "SIGTERM", stderr: "" });
    expect(vendor.sums()).toEqual({ answers: 1 });
  });

  test.each([
    ["throws", "() => { throw new Error('no'); }", "before() failed: no"],
    ["rejects", "async () => { throw new Error('no'); }", "before() failed: no"],
    [
      "hangs",
      "() => new Promise(() => {})",
      "before() took longer than its 800 ms; the next step does not wait for it",
    ],
  ])("a before() that %s causes a warning, and loses no metrics", async (_, before, warning) => {
    using vendor = await startVendor();
    using program = run(
      `closeOnExit(metrics, { timeoutMs: 2_000, before: ${before} });
      metrics.count("jobs");
      stayAlive();
      console.log("ready");`,
      vendor.url,
    );
    await program.prints(/^ready$/);
    program.kill("SIGTERM");
    const { end, lines, stderr } = await program.ended();
    expect(end).toBe("SIGTERM");
    expect(stderr).toContain(`closeOnExit: ${warning}`);
    expect(lines).toContain("delivered");
    expect(vendor.sums()).toEqual({ jobs: 1 });
  });

  test("onResult() is given what became of the metrics, then after() ends what the sink was given", async () => {
    using vendor = await startVendor();
    using program = run(
      `closeOnExit(metrics, {
        onResult: ({ ok, delivered }) => console.log(ok, delivered),
        after: async () => console.log("after"),
      });
      metrics.count("jobs");
      stayAlive();
      console.log("ready");`,
      vendor.url,
    );
    await program.prints(/^ready$/);
    program.kill("SIGTERM");
    expect(await program.ended()).toEqual({
      end: "SIGTERM",
      lines: ["ready", "delivered", "true 1", "after"],
      stderr: "",
    });
  });

  test("after() has time of its own, even if the vendor hangs", async () => {
    using vendor = await startVendor({ patience: true });
    using program = run(
      `closeOnExit(metrics, { timeoutMs: 600, after: () => console.log("after") });
      metrics.count("jobs");
      stayAlive();
      console.log("ready");`,
      vendor.url,
    );
    await program.prints(/^ready$/);
    program.kill("SIGTERM");
    const { end, lines } = await program.ended();
    expect([end, lines]).toEqual(["SIGTERM", ["ready", "after"]]);
  });

  test.each([
    ["process.exit()", "process.exit(7)", 7],
    ["an uncaught exception", "setImmediate(() => { throw new Error('no'); })", 1],
    ["an unhandled rejection", "Promise.reject(new Error('no'))", 1],
  ])("one line says what %s loses", async (_, end, code) => {
    using vendor = await startVendor({ patience: true });
    using program = run(
      `closeOnExit(metrics);
      metrics.count("jobs");
      void metrics.flush();
      stayAlive();
      process.once("SIGUSR1", () => {
        for (let i = 0; i < 4; i++) metrics.count("jobs");
        ${end};
      });
      console.log("ready");`,
      vendor.url,
    );
    await program.prints(/^ready$/);
    await vendor.asked;
    program.kill("SIGUSR1");
    const { end: ended, stderr } = await program.ended();
    expect(ended).toBe(code);
    expect(stderr.split("\n").filter((line) => line.includes("@aiokpl/metrics:"))).toEqual([
      '@aiokpl/metrics: the process ends and loses 4 observations of the open window, and 1 observation waiting for sink "sink". Await close() before process.exit(). To deliver after an uncaught error, call close() in a handler for it.',
    ]);
  });

  test("an exit that loses nothing prints nothing", async () => {
    using vendor = await startVendor();
    using program = run(
      `closeOnExit(metrics);
      metrics.count("jobs");
      await metrics.flush();
      process.exit(7);`,
      vendor.url,
    );
    expect(await program.ended()).toEqual({ end: 7, lines: ["delivered"], stderr: "" });
  });

  test("all managers share one listener per event, which is removed with the last of them", async () => {
    using program = run(
      `const managers = Array.from({ length: 30 }, () => new MetricsManager({ sink: sink() }));
      for (const each of managers) closeOnExit(each);
      console.log(registered());
      const last = managers.pop();
      await Promise.all(managers.map((each) => each.close()));
      console.log(registered());
      await last.close();
      setImmediate(() => console.log(registered()));`,
    );
    expect(await program.ended()).toEqual({
      end: 0,
      lines: ["1,1,1,1", "1,1,1,1", "0,0,0,0"],
      stderr: "",
    });
  });

  test("a before() that fails after its time does not cause an unhandled rejection", async () => {
    using program = run(
      `const late = Promise.withResolvers();
      const close = async () => {
        late.reject(new Error("late"));
        await new Promise((resolve) => setImmediate(resolve));
      };
      closeOnExit({ close }, { timeoutMs: 20, before: () => late.promise });
      stayAlive();
      console.log("ready");`,
    );
    await program.prints(/^ready$/);
    program.kill("SIGTERM");
    const { end, stderr } = await program.ended();
    expect(end).toBe("SIGTERM");
    expect(stderr).not.toContain("late");
  });

  test("after it is undone, signals and the program's end work as before", async () => {
    using vendor = await startVendor();
    const source = `
      closeOnExit(metrics)();
      metrics.count("jobs");
      console.log(registered());`;
    using ending = run(source, vendor.url);
    expect(await ending.ended()).toEqual({ end: 0, lines: ["0,0,0,0"], stderr: "" });
    using program = run(`${source} stayAlive();`, vendor.url);
    await program.prints(/^0,0,0,0$/);
    program.kill("SIGTERM");
    expect(await program.ended()).toMatchObject({ end: "SIGTERM", stderr: "" });
    expect(vendor.sums()).toEqual({});
  });

  test("undoing it while it closes does not stop it", async () => {
    using vendor = await startVendor();
    using program = run(
      `const undo = closeOnExit(metrics, { before: () => (undo(), console.log(registered())) });
      metrics.count("jobs");
      stayAlive();
      console.log("ready");`,
      vendor.url,
    );
    await program.prints(/^ready$/);
    program.kill("SIGTERM");
    expect(await program.ended()).toEqual({
      end: "SIGTERM",
      lines: ["ready", "1,1,1,1", "delivered"],
      stderr: "",
    });
    expect(vendor.sums()).toEqual({ jobs: 1 });
  });

  test("two managers are both closed, and the process ends with the slower one", async () => {
    using vendor = await startVendor({ patience: true });
    using program = run(
      `afterEmit((event) => event === "SIGTERM" && console.log(event));
      closeOnExit(metrics, { timeoutMs: 600_000 });
      closeOnExit({ close: async () => setTimeout(() => console.log("later"), 30) });
      metrics.count("jobs");
      stayAlive();
      console.log("ready");`,
      vendor.url,
    );
    await program.prints(/^ready$/);
    program.kill("SIGTERM");
    await program.prints(/^later$/);
    await vendor.asked;
    vendor.answer();
    expect(await program.ended()).toEqual({
      end: "SIGTERM",
      lines: ["ready", "SIGTERM", "later", "delivered"],
      stderr: "",
    });
  });

  test.each(["on", "once"])(
    "a program that listens by process.%s() ends in its own way, and the metrics are delivered",
    async (listen) => {
      using vendor = await startVendor();
      using program = run(
        `process.${listen}("SIGTERM", async () => {
          await metrics.close();
          for (let turn = 0; turn < 20; turn++) await new Promise((done) => setTimeout(done, 1));
          process.exit(7);
        });
        closeOnExit(metrics);
        metrics.count("jobs");
        stayAlive();
        console.log("ready");`,
        vendor.url,
      );
      await program.prints(/^ready$/);
      program.kill("SIGTERM");
      expect(await program.ended()).toMatchObject({ end: 7, stderr: "" });
      expect(vendor.sums()).toEqual({ jobs: 1 });
    },
  );

  test("a manager that is made while others are closing is closed after them", async () => {
    using vendor = await startVendor();
    using program = run(
      `const before = () => {
        const late = new MetricsManager({ sink: sink() });
        closeOnExit(late);
        late.count("late");
      };
      closeOnExit(metrics, { before });
      metrics.count("early");
      stayAlive();
      console.log("ready");`,
      vendor.url,
    );
    await program.prints(/ready/);
    program.kill("SIGTERM");
    await program.prints(/delivered/);
    expect(await program.ended()).toMatchObject({ end: "SIGTERM", stderr: "" });
    expect(vendor.sums()).toEqual({ early: 1, late: 1 });
  });

  test("a process that can't end itself with a signal, like a container's first, exits with 128 plus the number", async () => {
    using vendor = await startVendor();
    using program = run(
      `process.kill = () => true;
      const timer = stayAlive();
      closeOnExit(metrics, { before: () => clearInterval(timer) });
      metrics.count("jobs");
      console.log("ready");`,
      vendor.url,
    );
    await program.prints(/^ready$/);
    program.kill("SIGTERM");
    expect(await program.ended()).toMatchObject({ end: 143, stderr: "" });
    expect(vendor.sums()).toEqual({ jobs: 1 });
  });
});

describe("the options of closeOnExit", () => {
  test.each([
    [{ signals: "SIGTERM" }, new TypeError('signals is "SIGTERM", must be an array of signals')],
    [{ signals: ["SIGINT", "SIGKILL"] }, RangeError],
    [{ signals: [15] }, RangeError],
    [{ timeoutMs: "5" }, new TypeError('timeoutMs is "5", must be a number')],
    [{ timeoutMs: 0 }, RangeError],
    [{ timeoutMs: 1.5 }, RangeError],
    [{ timeoutMs: 3_600_001 }, RangeError],
    [{ before: 1 }, new TypeError("before is 1, must be a function")],
    [{ after: 1 }, new TypeError("after is 1, must be a function")],
    [{ onResult: {} }, new TypeError("onResult is an object, must be a function")],
    [{ later: () => {} }, TypeError],
    [null, TypeError],
  ])("options %o are refused, and nothing is registered", (options, error) => {
    const registered = () =>
      ["SIGTERM", "SIGINT", "beforeExit", "exit"].map((e) => process.listenerCount(e));
    const earlier = registered();
    const manager = { close: async () => {} };
    expect(() => closeOnExit(manager, options as never)).toThrow(error);
    expect(() => closeOnExit({} as never)).toThrow(/^manager is .* with the method close\(\)$/);
    expect(registered()).toEqual(earlier);
  });

  test("every option may be undefined", () => {
    const manager = { close: async () => {} };
    const earlier = process.listenerCount("SIGTERM");
    const undo = closeOnExit(manager, {
      signals: undefined,
      timeoutMs: undefined,
      before: undefined,
      after: undefined,
      onResult: undefined,
    });
    expect(process.listenerCount("SIGTERM")).toBe(earlier + 1);
    undo();
    expect(process.listenerCount("SIGTERM")).toBe(earlier);
  });
});
