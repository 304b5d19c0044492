import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { CloudWatchClient, CloudWatchClientConfig } from "@aws-sdk/client-cloudwatch";
import type { SettledOptions } from "../cloudwatch-options.ts";

type Sdk = typeof import("@aws-sdk/client-cloudwatch");

const CONNECTION_TIMEOUT_MS = 3_000;

/** A client, and what is ours to do with it. */
export interface Client {
  readonly sdk: Sdk;
  readonly send: CloudWatchClient["send"];
  /** By how much the service's clock is ahead of this machine's, as its answers told. */
  clockOffsetMs(): number;
  /** Closes the connections that are not in use: those of one export don't wait for the next, to be found dead then. */
  rest(): void;
  destroy(): void;
}

/**
 * Loads the SDK, which takes its time, and makes or takes the client. One of ours signs for a clock
 * that is ahead by `clockOffsetMs`.
 *
 * @throws where no Region can be found, with `retryable: false`
 */
export async function openClient(options: SettledOptions, clockOffsetMs: number): Promise<Client> {
  const sdk = await import("@aws-sdk/client-cloudwatch");
  if (options.client !== undefined) return givenClient(sdk, options.client, () => {});
  if (options.createClient === undefined) return ownClient(sdk, options, clockOffsetMs);
  const client = await options.createClient();
  return givenClient(sdk, client, () => client.destroy());
}

async function givenClient(
  sdk: Sdk,
  client: Pick<CloudWatchClient, "send" | "config">,
  destroy: () => void,
): Promise<Client> {
  await checkRegion(client, destroy);
  return { sdk, send: client.send.bind(client), clockOffsetMs: () => 0, rest() {}, destroy };
}

async function ownClient(
  sdk: Sdk,
  options: SettledOptions,
  clockOffsetMs: number,
): Promise<Client> {
  const httpAgent = new HttpAgent({ keepAlive: true });
  const httpsAgent = new HttpsAgent({
    keepAlive: true,
    ...(options.verifyTls === false ? { rejectUnauthorized: false } : undefined),
  });
  const client = new sdk.CloudWatchClient({
    ...defined({
      region: options.region,
      endpoint: options.endpoint,
      credentials: options.credentials,
      disableRequestCompression: options.compression === false ? true : undefined,
    }),
    systemClockOffset: clockOffsetMs,
    // Trying again is the manager's job: it knows deadlines, and counts what may be there twice.
    maxAttempts: 1,
    requestHandler: {
      httpAgent,
      httpsAgent,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: options.requestTimeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: options.requestTimeoutMs,
    },
  });
  // Copies all that was sent for a log that nobody reads: a seventh of a request's CPU time.
  client.middlewareStack.remove("loggerMiddleware");
  const destroy = (): void => client.destroy();
  await checkRegion(client, destroy);
  return {
    sdk,
    send: client.send.bind(client),
    clockOffsetMs: () => client.config.systemClockOffset,
    rest() {
      for (const { freeSockets } of [httpAgent, httpsAgent])
        for (const sockets of Object.values(freeSockets))
          for (const socket of sockets ?? []) socket.destroy();
    },
    destroy,
  };
}

async function checkRegion(
  { config }: Pick<CloudWatchClient, "config">,
  destroy: () => void,
): Promise<void> {
  try {
    await config.region();
  } catch (cause) {
    destroy();
    const message = "no AWS Region is known: set AWS_REGION, or pass the option region";
    throw Object.assign(new Error(message, { cause }), { retryable: false });
  }
}

/** Only what was given: the SDK takes an undefined Region for one. */
function defined(config: {
  readonly [K in keyof CloudWatchClientConfig]?: CloudWatchClientConfig[K] | undefined;
}): CloudWatchClientConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
