import type { MetricSnapshot, MetricsSink } from "@aiokpl/metrics-core";
import { BrokenClause } from "../contract/broken-clause.ts";
import { captureOutput } from "./captured-output.ts";
import type { CapturedOutput } from "./captured-output.ts";
import type { ClauseName } from "../contract/clause-name.ts";
import { nextTurn } from "../driver/deadline.ts";
import type { IntakeRequest } from "../intake/intake-request.ts";
import { startIntakeServer } from "../intake/intake-server.ts";
import type { IntakeServer } from "../intake/intake-server.ts";
import { describeThrown, excerpt } from "../driver/excerpt.ts";
import type { Breach } from "../driver/breach.ts";
import type { ReceivedPoint } from "../contract/received-totals.ts";
import { SinkDriver } from "../driver/sink-driver.ts";
import type { SinkContractOptions, VendorEnd } from "../contract/sink-contract-options.ts";

/** What a clause works with: its own vendor's end, and sinks made for it. */
export interface Trial {
  readonly options: SinkContractOptions;
  readonly end: VendorEnd;
  /** Makes a sink, and does not open it. */
  create(): Promise<SinkDriver>;
  /** Makes a sink and opens it. */
  open(): Promise<SinkDriver>;
  /** Drives a sink that was made elsewhere. It is closed after the clause, unless the clause closes it. */
  drive(sink: MetricsSink): SinkDriver;
  /** Returns what the vendor received, or undefined without `options.received`. */
  received(
    driver: SinkDriver,
    requests?: readonly IntakeRequest[],
  ): Promise<readonly ReceivedPoint[] | undefined>;
  /** The vendor's name for an exported snapshot. */
  readonly nameOf: (snapshot: MetricSnapshot) => string;
  /** How many times `prepare` counts a snapshot. */
  readonly timesPrepared: (snapshot: MetricSnapshot) => number;
  /** Reports a broken rule. Throws. */
  readonly breach: Breach;
}

/** A test of one rule, or of a few rules that can only be tested together. */
export interface Clause {
  readonly name: ClauseName;
  /** Tests the rule. Resolves with a reason if the rule turns out not to apply to the sink. */
  run(trial: Trial): Promise<string | void>;
}

/** Runs one clause against a new sink, and rejects with a {@link BrokenClause} if the sink breaks it. */
export async function runClause(
  options: SinkContractOptions,
  clause: Clause,
): Promise<string | void> {
  return captureOutput(async (output) => {
    const intake = await startIntakeServer({ script: options.answers?.ok ?? {}, keepAlive: false });
    const drivers: SinkDriver[] = [];
    const trial = trialOf(options, clause.name, intake, output, drivers);
    let reasonNotToApply: string | void = undefined;
    try {
      reasonNotToApply = await clause.run(trial);
      for (const driver of drivers) await driver.closeUnlessClosed();
    } catch (error) {
      await Promise.allSettled(drivers.map((driver) => driver.closeUnlessClosed()));
      if (error instanceof BrokenClause) throw error;
      trial.breach(clause.name, `The test of it threw: ${describeThrown(error)}`, error);
    } finally {
      await intake.close();
    }
    await nextTurn();
    await nextTurn();
    checkOutput(trial, output);
    return reasonNotToApply;
  });
}

function trialOf(
  options: SinkContractOptions,
  clause: ClauseName,
  intake: IntakeServer,
  output: CapturedOutput,
  drivers: SinkDriver[],
): Trial {
  const end: VendorEnd = { url: intake.url, intake, written: output.written };
  function breach(rule: string, detail: string, cause?: unknown): never {
    const where = rule === clause ? "" : ` (found by the test "${clause}")`;
    throw new BrokenClause(options.name, rule, `${detail}${where}`, cause);
  }
  function drive(sink: MetricsSink): SinkDriver {
    const driver = new SinkDriver(sink, breach, options.graceMs ?? 1_000);
    drivers.push(driver);
    return driver;
  }
  async function create(): Promise<SinkDriver> {
    return drive(await options.create(end));
  }
  return {
    options,
    end,
    breach,
    drive,
    create,
    async open() {
      const driver = await create();
      await driver.open();
      return driver;
    },
    async received(driver, requests = intake.accepted) {
      return options.received?.({ ...end, sink: driver.sink, requests });
    },
    nameOf: (snapshot) => options.nameAtVendor?.(snapshot.name) ?? snapshot.name,
    timesPrepared: (snapshot) => options.timesPrepared?.(snapshot) ?? 1,
  };
}

function checkOutput(trial: Trial, { written, unhandled }: CapturedOutput): void {
  if (unhandled.length > 0) {
    trial.breach(
      "leaves no promise rejection unhandled",
      `There was one: ${describeThrown(unhandled[0])}`,
      unhandled[0],
    );
  }
  if (trial.options.writesToConsole !== true && written.length > 0) {
    trial.breach("writes nothing to the console", `It wrote ${excerpt(written.join(""))}.`);
  }
}
