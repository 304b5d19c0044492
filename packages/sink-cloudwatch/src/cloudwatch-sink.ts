import type {
  ExportResult,
  MetricSnapshot,
  MetricsSink,
  RejectedSnapshot,
  SinkHost,
} from "@aiokpl/metrics-core";
import { deliverBatches, unlessAborted, Warnings } from "@aiokpl/metrics-core/sink";
import { batchLength, type BatchLimits, bodyBytes, envelopeBytes, Item } from "./requests/batch.ts";
import { type Client, openClient } from "./client/client.ts";
import {
  type CloudWatchSinkOptions,
  type SettledOptions,
  settleOptions,
} from "./cloudwatch-options.ts";
import { failureMessage, toFailure, wordsOf } from "./client/failure.ts";
import { invalidReason, SAFE_AGE_MS } from "./datums/invalid-reason.ts";
import { rollUp } from "./series/roll-up.ts";
import { toStandardUnit } from "./datums/units.ts";

/** Less than this is never too large for the service, in bytes. */
const LEAST_BYTES = 40_960;

/**
 * Sends windows to Amazon CloudWatch by PutMetricData.
 *
 * Full requests, one at a time, signed and compressed by the AWS SDK, which is loaded at `open()`.
 * What CloudWatch refuses costs only itself and is rejected with its words; what it can't take now
 * is offered again. Delivery is at least once: PutMetricData knows no duplicates, so what was sent
 * without an answer may count twice, and is told as uncertain.
 */
export class CloudWatchSink implements MetricsSink {
  readonly name = "cloudwatch";
  readonly maxAgeMs: number = SAFE_AGE_MS;
  readonly #options: SettledOptions;
  readonly #warnings: Warnings;
  #limits: BatchLimits;
  #client: Client | undefined;
  #clockOffsetMs = 0;
  #storageResolution: 1 | 60;

  /** @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed. */
  constructor(options: CloudWatchSinkOptions = {}) {
    this.#options = settleOptions(options);
    this.#warnings = new Warnings(this.name, this.#options.onWarning);
    this.#limits = this.#options.limits;
    this.#storageResolution = this.#options.storageResolution ?? 60;
  }

  /** Loads the SDK and finds the Region. Rejects, with `retryable: false`, where there is none. */
  async open(host?: Pick<SinkHost, "exportIntervalMs">): Promise<void> {
    const { exportIntervalMs = 0 } = host ?? {};
    const isFine = exportIntervalMs > 0 && exportIntervalMs < 60_000;
    this.#storageResolution = this.#options.storageResolution ?? (isFine ? 1 : 60);
    await this.#opened();
  }

  /** Makes the roll-ups. */
  prepare(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
    const { dimensionSets, dimensionNames } = this.#options;
    // "1" is the unit of what was declared without one.
    for (const unit of new Set(window.map((snapshot) => snapshot.unit)))
      if (unit !== "1" && toStandardUnit(unit) === undefined)
        this.#warnings.warn(
          `CloudWatch has no unit for ${JSON.stringify(unit)}, its metrics go without one`,
        );
    return rollUp(window, {
      dimensionSets,
      dimensionNames,
      warn: (message) => this.#warnings.warn(message),
    });
  }

  async export(
    snapshots: readonly MetricSnapshot[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<ExportResult> {
    const { namespace, percentiles } = this.#options;
    const now = Date.now();
    const items: Item[] = [];
    const refused: RejectedSnapshot[] = [];
    const datumOptions = { percentiles, storageResolution: this.#storageResolution };
    for (const snapshot of snapshots) {
      const reason = invalidReason(snapshot, now);
      if (reason === undefined) items.push(new Item(snapshot, datumOptions));
      else refused.push({ snapshot, reason });
    }
    const envelope = envelopeBytes(namespace);
    let areCredentialsRefused = false;
    let isSent = false;
    const outcome = await deliverBatches(items, {
      signal,
      fit: (all, start) => batchLength(all, start, this.#limits, envelope),
      send: async (batch) => {
        // What becomes of a command in the program's own client can't be known.
        isSent = this.#options.client !== undefined;
        await this.#send(batch, signal, () => (isSent = true));
      },
      toFailure: (thrown) => {
        const failure = toFailure(thrown, isSent);
        areCredentialsRefused ||= failure.credentials === true;
        return failure;
      },
      onTooLarge: (batch) => {
        const half = Math.max(LEAST_BYTES, Math.floor(bodyBytes(batch, envelope) / 2));
        this.#limits = { ...this.#limits, maxBytes: Math.min(this.#limits.maxBytes, half) };
      },
    });
    this.#client?.rest();
    // What the SDK keeps of credentials that were refused must not stay with it.
    if (areCredentialsRefused) this.#forgetClient();
    const { cause } = outcome;
    for (const { item, error } of outcome.rejected)
      refused.push({ snapshot: item.source, reason: wordsOf(error) });
    return {
      retry: outcome.retry.map(({ source }) => source),
      uncertain: outcome.uncertain.map(({ source }) => source),
      rejected: refused,
      retryAfterMs: outcome.retryAfterMs,
      cause: cause && new Error(wordsOf(cause), { cause }),
    };
  }

  /** Closes the connections of a client that is our own. An export that comes later makes new ones. */
  async close(): Promise<void> {
    this.#forgetClient();
  }

  async #opened(): Promise<Client> {
    this.#client ??= await openClient(this.#options, this.#clockOffsetMs);
    return this.#client;
  }

  #forgetClient(): void {
    if (this.#client === undefined) return;
    this.#clockOffsetMs = this.#client.clockOffsetMs();
    this.#client.destroy();
    this.#client = undefined;
  }

  async #send(items: readonly Item[], signal: AbortSignal, onSent: () => void): Promise<void> {
    const { sdk, send } = await this.#opened();
    const command = new sdk.PutMetricDataCommand({
      Namespace: this.#options.namespace,
      MetricData: items.map(({ datum }) => datum),
    });
    command.middlewareStack.add(
      (next) => async (args) => {
        onSent();
        const result = await next(args);
        const message = failureMessage(result.response);
        if (message !== undefined)
          this.#warnings.warn(`CloudWatch took a request, but says of it: ${message}`);
        return result;
      },
      { step: "deserialize", priority: "low" },
    );
    // The SDK fetches credentials without regard to the signal.
    await unlessAborted(send(command, { abortSignal: signal }), signal);
  }
}
