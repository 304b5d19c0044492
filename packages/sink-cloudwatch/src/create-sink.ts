import { type CreateSink, unopenableSink } from "@aiokpl/metrics-core/sink";
import { CloudWatchSink } from "./cloudwatch-sink.ts";
import type { CloudWatchSinkOptions } from "./cloudwatch-options.ts";
import { kplDimensionNames, kplDimensionSets } from "./series/kpl-dimension-sets.ts";

/**
 * A {@link CloudWatchSink} as the environment describes it. The SDK reads AWS_REGION, the variables
 * for credentials and AWS_ENDPOINT_URL_CLOUDWATCH or AWS_ENDPOINT_URL itself; ours are
 *
 * - `AIOKPL_CLOUDWATCH_DIMENSION_SETS`: `kpl`, or sets such as `stream,shard;stream;` (the last one
 *   is the empty set);
 * - `AIOKPL_CLOUDWATCH_PERCENTILES`, `AIOKPL_CLOUDWATCH_VERIFY_TLS`: `true` or `false`;
 * - `AIOKPL_CLOUDWATCH_STORAGE_RESOLUTION`: `1` or `60`.
 *
 * What is wrong with them is told by `open()`. `instance` makes no difference: CloudWatch adds up
 * what several processes report of one series.
 */
export const createSink: CreateSink = ({ namespace } = {}) => {
  try {
    return new CloudWatchSink({ namespace, ...environmentOptions(process.env) });
  } catch (error) {
    return unopenableSink("cloudwatch", error);
  }
};

function environmentOptions(env: NodeJS.ProcessEnv): CloudWatchSinkOptions {
  const sets = variable(env, "AIOKPL_CLOUDWATCH_DIMENSION_SETS");
  const resolution = variable(env, "AIOKPL_CLOUDWATCH_STORAGE_RESOLUTION");
  if (resolution !== undefined && resolution !== "1" && resolution !== "60")
    throw new RangeError(
      `AIOKPL_CLOUDWATCH_STORAGE_RESOLUTION is "${resolution}", must be 1 or 60`,
    );
  return {
    percentiles: flag(env, "AIOKPL_CLOUDWATCH_PERCENTILES"),
    verifyTls: flag(env, "AIOKPL_CLOUDWATCH_VERIFY_TLS"),
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

/** An empty one is as good as none. */
function variable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return env[name] === "" ? undefined : env[name];
}

function flag(env: NodeJS.ProcessEnv, name: string): boolean | undefined {
  const value = variable(env, name);
  if (value === undefined || value === "true" || value === "false")
    return value === undefined ? undefined : value === "true";
  throw new RangeError(`${name} is "${value}", must be true or false`);
}
