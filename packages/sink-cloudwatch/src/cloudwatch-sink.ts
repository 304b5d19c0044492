import type {
  ExportResult,
  MetricSnapshot,
  MetricsSink,
  PreparedWindow,
  SinkHost,
  WindowPart,
} from "@aiokpl/metrics-core";
import {
  deliverBatches,
  maskSecrets,
  safeError,
  type SecretMask,
  Warnings,
  WorkTurn,
} from "@aiokpl/metrics-core/sink";
import { BodyMemory } from "./requests/body-memory.ts";
import { fillRequest } from "./requests/fill-request.ts";
import { toDatum } from "./datums/to-datum.ts";
import { RequestSize } from "./requests/request-size.ts";
import { type Client, openClient, type RequestOptions } from "./client/client.ts";
import type { WrittenRequest } from "./client/written-body.ts";
import {
  type CloudWatchSinkOptions,
  type SettledOptions,
  settleOptions,
} from "./cloudwatch-options.ts";
import {
  type Failure,
  failureMessage,
  type Suspect,
  toFailure,
  wordsOf,
} from "./client/failure.ts";
import type { Progress } from "./client/progress.ts";
import { secretsOfSettings } from "./client/secrets.ts";
import { SAFE_AGE_MS } from "./datums/invalid-reason.ts";
import { splitInvalid } from "./datums/split-invalid.ts";
import { RollUp } from "./series/roll-up.ts";
import { toStandardUnit } from "./datums/units.ts";

const EXPIRED_TOKEN_WORDS =
  "the client that was passed in has sent an expired token. If its credentials come from a function, the function must return an `expiration` with them: without it the SDK keeps using the same credentials. Or pass createClient instead of client: the sink calls it again when credentials were refused";

/** A part of a request is sent as it is, whatever its size. */
const UNLIMITED = { maxDatums: Infinity, maxBytes: Infinity };

/**
 * Sends windows to Amazon CloudWatch by PutMetricData.
 *
 * Requests are as full as they may be, and go one at a time. The AWS SDK, which is loaded at
 * `open()`, signs and compresses them. A datum that CloudWatch refuses is rejected alone, with
 * CloudWatch's reason; data that CloudWatch can't take now is retried. Delivery is at least once:
 * PutMetricData does not recognise repetitions, so data of a request without an answer may count
 * twice, and is reported as uncertain.
 */
export class CloudWatchSink implements MetricsSink {
  /** Always "cloudwatch". */
  readonly name = "cloudwatch";
  /** An hour less than the two weeks that CloudWatch accepts. */
  readonly maxAgeMs: number = SAFE_AGE_MS;
  /**
   * True where the Region is known and the client is the sink's own. Only the SDK can find another Region, and
   * only with the SDK can a client that was passed in be checked, and mistakes there should be reported at once.
   */
  readonly opensLate: boolean;
  readonly #options: SettledOptions;
  readonly #warnings: Warnings;
  /** The sink's only clock, in milliseconds since the epoch: the manager's, once it has opened the sink. */
  #now: () => number = Date.now;
  readonly #rollUp: RollUp;
  readonly #unitsOfWindow = new Set<string>();
  readonly #requestSize: RequestSize;
  #client: Client | undefined;
  #clockOffsetMs = 0;
  #storageResolution: 1 | 60;

  /** @throws TypeError or RangeError for a wrong option; the message names it, its value and what is allowed. */
  constructor(options: CloudWatchSinkOptions = {}) {
    this.#options = settleOptions(options);
    this.#warnings = new Warnings(this.name, this.#options.onWarning);
    const { dimensionSets, dimensionNames, region, client, createClient } = this.#options;
    const isOwn = client === undefined && createClient === undefined;
    this.opensLate = isOwn && Boolean(region ?? process.env["AWS_REGION"]);
    const warn = (message: string): void => this.#warnings.warn(message);
    this.#rollUp = new RollUp({ dimensionSets, dimensionNames, warn });
    this.#requestSize = new RequestSize(this.#options.limits.maxBytes);
    this.#storageResolution = this.#options.storageResolution ?? 60;
  }

  /**
   * Loads the SDK and finds the Region and the endpoint, without a request. Rejects with
   * `retryable: false` where no request could ever be sent: without a Region, with settings that
   * contradict each other, with a client that is too old.
   */
  async open(host?: Pick<SinkHost, "exportIntervalMs"> & Partial<SinkHost>): Promise<void> {
    const { exportIntervalMs = 0, now = Date.now } = host ?? {};
    this.#now = now;
    const isFine = exportIntervalMs > 0 && exportIntervalMs < 60_000;
    this.#storageResolution = this.#options.storageResolution ?? (isFine ? 1 : 60);
    try {
      await this.#openedClient();
    } catch (thrown) {
      throw safeError(thrown, this.#mask());
    }
  }

  /** Makes the roll-ups that `dimensionSets` asks for. */
  prepare(window: readonly MetricSnapshot[], part: WindowPart): PreparedWindow {
    for (const { unit } of window) {
      if (this.#unitsOfWindow.has(unit)) continue;
      this.#unitsOfWindow.add(unit);
      // "1" is the unit of a metric that was declared without one.
      if (unit !== "1" && toStandardUnit(unit) === undefined)
        this.#warnings.warn(
          `CloudWatch has no unit for ${JSON.stringify(unit)}; metrics of this unit are sent without one`,
        );
    }
    if (part.last) this.#unitsOfWindow.clear();
    return this.#rollUp.prepare(window, part);
  }

  /** Sends the snapshots in full requests, one at a time. Never rejects; after an abort it resolves at once with what was not sent. */
  async export(
    snapshots: readonly MetricSnapshot[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<ExportResult> {
    const { namespace, percentiles } = this.#options;
    const { maxDatums } = this.#options.limits;
    const now = this.#now();
    const turn = new WorkTurn();
    const { valid, rejected } = await splitInvalid(snapshots, { now, turn, signal });
    const datums = { percentiles, storageResolution: this.#storageResolution };
    const filling = { namespace, datums, memory: new BodyMemory(), turn, signal };
    /** The body that was written for the next request; then the request has it. */
    let next: Buffer | undefined;
    let sentBytes = 0;
    const suspects = new Set<Suspect>();
    let failure: Failure = { means: "unknown", error: new Error("not sent") };
    this.#requestSize.grow(now);
    const outcome = await deliverBatches(valid, {
      signal,
      fit: async (all, start) => {
        const limits = { maxDatums, maxBytes: this.#requestSize.bytes };
        const { length, body } = await fillRequest(all, start, { ...filling, limits });
        next = body;
        return length;
      },
      send: async (batch) => {
        let progress: Progress = { stage: "not sent" };
        try {
          // Where a request has failed, a part of it is written anew.
          const body =
            next ?? (await fillRequest(batch, 0, { ...filling, limits: UNLIMITED })).body;
          next = undefined;
          sentBytes = body.byteLength;
          signal.throwIfAborted();
          const toDatums: WrittenRequest["datums"] = () =>
            batch.map((snapshot) => toDatum(snapshot, datums));
          const onProgress = (stage: Progress): void => void (progress = stage);
          await this.#send({ namespace, body, datums: toDatums }, { signal, onProgress });
        } catch (thrown) {
          // Only the copy goes on: what the SDK throws has the response, and may have the credentials.
          failure = toFailure(thrown, progress, { now: this.#now(), mask: this.#mask() });
          throw failure.error;
        }
      },
      toFailure: () => {
        if (failure.suspect !== undefined) suspects.add(failure.suspect);
        return failure;
      },
      onTooLarge: () => this.#requestSize.refused(sentBytes, this.#now()),
    });
    if (suspects.has("expired token") && this.#options.client !== undefined)
      this.#warnings.warn(EXPIRED_TOKEN_WORDS);
    const hint = suspects.size > 0 ? this.#client?.credentialsHint : undefined;
    // The SDK may keep the credentials that were refused; a new client asks for new ones.
    if (suspects.size > 0) this.#forgetClient();
    for (const { item, error } of outcome.rejected)
      rejected.push({ snapshot: item, reason: wordsOf(error) });
    const { cause } = outcome;
    return {
      retry: outcome.retry,
      uncertain: outcome.uncertain,
      rejected,
      retryAfterMs: outcome.retryAfterMs,
      cause: cause && new Error([wordsOf(cause), hint].filter(Boolean).join(": "), { cause }),
    };
  }

  /**
   * Closes the connections of a client that is the sink's own, and says how often each warning was
   * repeated. A later export makes a new client.
   */
  async close(): Promise<void> {
    this.#warnings.sumUp();
    this.#forgetClient();
  }

  #mask(): SecretMask {
    return maskSecrets(secretsOfSettings(this.#options.credentials, process.env));
  }

  async #openedClient(): Promise<Client> {
    this.#client ??= await openClient(this.#options, {
      clockOffsetMs: this.#clockOffsetMs,
      warn: (message) => this.#warnings.warn(message),
    });
    return this.#client;
  }

  #forgetClient(): void {
    if (this.#client === undefined) return;
    this.#clockOffsetMs = this.#client.clockOffsetMs();
    this.#client.destroy();
    this.#client = undefined;
  }

  async #send(request: WrittenRequest, { signal, onProgress }: RequestOptions): Promise<void> {
    const client = await this.#openedClient();
    const onNext = (progress: Progress): void => {
      onProgress(progress);
      if (progress.stage !== "answered" || progress.answer.status >= 300) return;
      const message = failureMessage(progress.answer);
      if (message !== undefined)
        this.#warnings.warn(`CloudWatch took a request, but says of it: ${message}`);
    };
    // Whether a client of the program's own sends a command can't be seen.
    if (this.#options.client !== undefined) onNext({ stage: "sent" });
    await client.putMetricData(request, { signal, onProgress: onNext });
  }
}
