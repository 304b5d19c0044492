import { checkBalance } from "../trial/balance.ts";
import { nextTurn, settledWithin } from "../driver/deadline.ts";
import { handlesLeftOpen, openHandles } from "../trial/open-handles.ts";
import type { OpenHandles } from "../trial/open-handles.ts";
import { readExportResult } from "../driver/read-export-result.ts";
import type { SinkDriver } from "../driver/sink-driver.ts";
import type { Clause, Trial } from "../trial/trial.ts";

/** How a sink opens and closes, and what it must not leave behind. */
export const lifecycleClauses: readonly Clause[] = [
  {
    name: "opens, delivers and closes",
    async run(trial) {
      const driver = await trial.open();
      driver.take();
      await driver.untilNothingIsPending();
      await checkBalance(trial, driver);
      const [rejected] = driver.rejected;
      if (rejected !== undefined)
        trial.breach(this.name, `It rejected ${rejected.snapshot.name}: ${rejected.reason}`);
      await driver.close();
    },
  },
  {
    name: "declares sensible settings",
    async run(trial) {
      const { sink } = await trial.create();
      const { name, preferredIntervalMs, maxExportSnapshots, maxAgeMs, acknowledges = true } = sink;
      if (name !== undefined && name.trim() === "") trial.breach(this.name, "name is empty.");
      for (const [setting, value] of Object.entries({
        preferredIntervalMs,
        maxExportSnapshots,
        maxAgeMs,
      })) {
        if (value === undefined || (Number.isFinite(value) && value >= 1)) continue;
        trial.breach(this.name, `${setting} is ${value}, must be at least 1 and finite.`);
      }
      if (maxExportSnapshots !== undefined && !Number.isInteger(maxExportSnapshots)) {
        trial.breach(
          this.name,
          `maxExportSnapshots is ${maxExportSnapshots}, must be a whole number.`,
        );
      }
      const declared = trial.options.acknowledges ?? true;
      if (acknowledges !== declared) {
        trial.breach(
          this.name,
          `acknowledges is ${acknowledges}, but the options of the contract say ${declared}.`,
        );
      }
    },
  },
  {
    name: "may be closed twice",
    async run(trial) {
      const driver = await trial.open();
      driver.take();
      await driver.untilNothingIsPending();
      await driver.close();
      await driver.close();
      await checkBalance(trial, driver);
    },
  },
  {
    name: "may be closed without having been opened",
    async run(trial) {
      const driver = await trial.create();
      await driver.close();
    },
  },
  {
    name: "closes when its signal has already aborted",
    async run(trial) {
      const driver = await trial.open();
      driver.take();
      await driver.untilNothingIsPending();
      await driver.close(AbortSignal.abort());
    },
  },
  {
    name: "closes while an export is in flight",
    async run(trial) {
      const { intake } = trial.end;
      const driver = await trial.open();
      const snapshots = driver.take();
      const abort = new AbortController();
      intake.respondWith({ hang: true });
      const called = intake.request(intake.requests.length + 1);
      const exported = driver.startExport(snapshots, abort.signal);
      await Promise.race([called, exported]).catch(() => undefined);
      await driver.close(AbortSignal.timeout(trial.options.graceMs ?? 1_000));
      abort.abort();
      if ((await settledWithin(exported, trial.options.graceMs ?? 1_000)) === undefined) {
        trial.breach(
          "export() settles promptly once its signal has aborted",
          "It had not settled after close() either.",
        );
      }
    },
  },
  {
    name: "reports what becomes of an export after close",
    async run(trial) {
      const { graceMs = 1_000, exportTimeoutMs = 2_000 } = trial.options;
      const driver = await trial.open();
      const snapshots = driver.take();
      await driver.close();
      const abort = new AbortController();
      const exported = driver.startExport(snapshots, abort.signal);
      let settled = await settledWithin(exported, exportTimeoutMs);
      abort.abort();
      settled ??= await settledWithin(exported, graceMs);
      if (settled === undefined) return trial.breach(this.name, "The export did not settle.");
      if ("error" in settled) return undefined;
      const { delivered } = readExportResult(settled.value, snapshots, trial.breach);
      const points = await trial.received(driver);
      if (delivered.length > 0 && points?.length === 0) {
        trial.breach(
          this.name,
          `It reported ${delivered.length} snapshots as delivered, but the vendor received none.`,
        );
      }
      return undefined;
    },
  },
  {
    name: "opens again after a failed open",
    async run(trial) {
      const driver = await unopenable(trial);
      await driver.tryOpen();
      await driver.tryOpen();
    },
  },
  {
    name: "closes after a failed open",
    async run(trial) {
      const before = openHandles();
      const driver = await unopenable(trial);
      const opened = await driver.tryOpen();
      if (!("error" in opened))
        trial.breach(this.name, "createUnopenable made a sink whose open() resolved.");
      await driver.close();
      await checkHandles(trial, before);
    },
  },
  {
    name: "opens while the vendor can't be reached, or once it can be reached again",
    async run(trial) {
      const { intake } = trial.end;
      const driver = await trial.create();
      await intake.refuseConnections();
      const opened = await driver.tryOpen();
      await intake.acceptConnections();
      if ("error" in opened) await driver.open();
      driver.take();
      await driver.untilNothingIsPending();
      await checkBalance(trial, driver);
    },
  },
  {
    name: "leaves no handle open",
    async run(trial) {
      const before = openHandles();
      const driver = await trial.open();
      driver.take();
      await driver.untilNothingIsPending();
      await driver.close();
      await checkHandles(trial, before);
    },
  },
  {
    name: "leaves no handle open after an aborted export",
    async run(trial) {
      const { intake } = trial.end;
      const before = openHandles();
      const driver = await trial.open();
      driver.take();
      intake.respondWith({ hang: true });
      await driver.pass({
        abortWhen: intake.request(intake.requests.length + 1),
        abortAfterMs: trial.options.exportTimeoutMs ?? 2_000,
      });
      await driver.close();
      await checkHandles(trial, before);
    },
  },
  {
    name: "closes its own connections",
    async run(trial) {
      const driver = await trial.open();
      driver.take();
      await driver.untilNothingIsPending();
      await driver.close();
      const deadline = performance.now() + 2_000;
      while (trial.end.intake.connections > 0) {
        if (performance.now() > deadline)
          trial.breach(this.name, `It left ${trial.end.intake.connections} connections open.`);
        await nextTurn();
      }
    },
  },
  {
    name: "leaves an injected client open",
    async run(trial) {
      const injected = await trial.options.createInjected?.(trial.end);
      if (injected === undefined) return "createInjected is not given";
      const driver = trial.drive(injected.sink);
      try {
        await driver.open();
        driver.take();
        await driver.untilNothingIsPending();
        await driver.close();
        if (!(await injected.isOpen())) trial.breach(this.name, "close() has closed the client.");
      } finally {
        await injected.dispose?.();
      }
      return undefined;
    },
  },
  {
    name: "writes nothing to the console",
    async run(trial) {
      // The kit watches every clause. This one gives the sink the most reasons to print something.
      const driver = await trial.open();
      driver.take();
      await driver.untilNothingIsPending();
      if (trial.options.answers !== undefined) {
        await trial.end.intake.refuseConnections();
        driver.take();
        await driver.pass({ abortAfterMs: trial.options.exportTimeoutMs ?? 2_000 });
      }
      await driver.close();
    },
  },
];

async function unopenable(trial: Trial): Promise<SinkDriver> {
  const sink = await trial.options.createUnopenable?.(trial.end);
  return trial.drive(sink ?? (await trial.options.create(trial.end)));
}

async function checkHandles(trial: Trial, before: OpenHandles): Promise<void> {
  const left = await handlesLeftOpen(before);
  if (left.length > 0)
    trial.breach(
      "leaves no handle open",
      `After close() there are more handles than before: ${left.join(", ")}.`,
    );
}
