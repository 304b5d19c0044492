import { withoutTracing } from "@aiokpl/metrics-core/sink";
import type { CloudWatchClientConfig } from "@aws-sdk/client-cloudwatch";
import type { MetricDataClient } from "./metric-data-client.ts";
import { permanent } from "./permanent.ts";
import { findProfile, missingProfileWords, profileWords } from "./profile.ts";
import type { Sdk } from "./sdk.ts";

const NO_URL =
  "the endpoint is not an http or https URL: check AWS_ENDPOINT_URL_CLOUDWATCH, AWS_ENDPOINT_URL, and endpoint_url in the profile";

const CONTRADICTION =
  "The FIPS and dual-stack endpoints (AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT) are AWS's own, so they can't be combined with another endpoint (the option endpoint, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_CLOUDWATCH, or endpoint_url in the profile)";

/** Where a client's requests go. */
export interface Address {
  readonly protocol: "http:" | "https:";
  readonly hostname: string;
}

/**
 * Checks that a client can send at all. This makes no request, and needs no credentials. Resolves
 * with where the client's requests go; with undefined where only a request will show that.
 *
 * @throws with `retryable: false` where the client is too old, has no Region, or has settings that
 * contradict each other or lead to no http or https URL
 */
export async function checkClient(
  sdk: Sdk,
  client: MetricDataClient,
): Promise<Address | undefined> {
  checkRelease(client);
  await checkRegion(client);
  return checkEndpoint(sdk, client);
}

/**
 * A warning for a client that retries on its own; undefined for a client that does not, or does not
 * say.
 */
export async function retryWarning({ config }: MetricDataClient): Promise<string | undefined> {
  const maxAttempts = await maxAttemptsOf(config);
  if (maxAttempts === undefined || maxAttempts <= 1) return undefined;
  return `the client that was passed in retries on its own (its maxAttempts is ${maxAttempts}). The manager does not see those retries, so its statistics can't say what they may have counted twice. Make the client with maxAttempts: 1`;
}

async function maxAttemptsOf(config: MetricDataClient["config"]): Promise<number | undefined> {
  try {
    return await config.maxAttempts?.();
  } catch {
    // Where this setting is wrong, each request fails and says so.
    return undefined;
  }
}

/** A client from before 3.930.0 can't send the commands of later releases: each send fails. */
function checkRelease({ config, middlewareStack }: MetricDataClient): void {
  const steps = middlewareStack?.identify();
  // A wrapper may show neither of the two, and work all the same.
  if (steps === undefined || config.protocol !== undefined) return;
  if (steps.some((step) => step.startsWith("serializerMiddleware"))) return;
  throw permanent(
    "the client that was passed in comes from a release of @aws-sdk/client-cloudwatch before 3.930.0, and can't send this sink's requests. Install 3.930.0 or later, or pass no client, so that the sink makes its own",
  );
}

async function checkRegion({ config }: MetricDataClient): Promise<void> {
  try {
    await config.region();
  } catch (cause) {
    throw permanent(await noRegionWords(config.profile), cause);
  }
}

async function noRegionWords(configuredProfile: string | undefined): Promise<string> {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const region = AWS_REGION === undefined ? "not set" : JSON.stringify(AWS_REGION);
  const profile = await findProfile(configuredProfile, process.env);
  const inFiles =
    missingProfileWords(profile) ??
    `${profileWords(profile)}, and the profile ${JSON.stringify(profile.name)} has no region in ${profile.files.join(" or ")}`;
  const unread = AWS_DEFAULT_REGION
    ? " AWS_DEFAULT_REGION is set, but the AWS SDK for JavaScript does not read it."
    : "";
  return `no AWS Region was found: AWS_REGION is ${region}, ${inFiles}.${unread} Set AWS_REGION, or pass the option region`;
}

/** Lets the SDK work out the address of a request that is never sent. This fails where it would fail for each request. */
async function checkEndpoint(sdk: Sdk, { config }: MetricDataClient): Promise<Address | undefined> {
  const rehearsal = new sdk.CloudWatchClient({
    region: await config.region(),
    credentials: { accessKeyId: "none", secretAccessKey: "none" },
    useFipsEndpoint: (await config.useFipsEndpoint?.()) ?? false,
    useDualstackEndpoint: (await config.useDualstackEndpoint?.()) ?? false,
    ignoreConfiguredEndpointUrls: config.ignoreConfiguredEndpointUrls ?? false,
    ...(config.profile === undefined ? undefined : { profile: config.profile }),
    ...(isEndpoint(config.endpoint) ? { endpoint: config.endpoint } : undefined),
  });
  const command = new sdk.PutMetricDataCommand({ Namespace: "none", MetricData: [] });
  let request: unknown;
  command.middlewareStack.add(
    () => async (args) => {
      request = args.request;
      return { output: { $metadata: {} }, response: undefined };
    },
    { step: "build", priority: "high" },
  );
  try {
    await withoutTracing(() => rehearsal.send(command));
  } catch (cause) {
    if (!(cause instanceof Error)) return undefined;
    // Without the cause, which holds the URL, perhaps with a password.
    if ("code" in cause && cause.code === "ERR_INVALID_URL") throw permanent(NO_URL);
    // Any other error may pass; the first request shows whether it does.
    if (cause.name !== "EndpointError") return undefined;
    throw permanent(`the AWS SDK finds no endpoint: ${cause.message}. ${CONTRADICTION}`, cause);
  } finally {
    rehearsal.destroy();
  }
  const address = addressOf(request);
  if (address === undefined) throw permanent(NO_URL);
  return address;
}

/** Where a request of the SDK goes; undefined where it has no host or does not go over HTTP or HTTPS. */
function addressOf(request: unknown): Address | undefined {
  if (typeof request !== "object" || request === null) return undefined;
  if (!("protocol" in request) || !("hostname" in request)) return undefined;
  const { protocol, hostname } = request;
  if (protocol !== "http:" && protocol !== "https:") return undefined;
  return typeof hostname === "string" && hostname !== "" ? { protocol, hostname } : undefined;
}

type Endpoint = NonNullable<CloudWatchClientConfig["endpoint"]>;

/** A resolved configuration keeps it as a function. */
function isEndpoint(value: unknown): value is Endpoint {
  return typeof value === "function";
}
