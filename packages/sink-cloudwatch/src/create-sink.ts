import { type CreateSink, unopenableSink } from "@aiokpl/metrics-core/sink";
import { CloudWatchSink } from "./cloudwatch-sink.ts";
import type { CloudWatchSinkOptions } from "./cloudwatch-options.ts";
import { invalidNamespaceReason } from "./datums/invalid-reason.ts";
import { kplDimensionNames, kplDimensionSets } from "./series/kpl-dimension-sets.ts";

/**
 * Makes a {@link CloudWatchSink} from environment variables. The SDK reads AWS_REGION, AWS_PROFILE,
 * its variables for credentials, and AWS_ENDPOINT_URL_CLOUDWATCH or AWS_ENDPOINT_URL. This function
 * reads
 *
 * - `AIOKPL_CLOUDWATCH_NAMESPACE`: CloudWatch's Namespace, where the option `namespace` is not set or
 *   empty;
 * - `AIOKPL_CLOUDWATCH_DIMENSION_SETS`: `kpl`, or sets such as `stream,shard;stream;`, where the last
 *   set is the empty one;
 * - `AIOKPL_CLOUDWATCH_PERCENTILES` and `AIOKPL_CLOUDWATCH_VERIFY_TLS`: `true` or `false`;
 * - `AIOKPL_CLOUDWATCH_STORAGE_RESOLUTION`: `1` or `60`.
 *
 * Never throws: where a variable is wrong, the sink's `open()` rejects and names it. The option
 * `instance` has no effect, since CloudWatch adds up what several processes report for one series.
 */
export const createSink: CreateSink = ({ namespace } = {}) => {
  try {
    return new CloudWatchSink({
      namespace: namespace || namespaceVariable(process.env),
      ...environmentOptions(process.env),
    });
  } catch (error) {
    return unopenableSink("cloudwatch", error);
  }
};

function environmentOptions(env: NodeJS.ProcessEnv): CloudWatchSinkOptions {
  const sets = variable(env, "AIOKPL_CLOUDWATCH_DIMENSION_SETS");
  const resolution = variable(env, "AIOKPL_CLOUDWATCH_STORAGE_RESOLUTION");
  if (resolution !== undefined && resolution !== "1" && resolution !== "60")
    throw new RangeError("AIOKPL_CLOUDWATCH_STORAGE_RESOLUTION must be 1 or 60");
  return {
    percentiles: booleanVariable(env, "AIOKPL_CLOUDWATCH_PERCENTILES"),
    verifyTls: booleanVariable(env, "AIOKPL_CLOUDWATCH_VERIFY_TLS"),
    storageResolution: resolution === undefined ? undefined : resolution === "1" ? 1 : 60,
    ...(sets === "kpl"
      ? { dimensionSets: kplDimensionSets(), dimensionNames: kplDimensionNames }
      : undefined),
    ...(sets === undefined || sets === "kpl"
      ? undefined
      : {
          dimensionSets: sets.split(";").map((set) =>
            set
              .split(",")
              .map((name) => name.trim())
              .filter(Boolean),
          ),
        }),
  };
}

function namespaceVariable(env: NodeJS.ProcessEnv): string | undefined {
  const namespace = variable(env, "AIOKPL_CLOUDWATCH_NAMESPACE");
  if (namespace !== undefined && invalidNamespaceReason(namespace) !== undefined)
    throw new RangeError(
      "AIOKPL_CLOUDWATCH_NAMESPACE must be 1 to 255 printable ASCII characters that don't begin with : or AWS/",
    );
  return namespace;
}

/** A variable's value; an empty variable counts as not set. */
function variable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return env[name] === "" ? undefined : env[name];
}

function booleanVariable(env: NodeJS.ProcessEnv, name: string): boolean | undefined {
  const value = variable(env, name);
  if (value === undefined || value === "true" || value === "false")
    return value === undefined ? undefined : value === "true";
  // Without the value, which may be a secret that was put into the wrong variable.
  throw new RangeError(`${name} must be true or false`);
}
