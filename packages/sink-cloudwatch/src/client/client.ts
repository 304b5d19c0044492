import { Agent as HttpsAgent } from "node:https";
import { hasMethods, unlessAborted, withoutTracing } from "@aiokpl/metrics-core/sink";
import type { CloudWatchClientConfig } from "@aws-sdk/client-cloudwatch";
import { readAnswer } from "./answer.ts";
import { type Address, checkClient, retryWarning } from "./check-client.ts";
import type { DestroyableMetricDataClient, MetricDataClient } from "./metric-data-client.ts";
import { http } from "./node-http.ts";
import { permanent } from "./permanent.ts";
import { findProfile, missingProfileWords } from "./profile.ts";
import type { Progress } from "./progress.ts";
import { proxyOptions } from "./proxy-options.ts";
import type { Sdk } from "./sdk.ts";
import { transportWarnings } from "./transport-warnings.ts";
import { keepUnchanged, writtenCommand, type WrittenRequest } from "./written-body.ts";

const CONNECTION_TIMEOUT_MS = 3_000;

/** Which client the sink uses, and how its own client is made. */
export interface ClientSettings {
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly verifyTls?: boolean | undefined;
  readonly compression?: boolean | undefined;
  readonly credentials?: CloudWatchClientConfig["credentials"] | undefined;
  readonly client?: MetricDataClient | undefined;
  readonly createClient?:
    | (() => DestroyableMetricDataClient | Promise<DestroyableMetricDataClient>)
    | undefined;
  readonly requestTimeoutMs: number;
}

/** How a request is made. */
export interface RequestOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/**
 * How long a connection may wait for the next request, as with Node's own agent. One that waited longer is often dead
 * by then, and a request that goes over it has an unknown outcome.
 */
const IDLE_CONNECTION_MS = 5_000;

/** An open client. */
export interface Client {
  /** Makes one request. Rejects as soon as the signal aborts; each step of the request is reported to `onProgress`. */
  putMetricData(request: WrittenRequest, options: RequestOptions): Promise<void>;
  /** What may be the reason where the SDK finds no credentials; undefined for nothing known. */
  readonly credentialsHint: string | undefined;
  /** By how many milliseconds the service's clock is ahead of this machine's, as far as its answers have shown. */
  clockOffsetMs(): number;
  /** Closes all connections of a client that is the sink's own. */
  destroy(): void;
}

/**
 * Loads the SDK, which takes a while, then makes a client or takes the one that was passed in. A
 * client of the sink's own signs for a clock that is ahead by `clockOffsetMs`.
 *
 * @throws with `retryable: false` where the client could never send anything
 */
export async function openClient(
  settings: ClientSettings,
  {
    clockOffsetMs,
    warn,
  }: { readonly clockOffsetMs: number; readonly warn: (message: string) => void },
): Promise<Client> {
  const sdk = await import("@aws-sdk/client-cloudwatch");
  const { client, createClient, requestTimeoutMs } = settings;
  if (client !== undefined) {
    await checkClient(sdk, client);
    return givenClient(sdk, client, { requestTimeoutMs, warn, destroy: () => {} });
  }
  if (createClient !== undefined) {
    const created = checkedClient(await createClient());
    await checkOrDestroy(sdk, created);
    const destroy = (): void => created.destroy();
    return givenClient(sdk, created, { requestTimeoutMs, warn, destroy });
  }
  return ownClient(sdk, settings, { clockOffsetMs, warn });
}

async function givenClient(
  sdk: Sdk,
  client: MetricDataClient,
  {
    requestTimeoutMs,
    warn,
    destroy,
  }: {
    readonly requestTimeoutMs: number;
    readonly warn: (message: string) => void;
    readonly destroy: () => void;
  },
): Promise<Client> {
  const warning = await retryWarning(client);
  if (warning !== undefined) warn(warning);
  return {
    putMetricData: (request, options) =>
      putMetricData(sdk, client, request, { ...options, requestTimeoutMs }),
    credentialsHint: missingProfileWords(await findProfile(client.config.profile, process.env)),
    clockOffsetMs: () => 0,
    destroy,
  };
}

async function ownClient(
  sdk: Sdk,
  settings: ClientSettings,
  {
    clockOffsetMs,
    warn,
  }: { readonly clockOffsetMs: number; readonly warn: (message: string) => void },
): Promise<Client> {
  const { requestTimeoutMs } = settings;
  const proxy = proxyOptions();
  const kept = { keepAlive: true, timeout: IDLE_CONNECTION_MS };
  const httpAgent = new http.Agent({ ...kept, ...proxy });
  const httpsAgent = new HttpsAgent({
    ...kept,
    ...proxy,
    ...(settings.verifyTls === false ? { rejectUnauthorized: false } : undefined),
  });
  const client = new sdk.CloudWatchClient({
    ...defined({
      region: settings.region,
      endpoint: settings.endpoint,
      credentials: settings.credentials,
      disableRequestCompression: settings.compression === false ? true : undefined,
    }),
    systemClockOffset: clockOffsetMs,
    // The manager retries: it knows deadlines, and counts what may have been taken twice.
    maxAttempts: 1,
    requestHandler: {
      httpAgent,
      httpsAgent,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: requestTimeoutMs,
    },
  });
  // It copies each request for a log that nobody reads, which takes a seventh of a request's CPU time.
  client.middlewareStack.remove("loggerMiddleware");
  const address = await checkOrDestroy(sdk, client);
  for (const warning of transportWarnings(address, settings)) warn(warning);
  return {
    putMetricData: (request, options) =>
      putMetricData(sdk, client, request, { ...options, requestTimeoutMs }),
    credentialsHint:
      settings.credentials === undefined
        ? missingProfileWords(await findProfile(client.config.profile, process.env))
        : undefined,
    clockOffsetMs: () => client.config.systemClockOffset,
    destroy() {
      client.destroy();
      for (const agent of [httpAgent, httpsAgent]) agent.destroy();
    },
  };
}

async function putMetricData(
  sdk: Sdk,
  client: MetricDataClient,
  request: WrittenRequest,
  { signal, onProgress, requestTimeoutMs }: RequestOptions & { readonly requestTimeoutMs: number },
): Promise<void> {
  const command = writtenCommand(sdk.PutMetricDataCommand, request);
  // Next to the connection, so that it runs once for each attempt and sees the answer before the SDK reads it.
  command.middlewareStack.add(
    (next) => async (args) => {
      const start = performance.now();
      onProgress({ stage: "sent" });
      keepUnchanged(args.request, request.body);
      const result = await next(args);
      const answer = await readAnswer(args.request, result.response, {
        timeoutMs: Math.max(1, Math.ceil(requestTimeoutMs - (performance.now() - start))),
        // Whoever says yes has taken the data, even if the answer breaks off.
        onHead: (head) => {
          if (head.status < 300) onProgress({ stage: "answered", answer: head });
        },
      });
      if (answer !== undefined && answer.status >= 300) onProgress({ stage: "answered", answer });
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  const send = (): Promise<unknown> => client.send(command, { abortSignal: signal });
  // The SDK fetches credentials without regard to the signal.
  await unlessAborted(withoutTracing(send), signal);
}

/** What a function of the program's has returned, if that is a client. */
function checkedClient(created: DestroyableMetricDataClient): DestroyableMetricDataClient {
  try {
    hasMethods("what createClient returned", created, ["send", "destroy"]);
    hasMethods("the config of what createClient returned", created.config, ["region"]);
    return created;
  } catch (error) {
    throw permanent(String(error), error);
  }
}

async function checkOrDestroy(
  sdk: Sdk,
  client: DestroyableMetricDataClient,
): Promise<Address | undefined> {
  try {
    return await checkClient(sdk, client);
  } catch (error) {
    client.destroy();
    throw error;
  }
}

/** Without the options that are undefined: the SDK would take an undefined Region for a Region. */
function defined(config: {
  readonly [K in keyof CloudWatchClientConfig]?: CloudWatchClientConfig[K] | undefined;
}): CloudWatchClientConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
