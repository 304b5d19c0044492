import { kplMetrics, MetricsManager, systemClock } from "@aiokpl/metrics-core";
import { ExportedTotals } from "./exported-totals.ts";
import { faultScript } from "./fault-script.ts";
import { findInputs } from "./input.ts";
import { LoopbackEndpoint } from "./loopback-endpoint.ts";
import { isVendor, type Options } from "./options.ts";
import { Producer } from "./producer.ts";
import { PutRecordsClient } from "./put-records-client.ts";
import { RecordReader } from "./read-records.ts";
import { reconcile } from "./reconciliation.ts";
import type { Screen } from "./screen.ts";
import { seededRandom } from "./seeded-random.ts";
import { chooseSink } from "./sink-choice.ts";
import { UsageError } from "./usage-error.ts";

const STREAM = "demo";
const SHARDS = 4;

/** Short, so that some records expire in the worst phases of the script, and the end never takes long. */
const RECORD_TTL_MS = 1_500;

/** Only this many lines that are too long are reported one by one. The reconciliation counts all of them. */
const MAX_OVERSIZE_REPORTS = 5;

/**
 * Runs the demo once: reads lines, sends records, exports their metrics and checks the totals.
 *
 * @param stop ends the reading early; the rest is still done.
 * @returns whether all totals agree.
 * @throws UsageError if the input cannot be read: before anything starts, or, if reading fails in the middle, after the reconciliation.
 */
export async function run(
  options: Options,
  screen: Screen,
  stop: AbortController,
): Promise<boolean> {
  const { inputs, defaultRate, note } = await findInputs(options.paths);
  const totals = new ExportedTotals();
  const manager = new MetricsManager({
    metrics: kplMetrics,
    sink: [await chooseSink(options, screen), totals],
    exportIntervalMs: options.intervalMs,
    onError: (error) => screen.print(`metrics: ${error.message}`),
  });
  const endpoint = await LoopbackEndpoint.start(faultScript(options.seed, SHARDS), SHARDS);
  const client = new PutRecordsClient(endpoint.url, STREAM);
  const producer = new Producer({
    stream: STREAM,
    shards: SHARDS,
    putRecords: client.putRecords,
    metrics: manager,
    clock: systemClock,
    random: seededRandom(options.seed),
    recordTtlMs: RECORD_TTL_MS,
  });
  let oversizeReports = 0;
  const reader = new RecordReader({
    producer,
    ratePerSecond: options.rate ?? defaultRate,
    clock: systemClock,
    signal: stop.signal,
    onOversize: (message) => {
      if (oversizeReports++ < MAX_OVERSIZE_REPORTS) screen.print(message);
    },
  });

  if (note !== undefined) screen.print(note);
  screen.print(
    `Sending the lines of ${inputs.map(({ name }) => name).join(", ")} to a simulated Kinesis stream with ${SHARDS} shards at ${endpoint.url} (seed ${options.seed}).\n` +
      `A window lasts ${options.intervalMs} ms. Press Ctrl-C to stop early.`,
  );
  const startedAt = systemClock.monotonicTime();
  const hideProgress = screen.showProgress(() => {
    const { received, put, pending, expired, failed } = producer.counts;
    const seconds = ((systemClock.monotonicTime() - startedAt) / 1_000).toFixed(1);
    const phase = stop.signal.aborted ? "finishing" : "sending";
    return `${phase} ${seconds} s: ${received} read, ${put} put, ${pending} pending, ${expired + failed} given up`;
  });
  const cancelTimeLimit =
    options.seconds === undefined
      ? undefined
      : systemClock.setTimer(() => stop.abort(), options.seconds * 1_000);
  let inputError: UsageError | undefined;
  try {
    for (const input of inputs) await reader.read(input);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    inputError = error;
  }
  cancelTimeLimit?.();
  await producer.close();
  await manager.close();
  hideProgress();
  client.close();
  await endpoint.close();

  const { sinks } = manager.stats();
  const [chosen] = sinks;
  const { isEqual, table } = reconcile({
    read: reader.counts,
    producer: producer.counts,
    endpoint: endpoint.counts,
    exported: {
      windows: totals.windows,
      userRecordsReceived: totals.of("UserRecordsReceived"),
      userRecordsPut: totals.of("UserRecordsPut"),
    },
    undelivered: sinks.reduce(
      (all, { pending, rejected }) => all + pending.snapshots + rejected.snapshots,
      0,
    ),
    delivered:
      chosen !== undefined && isVendor(options.sink)
        ? { vendor: options.sink, snapshots: chosen.delivered.snapshots }
        : undefined,
  });
  screen.print(table);
  if (inputError !== undefined) throw inputError;
  return isEqual;
}
