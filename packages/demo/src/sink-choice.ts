import { ConsoleSink, InMemorySink, type MetricsSink, NullSink } from "@aiokpl/metrics-core";
import type { Options } from "./options.ts";
import { rollUp } from "./roll-up.ts";
import type { Screen } from "./screen.ts";

/** Returns the sink that the command line asks for; a program with one vendor has `createSink()` here. */
export function chooseSink({ sink, json, granularity }: Options, screen: Screen): MetricsSink {
  if (json)
    return new ConsoleSink({ format: "json", write: (line) => process.stdout.write(`${line}\n`) });
  if (sink === "memory") return new InMemorySink();
  if (sink === "null") return new NullSink();
  const tables = new ConsoleSink({ write: (table) => screen.print(table) });
  if (granularity === "shard") return tables;
  const dropped = granularity === "stream" ? ["shard"] : ["stream", "shard"];
  return {
    name: "console",
    prepare: (window) => rollUp(window, dropped),
    export: (snapshots) => tables.export(snapshots),
  };
}
