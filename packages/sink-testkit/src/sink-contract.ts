import type { MetricsSink } from "@aiokpl/metrics-core";
import type { ClauseName } from "./contract/clause-name.ts";
import { dataClauses } from "./clauses/data-clauses.ts";
import { abortClauses, faultClauses } from "./clauses/fault-clauses.ts";
import { immutabilityClauses } from "./clauses/immutability-clauses.ts";
import { lifecycleClauses } from "./clauses/lifecycle-clauses.ts";
import { partsClauses } from "./clauses/parts-clauses.ts";
import { prepareClauses } from "./clauses/prepare-clauses.ts";
import { recordClauses } from "./clauses/record-clauses.ts";
import { secretClauses } from "./clauses/secret-clauses.ts";
import type { SinkContractOptions } from "./contract/sink-contract-options.ts";
import { thresholdClauses } from "./clauses/threshold-clauses.ts";
import { SHORTEST_SECRET } from "./trial/secret-search.ts";
import { runClause } from "./trial/trial.ts";
import type { Clause } from "./trial/trial.ts";

/** Longer than any clause takes with the slowest of sinks, in milliseconds. */
const TEST_TIMEOUT_MS = 120_000;

const CLAUSES: readonly Clause[] = [
  ...lifecycleClauses,
  ...secretClauses,
  ...recordClauses,
  ...prepareClauses,
  ...partsClauses,
  ...immutabilityClauses,
  ...dataClauses,
  ...thresholdClauses,
  ...abortClauses,
  ...faultClauses,
];

/**
 * Defines the tests that every sink must pass, with the `describe` and `it` of any test runner. Each
 * test is one clause, and fails with a message that names the broken rule. A clause that does not
 * apply to the sink shows up as skipped, with the reason.
 *
 * @throws {RangeError} if `skip` names no clause, or a secret is shorter than 8 characters
 */
export function describeSinkContract<Sink extends MetricsSink>(
  options: SinkContractOptions<Sink>,
): void {
  checkOptions(options);
  options.describe(`${options.name} and the sink contract`, () => {
    for (const clause of CLAUSES) define(options, clause);
  });
}

function checkOptions({ skip = {}, secrets = [] }: SinkContractOptions): void {
  const unknown = Object.keys(skip).find((name) => !CLAUSES.some((clause) => clause.name === name));
  if (unknown !== undefined)
    throw new RangeError(`skip names "${unknown}", which is not a clause of the sink contract`);
  if (secrets.some((secret) => secret.length < SHORTEST_SECRET)) {
    throw new RangeError(
      `secrets must have at least ${SHORTEST_SECRET} characters each, or other text contains them by chance`,
    );
  }
}

function define(options: SinkContractOptions, clause: Clause): void {
  const reason = reasonToSkip(options, clause.name);
  if (reason === undefined) {
    const run = async (...context: readonly unknown[]): Promise<void> => {
      const reasonNotToApply = await runClause(options, clause);
      if (typeof reasonNotToApply === "string") skipIn(context[0], reasonNotToApply);
    };
    options.it(clause.name, run, TEST_TIMEOUT_MS);
    return;
  }
  const name = `${clause.name} (skipped: ${reason})`;
  const nothing = (): Promise<void> => Promise.resolve();
  if (options.it.skip === undefined) options.it(name, nothing, TEST_TIMEOUT_MS);
  else options.it.skip(name, nothing);
}

/** Marks a running test as skipped, if the runner's test context has a method for that. */
function skipIn(context: unknown, reason: string): void {
  if (typeof context !== "object" || context === null) return;
  const skip: unknown = Reflect.get(context, "skip");
  if (typeof skip === "function") Reflect.apply(skip, context, [reason]);
}

const FAULT_NAMES: ReadonlySet<ClauseName> = new Set(faultClauses.map(({ name }) => name));

const NEED_NETWORK: ReadonlySet<ClauseName> = new Set<ClauseName>([
  ...FAULT_NAMES,
  "closes while an export is in flight",
  "opens while the vendor can't be reached, or once it can be reached again",
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
    case "shows no secret":
      return options.secrets === undefined ? "secrets is not given" : undefined;
    case "delivers exactly once what it reports as delivered":
      return options.received === undefined ? "received is not given" : undefined;
    case "keeps the series of a metric apart":
      if (options.received === undefined) return "received is not given";
      return options.keeps?.dimensions === true ? undefined : "keeps.dimensions is not set";
    case "keeps the counts at thresholds":
      if (options.received === undefined) return "received is not given";
      return options.keeps?.thresholds === true ? undefined : "keeps.thresholds is not set";
    case "rejects what the vendor refuses, and delivers the rest":
      return options.unacceptable === undefined ? "unacceptable is not given" : undefined;
    default:
      return undefined;
  }
}
