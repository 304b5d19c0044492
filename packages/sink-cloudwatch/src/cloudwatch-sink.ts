import type {
  ExportResult,
  MetricSnapshot,
  MetricsSink,
  RejectedSnapshot,
  SinkHost,
} from "@aiokpl/metrics-core";
import { type BatchLimits, envelopeBytes, type Item } from "./batch.ts";
import { type Client, openClient } from "./client.ts";
import {
  type CloudWatchSinkOptions,
  type SettledOptions,
  settleOptions,
} from "./cloudwatch-options.ts";
import { deliverBatches } from "./deliver-batches.ts";
import { wordsOf } from "./failure.ts";
import { invalidReason, SAFE_AGE_MS } from "./invalid-reason.ts";
import { rollUp } from "./roll-up.ts";
import { toDatum } from "./to-datum.ts";

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
  readonly #warned = new Set<string>();
  #limits: BatchLimits;
  #client: Client | undefined;
  #storageResolution: 1 | 60 = 60;

  /** @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed. */
  constructor(options: CloudWatchSinkOptions = {}) {
    this.#options = settleOptions(options);
    this.#limits = this.#options.limits;
  }

  /** Loads the SDK and finds the Region. Rejects, with `retryable: false`, where there is none. */
  async open(host?: Pick<SinkHost, "exportIntervalMs">): Promise<void> {
    const { exportIntervalMs = 0 } = host ?? {};
    const isFine = exportIntervalMs > 0 && exportIntervalMs < 60_000;
    this.#storageResolution = this.#options.storageResolution ?? (isFine ? 1 : 60);
    this.#client ??= await openClient(this.#options);
  }

  /** Makes the roll-ups. */
  prepare(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
    const { dimensionSets, dimensionNames } = this.#options;
    return rollUp(window, {
      dimensionSets,
      dimensionNames,
      warn: (message) => this.#warn(message),
    });
  }

  async export(
    snapshots: readonly MetricSnapshot[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<ExportResult> {
    const { namespace, percentiles } = this.#options;
    const now = Date.now();
    const items: Item<MetricSnapshot>[] = [];
    const refused: RejectedSnapshot[] = [];
    const datumOptions = { percentiles, storageResolution: this.#storageResolution };
    for (const snapshot of snapshots) {
      const reason = invalidReason(snapshot, now);
      if (reason === undefined)
        items.push({ source: snapshot, datum: toDatum(snapshot, datumOptions) });
      else refused.push({ snapshot, reason });
    }
    const outcome = await deliverBatches(items, {
      limits: this.#limits,
      envelopeBytes: envelopeBytes(namespace),
      signal,
      send: (batch) => this.#send(batch, signal),
    });
    this.#client?.rest();
    const { retry, uncertain, retryAfterMs, cause, maxBytes } = outcome;
    if (maxBytes !== undefined) this.#limits = { ...this.#limits, maxBytes };
    // What the SDK keeps of credentials that were refused must not stay with it.
    if (outcome.credentials) this.#forgetClient();
    return {
      retry,
      uncertain,
      rejected: [...refused, ...outcome.rejected],
      retryAfterMs,
      cause: cause && new Error(wordsOf(cause), { cause }),
    };
  }

  /** Closes the connections of a client that is our own. An export that comes later makes new ones. */
  async close(): Promise<void> {
    this.#forgetClient();
  }

  #forgetClient(): void {
    this.#client?.destroy();
    this.#client = undefined;
  }

  async #send(items: readonly Item<MetricSnapshot>[], signal: AbortSignal): Promise<void> {
    this.#client ??= await openClient(this.#options);
    const { sdk, send } = this.#client;
    const { namespace, requestTimeoutMs } = this.#options;
    const command = new sdk.PutMetricDataCommand({
      Namespace: namespace,
      MetricData: items.map(({ datum }) => datum),
    });
    const sent = send(command, { abortSignal: signal });
    // Credentials are fetched without regard to the signal, and a client of the program's may have no timeout.
    await settledOrAborted(sent, signal, requestTimeoutMs + 5_000);
  }

  #warn(message: string): void {
    if (this.#warned.has(message) || this.#warned.size >= 1_000) return;
    this.#warned.add(message);
    this.#options.onWarning(`sink "cloudwatch": ${message}`);
  }
}

/** Settles as the request does, or rejects when the signal aborts or the time is up. */
async function settledOrAborted(
  sent: Promise<unknown>,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<void> {
  let stop = (): void => {};
  const stopped = new Promise<never>((_, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const onAbort = (): void => reject(new Error("aborted"));
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    stop = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
  });
  try {
    await Promise.race([sent, stopped]);
  } finally {
    stop();
  }
}
