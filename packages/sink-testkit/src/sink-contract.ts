import type { MetricsSink } from "@aiokpl/metrics-core";
import type { ClauseName } from "./contract/clause-name.ts";
import { dataClauses } from "./clauses/data-clauses.ts";
import { abortClauses, faultClauses } from "./clauses/fault-clauses.ts";
import { lifecycleClauses } from "./clauses/lifecycle-clauses.ts";
import { prepareClauses } from "./clauses/prepare-clauses.ts";
import type { SinkContractOptions } from "./contract/sink-contract-options.ts";
import { runClause } from "./trial/trial.ts";
import type { Clause } from "./trial/trial.ts";

/** More than a clause takes with the slowest of sinks, in milliseconds. */
const TEST_TIMEOUT_MS = 120_000;

/**
 * Defines the tests that every sink must pass, with any test runner's `describe` and `it`. A test
 * that fails names the rule that is broken; a clause that does not concern the sink is skipped in
 * sight, with the reason.
 */
export function describeSinkContract<Sink extends MetricsSink>(
  options: SinkContractOptions<Sink>,
): void {
  const clauses = [
    ...lifecycleClauses,
    ...prepareClauses,
    ...dataClauses,
    ...abortClauses,
    ...faultClauses,
  ];
  const unknown = Object.keys(options.skip ?? {}).find(
    (name) => !clauses.some((clause) => clause.name === name),
  );
  if (unknown !== undefined)
    throw new RangeError(`skip names "${unknown}", which is not a clause of the sink contract`);

  options.describe(`${options.name} and the sink contract`, () => {
    for (const clause of clauses) define(options, clause);
  });
}

function define(options: SinkContractOptions, clause: Clause): void {
  const reason = reasonToSkip(options, clause.name);
  if (reason === undefined) {
    const run = async (...context: readonly unknown[]): Promise<void> => {
      const notConcerned = await runClause(options, clause);
      if (typeof notConcerned === "string") skipIn(context[0], notConcerned);
    };
    options.it(clause.name, run, TEST_TIMEOUT_MS);
    return;
  }
  const name = `${clause.name} (skipped: ${reason})`;
  const nothing = (): Promise<void> => Promise.resolve();
  if (options.it.skip === undefined) options.it(name, nothing, TEST_TIMEOUT_MS);
  else options.it.skip(name, nothing);
}

/** Tells the runner, where its test context can be told, that the test turned out not to concern the sink. */
function skipIn(context: unknown, reason: string): void {
  if (typeof context !== "object" || context === null) return;
  const skip: unknown = Reflect.get(context, "skip");
  if (typeof skip === "function") Reflect.apply(skip, context, [reason]);
}

const FAULT_NAMES: ReadonlySet<ClauseName> = new Set(faultClauses.map(({ name }) => name));

const NEED_NETWORK: ReadonlySet<ClauseName> = new Set<ClauseName>([
  ...FAULT_NAMES,
  "closes while an export is in flight",
  "opens while the vendor can't be reached, or when it can be again",
  "leaves no handle open after an aborted export",
]);

function reasonToSkip(options: SinkContractOptions, name: ClauseName): string | undefined {
  const given = options.skip?.[name];
  if (given !== undefined) return given;
  if (NEED_NETWORK.has(name) && options.answers === undefined)
    return "no network end, answers is not given";
  if (FAULT_NAMES.has(name) && options.acknowledges === false) return "acknowledges is false";
  switch (name) {
    case "opens again after a failed open":
    case "closes after a failed open":
      return options.createUnopenable === undefined ? "createUnopenable is not given" : undefined;
    case "closes its own connections":
      return options.closesConnections === true ? undefined : "closesConnections is not set";
    case "leaves an injected client open":
      return options.createInjected === undefined ? "createInjected is not given" : undefined;
    case "writes nothing to the console":
      return options.writesToConsole === true ? "writesToConsole is set" : undefined;
    case "delivers what it tells delivered, exactly once":
      return options.received === undefined ? "received is not given" : undefined;
    case "keeps the series of a metric apart":
      if (options.received === undefined) return "received is not given";
      return options.keeps?.dimensions === true ? undefined : "keeps.dimensions is not set";
    case "rejects what the vendor refuses, and delivers the rest":
      return options.unacceptable === undefined ? "unacceptable is not given" : undefined;
    default:
      return undefined;
  }
}
