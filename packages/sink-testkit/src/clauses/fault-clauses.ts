import { checkAtLeastOnce, checkBalance } from "../trial/balance.ts";
import type { ClauseName } from "../contract/clause-name.ts";
import { answerOf } from "../intake/intake-script.ts";
import type { IntakeScript } from "../intake/intake-script.ts";
import { manySeries } from "../examples/many-series.ts";
import type { SinkDriver } from "../driver/sink-driver.ts";
import type { VendorFault } from "../contract/sink-contract-options.ts";
import type { Clause, Trial } from "../trial/trial.ts";
import { answersUnder } from "./vendor-faults.ts";

type AnsweredFault = Exclude<VendorFault, "refuse">;

/** What can go wrong at the vendor's end. Nothing may be lost by it. */
export const faultClauses: readonly Clause[] = [
  whole("survives refused connections", "refuse"),
  whole("survives a reset connection", "reset"),
  whole("survives throttling", "throttle"),
  whole("survives client errors", "client-error"),
  whole("survives server errors", "server-error"),
  whole("survives answers that are not HTTP", "garbage"),
  partWay("survives a reset part-way", "reset"),
  partWay("survives throttling part-way", "throttle"),
  partWay("survives client errors part-way", "client-error"),
  partWay("survives server errors part-way", "server-error"),
  partWay("survives answers that are not HTTP part-way", "garbage"),
  {
    name: "survives every fault in turn",
    async run(trial) {
      const faults: readonly AnsweredFault[] = ["reset", "throttle", "server-error", "garbage"];
      const driver = await trial.open();
      answerWith(trial, (index) => (index % 2 === 0 ? faults[index / 2] : undefined));
      for (let window = 0; window < 8; window++) {
        driver.take();
        await driver.pass({ abortAfterMs: timeoutOf(trial) });
      }
      await recover(trial, driver);
      expectNoRejection(trial, driver);
      await checkBalance(trial, driver);
    },
  },
  {
    name: "survives an answer cut short",
    async run(trial) {
      // The vendor may have stored a request that it answered like this. The sink can't know.
      const driver = await answeredBy(trial, "cut-short");
      driver.take();
      await recover(trial, driver);
      await checkAtLeastOnce(trial, driver, trial.end.intake.requests);
    },
  },
  {
    name: "survives a stranger's answer",
    async run(trial) {
      const driver = await answeredBy(trial, "stranger");
      const { length } = trial.end.intake.requests;
      driver.take();
      await recover(trial, driver);
      await checkAtLeastOnce(trial, driver, trial.end.intake.requests.slice(length));
    },
  },
  {
    name: "waits for a slow vendor",
    async run(trial) {
      const ok = okOf(trial);
      const driver = await trial.open();
      trial.end.intake.respondWith(async (request, index) => ({
        ...(await answerOf(ok, request, index)),
        delayMs: 100,
        drip: { bytes: 16, everyMs: 5 },
      }));
      driver.take();
      await driver.pass();
      expectNoRejection(trial, driver);
      await recover(trial, driver);
      await checkBalance(trial, driver);
    },
  },
  {
    name: "stops promptly when aborted in flight",
    async run(trial) {
      const { intake } = trial.end;
      const driver = await trial.open();
      driver.take();
      intake.respondWith(answersUnder("hang", { ok: okOf(trial) }));
      await driver.pass({
        abortWhen: intake.request(intake.requests.length + 1),
        abortAfterMs: timeoutOf(trial),
      });
      expectNothingDelivered(trial, driver);
      expectNoRejection(trial, driver);
      await recover(trial, driver);
      expectNoRejection(trial, driver);
      await checkBalance(trial, driver);
    },
  },
  {
    name: "stops promptly when aborted part-way",
    async run(trial) {
      const { intake } = trial.end;
      const driver = await trial.open();
      driver.take(manySeries(trial.options.many));
      answerWith(trial, (index) => (index === 0 ? undefined : "hang"));
      await driver.pass({ abortWhen: intake.request(intake.requests.length + 2) });
      expectNoRejection(trial, driver);
      await checkBalance(trial, driver);
      await recover(trial, driver);
      expectNoRejection(trial, driver);
      await checkBalance(trial, driver);
    },
  },
];

/** Clauses about an aborted signal that need no network. */
export const abortClauses: readonly Clause[] = [
  {
    name: "settles when its signal has already aborted",
    async run(trial) {
      const driver = await trial.open();
      driver.take();
      await driver.pass({ aborted: true });
      expectNoRejection(trial, driver);
      await checkBalance(trial, driver);
      await driver.untilNothingIsPending();
      await checkBalance(trial, driver);
    },
  },
];

/** Every request meets the fault, until it passes. */
function whole(name: ClauseName, fault: VendorFault): Clause {
  return {
    name,
    async run(trial) {
      const driver = await trial.open();
      driver.take();
      if (fault === "refuse") await trial.end.intake.refuseConnections();
      else trial.end.intake.respondWith(answersUnder(fault, { ok: {}, ...trial.options.answers }));
      await driver.pass({ abortAfterMs: timeoutOf(trial) });
      expectNothingDelivered(trial, driver);
      if (fault !== "client-error") expectNoRejection(trial, driver);
      if (fault === "refuse" || fault === "throttle") expectNoDoubt(trial, driver);
      await trial.end.intake.acceptConnections();
      const rejected = driver.rejected.length;
      driver.take();
      await recover(trial, driver);
      if (driver.rejected.length > rejected) {
        trial.breach(
          "recovers when the vendor does",
          `It rejected more: ${driver.rejected.at(-1)?.reason}`,
        );
      }
      await checkBalance(trial, driver);
    },
  };
}

/** The first request is accepted; all others meet the fault, until it passes. */
function partWay(name: ClauseName, fault: AnsweredFault): Clause {
  return {
    name,
    async run(trial) {
      const driver = await trial.open();
      driver.take(manySeries(trial.options.many));
      answerWith(trial, (index) => (index === 0 ? undefined : fault));
      await driver.pass({ abortAfterMs: timeoutOf(trial) });
      if (fault !== "client-error") expectNoRejection(trial, driver);
      await recover(trial, driver);
      await checkBalance(trial, driver);
    },
  };
}

/** Opens a sink and lets it export one window to a vendor with this fault. */
async function answeredBy(trial: Trial, fault: AnsweredFault): Promise<SinkDriver> {
  const driver = await trial.open();
  driver.take();
  trial.end.intake.respondWith(answersUnder(fault, { ok: {}, ...trial.options.answers }));
  await driver.pass({ abortAfterMs: timeoutOf(trial) });
  expectNoRejection(trial, driver);
  return driver;
}

/** Answers each request with the fault for its index, or normally if there is none. */
function answerWith(trial: Trial, faultAt: (index: number) => AnsweredFault | undefined): void {
  const answers = { ok: {}, ...trial.options.answers };
  trial.end.intake.respondWith((request, index) => {
    const fault = faultAt(index);
    return answerOf(
      fault === undefined ? answers.ok : answersUnder(fault, answers),
      request,
      index,
    );
  });
}

async function recover(trial: Trial, driver: SinkDriver): Promise<void> {
  trial.end.intake.respondWith(okOf(trial));
  await driver.untilNothingIsPending();
}

function okOf(trial: Trial): IntakeScript {
  return trial.options.answers?.ok ?? {};
}

function timeoutOf(trial: Trial): number {
  return trial.options.exportTimeoutMs ?? 2_000;
}

function expectNothingDelivered(trial: Trial, driver: SinkDriver): void {
  if (driver.delivered.length === 0) return;
  trial.breach(
    "nothing is reported as delivered that the vendor has not accepted",
    `The sink reported ${driver.delivered.length} of ${driver.delivered.length + driver.pending.length + driver.rejected.length} snapshots as delivered.`,
  );
}

function expectNoDoubt(trial: Trial, driver: SinkDriver): void {
  const [uncertain] = driver.uncertain;
  if (uncertain === undefined) return;
  trial.breach(
    "what the vendor has clearly refused is not uncertain",
    `The sink reported ${uncertain.name} as uncertain.`,
  );
}

function expectNoRejection(trial: Trial, driver: SinkDriver): void {
  const [rejected] = driver.rejected;
  if (rejected === undefined) return;
  trial.breach(
    "what fails for a while is retried, not rejected",
    `${rejected.snapshot.name} was rejected: ${rejected.reason}`,
  );
}
