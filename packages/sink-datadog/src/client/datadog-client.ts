import { maskSecrets } from "@aiokpl/metrics-core/sink";
import { loadClientParts } from "./client-parts.ts";
import type { BodyBytes } from "../mapping/request-body.ts";
import { post, type RequestLimits, type Taken } from "./http-api.ts";

/**
 * The calls that the sink makes to Datadog. Each rejects where the request was not taken for certain.
 */
export interface DatadogClient {
  submitSeries(body: BodyBytes, signal: AbortSignal): Promise<Taken>;
  submitDistributions(body: BodyBytes, signal: AbortSignal): Promise<Taken>;
}

/** Where the client sends requests, and how. */
export interface ClientOptions extends Omit<RequestLimits, "mask"> {
  readonly apiKey: string;
  /** The address of the API, without a slash at the end. */
  readonly baseUrl: string;
  readonly contentEncoding: "deflate" | "gzip";
}

/**
 * Up to this many bytes a body is sent as it is, which is about what a service with a few dozen series has. It is on its
 * way as soon as a smaller one would be, and compressing it takes a tenth of the CPU of an export.
 */
const SENT_PLAIN = 8_192;

/**
 * Makes a client of the installed `@datadog/datadog-api-client`, whose requests go through our own HTTP.
 * Settings that it would change for the whole process (the default site, the logger's level) stay as
 * they are.
 *
 * @throws Error with `retryable: false` where the installed version can't be used
 */
export async function loadClient(options: ClientOptions): Promise<DatadogClient> {
  const { MetricsApi, Configuration, ServerConfiguration, configureAuthMethods } =
    await loadClientParts();
  const server = new ServerConfiguration(options.baseUrl, {});
  const limits = { ...options, mask: maskSecrets([options.apiKey]) };
  const auth = configureAuthMethods({ apiKeyAuth: options.apiKey });

  const noBackoff = [false, false, 3, 2, 2] as const;
  const noHttp = { send: () => Promise.reject(new Error("each call brings its own")) };
  // Made once, since that takes as long as all else that the client does for a call.
  const configuration = new Configuration(server, 0, {}, noHttp, auth, {}, ...noBackoff, {});

  /**
   * Makes one call of the client through our own HTTP, and resolves with what that learned of the
   * answer. The client would make the body in one piece, which holds the main thread, so it is given an
   * empty one and ours is sent.
   */
  async function call(
    submit: (api: InstanceType<typeof MetricsApi>) => Promise<unknown>,
    body: BodyBytes,
    signal: AbortSignal,
  ): Promise<Taken> {
    let taken: Taken | undefined;
    const httpApi = {
      async send(request: Parameters<typeof post>[0]) {
        taken = await post(request, body, { limits, signal });
        // We have read the real answer, so the client gets a fixed one to parse.
        const text = async (): Promise<string> => '{"status":"ok"}';
        return {
          httpStatusCode: 202,
          headers: { "content-type": "application/json" },
          body: { text, binary: async () => Buffer.from(await text()) },
          getParsedHeader: () => ({}),
          getBodyAsFile: async () => ({ data: Buffer.alloc(0), name: "" }),
        };
      },
    };
    await submit(new MetricsApi(Object.assign(Object.create(configuration), { httpApi })));
    if (taken === undefined) throw new Error("Datadog's client sent nothing");
    return taken;
  }

  const noSeries = { series: [] };
  const paramOf = <E>(body: BodyBytes, contentEncoding: E) =>
    body.length <= Math.min(SENT_PLAIN, options.maxCompressedBytes)
      ? { body: noSeries }
      : { body: noSeries, contentEncoding };
  return {
    submitSeries: (body, signal) =>
      call((api) => api.submitMetrics(paramOf(body, options.contentEncoding)), body, signal),
    submitDistributions: (body, signal) =>
      // This endpoint takes no other encoding.
      call((api) => api.submitDistributionPoints(paramOf(body, "deflate" as const)), body, signal),
  };
}
