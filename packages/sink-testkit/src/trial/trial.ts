import type { MetricSnapshot, MetricsSink } from "@aiokpl/metrics-core";
import { BrokenClause } from "../contract/broken-clause.ts";
import { captureOutput } from "./captured-output.ts";
import type { CapturedOutput } from "./captured-output.ts";
import type { ClauseName } from "../contract/clause-name.ts";
import { nextTurn } from "../driver/deadline.ts";
import type { IntakeRequest } from "../intake/intake-request.ts";
import { startIntakeServer } from "../intake/intake-server.ts";
import type { IntakeServer } from "../intake/intake-server.ts";
import { excerpt } from "../driver/read-export-result.ts";
import type { Breach } from "../driver/read-export-result.ts";
import type { ReceivedPoint } from "../contract/received-totals.ts";
import { SinkDriver } from "../driver/sink-driver.ts";
import type { SinkContractOptions, VendorEnd } from "../contract/sink-contract-options.ts";

/** What a clause has at hand: a fresh vendor's end, and sinks made for it. */
export interface Trial {
  readonly options: SinkContractOptions;
  readonly end: VendorEnd;
  /** Makes a sink, not opened. */
  create(): Promise<SinkDriver>;
  /** Makes a sink and opens it. */
  open(): Promise<SinkDriver>;
  /** Takes a sink made elsewhere; it is closed after the clause if the clause does not. */
  drive(sink: MetricsSink): SinkDriver;
  /** What the vendor's end got; undefined where the options can't tell. */
  received(
    driver: SinkDriver,
    requests?: readonly IntakeRequest[],
  ): Promise<readonly ReceivedPoint[] | undefined>;
  /** The name that an exported snapshot has at the vendor's end. */
  readonly nameOf: (snapshot: MetricSnapshot) => string;
  /** How many times `prepare` counts a snapshot. */
  readonly timesPrepared: (snapshot: MetricSnapshot) => number;
  /** Throws for a rule that is broken. */
  readonly breach: Breach;
}

/** A test of one rule, or of a few that only show together. */
export interface Clause {
  readonly name: ClauseName;
  /** Tries the rule. Returns a reason where it turns out not to concern the sink. */
  run(trial: Trial): Promise<string | void>;
}

/** Runs one clause against a sink of its own, and throws a {@link BrokenClause} if it does not hold. */
export async function runClause(
  options: SinkContractOptions,
  clause: Clause,
): Promise<string | void> {
  return captureOutput(async (output) => {
    const intake = await startIntakeServer({ script: options.answers?.ok ?? {}, keepAlive: false });
    const drivers: SinkDriver[] = [];
    const trial = trialOf(options, clause.name, intake, output, drivers);
    let notConcerned: string | void = undefined;
    try {
      notConcerned = await clause.run(trial);
      for (const driver of drivers) await driver.closeUnlessClosed();
    } catch (error) {
      await Promise.allSettled(drivers.map((driver) => driver.closeUnlessClosed()));
      if (error instanceof BrokenClause) throw error;
      trial.breach(clause.name, `Trying it threw: ${String(error)}`, error);
    } finally {
      await intake.close();
    }
    await nextTurn();
    await nextTurn();
    checkOutput(trial, output);
    return notConcerned;
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
    const where = rule === clause ? "" : ` (found while trying whether it "${clause}")`;
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
      "leaves no rejection unhandled",
      `There was one: ${String(unhandled[0])}`,
      unhandled[0],
    );
  }
  if (trial.options.writesToConsole !== true && written.length > 0) {
    trial.breach("writes nothing to the console", `It wrote ${excerpt(written.join(""))}.`);
  }
}
