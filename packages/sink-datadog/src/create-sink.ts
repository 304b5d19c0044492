import { type CreateSink, unopenableSink } from "@aiokpl/metrics-core/sink";
import { DatadogSink } from "./datadog-sink.ts";
import { currentInstance } from "./naming/instance.ts";

/**
 * A {@link DatadogSink} as the environment describes it: DD_API_KEY, DD_SITE or DD_URL (an address in
 * place of a site's), DD_HOSTNAME, and the tags DD_ENV, DD_SERVICE, DD_VERSION and DD_TAGS
 * (`key:value`, separated by commas or spaces). Under cluster, PM2 and Lambda and in worker threads
 * `instance` is set where it is not given.
 *
 * What is wrong with them is told by `open()`.
 */
export const createSink: CreateSink = ({ namespace, instance } = {}) => {
  const { env } = process;
  const set = (name: string): string | undefined => env[name]?.trim() || undefined;
  try {
    const apiKey = set("DD_API_KEY");
    if (apiKey === undefined)
      throw new TypeError("DD_API_KEY is not set: Datadog's API key is needed");
    const baseUrl = set("DD_URL");
    return new DatadogSink({
      apiKey,
      namespace,
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
