import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { CloudWatchClient, CloudWatchClientConfig } from "@aws-sdk/client-cloudwatch";
import type { SettledOptions } from "./cloudwatch-options.ts";

type Sdk = typeof import("@aws-sdk/client-cloudwatch");

const CONNECTION_TIMEOUT_MS = 3_000;

/** A client, and what is ours to do with it. */
export interface Client {
  readonly sdk: Sdk;
  readonly send: CloudWatchClient["send"];
  /** Closes the connections that are not in use: those of one export don't wait for the next, to be found dead then. */
  rest(): void;
  destroy(): void;
}

/**
 * Loads the SDK, which takes its time, and makes or takes the client.
 *
 * @throws where no Region can be found, with `retryable: false`
 */
export async function openClient(options: SettledOptions): Promise<Client> {
  const sdk = await import("@aws-sdk/client-cloudwatch");
  if (options.client !== undefined) {
    const { client } = options;
    return { sdk, send: client.send.bind(client), rest() {}, destroy() {} };
  }
  if (options.createClient !== undefined) {
    const client = await options.createClient();
    return { sdk, send: client.send.bind(client), rest() {}, destroy: () => client.destroy() };
  }
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
  try {
    await client.config.region();
  } catch (cause) {
    client.destroy();
    const message = "no AWS Region is known: set AWS_REGION, or pass the option region";
    throw Object.assign(new Error(message, { cause }), { retryable: false });
  }
  return {
    sdk,
    send: client.send.bind(client),
    rest() {
      for (const { freeSockets } of [httpAgent, httpsAgent])
        for (const sockets of Object.values(freeSockets))
          for (const socket of sockets ?? []) socket.destroy();
    },
    destroy: () => client.destroy(),
  };
}

/** Only what was given: the SDK takes an undefined Region for one. */
function defined(config: {
  readonly [K in keyof CloudWatchClientConfig]?: CloudWatchClientConfig[K] | undefined;
}): CloudWatchClientConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
