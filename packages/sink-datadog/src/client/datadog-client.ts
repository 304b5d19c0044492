import { maskSecrets } from "@aiokpl/metrics-core/sink";
import { loadClientParts } from "./client-parts.ts";
import { post, type RequestLimits, type Taken } from "./http-api.ts";
import type { WireDistribution, WireSeries } from "../mapping/to-series.ts";

/** The calls that the sink makes to Datadog. Each rejects where the request was not taken for certain. */
export interface DatadogClient {
  submitSeries(series: readonly WireSeries[], signal: AbortSignal): Promise<Taken>;
  submitDistributions(series: readonly WireDistribution[], signal: AbortSignal): Promise<Taken>;
}

/** Where the client sends requests, and how. */
export interface ClientOptions extends Omit<RequestLimits, "mask"> {
  readonly apiKey: string;
  /** The address of the API, without a slash at the end. */
  readonly baseUrl: string;
  readonly contentEncoding: "deflate" | "gzip";
}

/**
 * Makes a client of the installed `@datadog/datadog-api-client`, whose requests go through our own HTTP.
 * Settings that it would change for the whole process (the default site, the logger's level) stay as
 * they are.
 *
 * @throws Error with `retryable: false` where the installed version can't be used
 */
export async function loadClient(options: ClientOptions): Promise<DatadogClient> {
  const { MetricsApi, Configuration, ServerConfiguration, configureAuthMethods, UnparsedObject } =
    await loadClientParts();
  const server = new ServerConfiguration(options.baseUrl, {});
  const limits = { ...options, mask: maskSecrets([options.apiKey]) };
  const auth = configureAuthMethods({ apiKeyAuth: options.apiKey });

  /** Makes one call of the client through our own HTTP, and resolves with what that learned of the answer. */
  async function call(
    submit: (api: InstanceType<typeof MetricsApi>) => Promise<unknown>,
    signal: AbortSignal,
  ): Promise<Taken> {
    let taken: Taken | undefined;
    const httpApi = {
      async send(request: Parameters<typeof post>[0]) {
        taken = await post(request, limits, signal);
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
    const noBackoff = [false, false, 3, 2, 2] as const;
    await submit(
      new MetricsApi(new Configuration(server, 0, {}, httpApi, auth, {}, ...noBackoff, {})),
    );
    if (taken === undefined) throw new Error("Datadog's client sent nothing");
    return taken;
  }

  /** Wraps series so that the client passes them on unchecked: checking each attribute would cost more than everything else. */
  const payload = <T>(series: readonly T[]) =>
    Object.assign(new UnparsedObject({ series }), { series: [] });

  return {
    submitSeries: (series, signal) =>
      call(
        (api) =>
          api.submitMetrics({
            body: payload(series),
            contentEncoding: options.contentEncoding,
          }),
        signal,
      ),
    submitDistributions: (series, signal) =>
      call(
        (api) =>
          api.submitDistributionPoints({
            body: payload(series),
            // This endpoint takes no other encoding.
            contentEncoding: "deflate",
          }),
        signal,
      ),
  };
}
