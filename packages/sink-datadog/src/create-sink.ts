import { type CreateSink, unopenableSink } from "@aiokpl/metrics-core/sink";
import { DatadogSink } from "./datadog-sink.ts";
import { currentInstance } from "./naming/instance.ts";

/**
 * Creates a {@link DatadogSink} from environment variables: DD_API_KEY, DD_SITE or DD_URL (an address
 * that replaces the site's), DD_HOSTNAME, and the tags DD_ENV, DD_SERVICE, DD_VERSION and DD_TAGS
 * (`key:value`, separated by commas or spaces). Sets `instance`, unless it is given, in a cluster's
 * workers, under PM2, in Lambda and in worker threads.
 *
 * Never throws. If a variable is wrong, `open()` rejects and says which.
 */
export const createSink: CreateSink = ({ namespace, instance, percentiles } = {}) => {
  const { env } = process;
  const set = (name: string): string | undefined => env[name]?.trim() || undefined;
  try {
    const apiKey = set("DD_API_KEY");
    if (apiKey === undefined)
      throw new TypeError("DD_API_KEY is not set: set it to an API key of your Datadog account");
    const baseUrl = set("DD_URL");
    return new DatadogSink({
      apiKey,
      namespace,
      percentiles,
      host: set("DD_HOSTNAME"),
      instance: instance ?? currentInstance(),
      tags: tagsIn(env),
      ...(baseUrl === undefined ? { site: set("DD_SITE") } : { baseUrl }),
    });
  } catch (error) {
    return unopenableSink("datadog", error);
  }
};

function tagsIn(env: NodeJS.ProcessEnv): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const tag of (env["DD_TAGS"] ?? "").split(/[\s,]+/)) {
    const [key = "", ...value] = tag.split(":");
    if (key !== "" && key.toLowerCase() !== "host") tags[key] = value.join(":");
  }
  for (const name of ["env", "service", "version"]) {
    const value = env[`DD_${name.toUpperCase()}`];
    if (value) tags[name] = value;
  }
  return tags;
}
