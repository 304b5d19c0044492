import { closing } from "./closing-window.ts";
import { DeliveringManager } from "./delivering-manager.ts";
import { keptObjects } from "./kept-objects.ts";
import { putting } from "./putting-while-closing.ts";
import type { Contender, Row, Workload } from "./row.ts";
import { atMost, timesLess } from "./target.ts";
import { WorkNotDone } from "./totals.ts";
import { destinations, type Destination } from "./window-destination.ts";
import { otel, otelDelta, promClient } from "./window-peers.ts";
import { counters, distributions, fullDistributions, type WindowShape } from "./window-shape.ts";

/** Our manager. It delivers windows of this shape to this destination. */
function ours(destinationOf: () => Promise<Destination>, shape: WindowShape): Contender {
  return async (settings) => {
    const { sink, sum, receivedBytes } = await destinationOf();
    const manager = await DeliveringManager.start(sink);
    const { metrics } = manager;
    let series = 0;
    let bytesBefore = 0;
    return closing(settings, {
      shape,
      // Without a sink of a vendor it is quick.
      closes: receivedBytes === undefined ? 2 : 1,
      record: (stream, shard, value) => metrics.put(shape.metric, value, { stream, shard }),
      close: async () => (series = await manager.deliver()),
      async totals() {
        if (receivedBytes !== undefined) {
          const bytes = await receivedBytes();
          if (bytes - bytesBefore < series)
            throw new WorkNotDone(`${bytes - bytesBefore} bytes arrived of ${series} series`);
          bytesBefore = bytes;
        }
        const count = metrics.stats().sinks[0]?.delivered.observations ?? 0;
        return { count, series, ...(sum === undefined ? undefined : { sum: sum() }) };
      },
    });
  };
}

const shapes = [counters, distributions, fullDistributions];

/** What the pauses of a shape are compared with. */
function peerOf(shape: WindowShape): string {
  return `as many plain objects: ${shape.name}`;
}

/** The one whose peers are other libraries. */
const core = `${counters.name}, core`;

const collections = [
  { peer: "otel", target: timesLess(2.5) },
  { peer: "otel delta", target: timesLess(2.5) },
  { peer: "prom-client" },
];

const contenders: Record<string, Contender> = {};
for (const shape of shapes) contenders[peerOf(shape)] = keptObjects(shape);
const workloads: Workload[] = [];

for (const [destination, create] of Object.entries(destinations)) {
  for (const shape of shapes) {
    const name = `${shape.name}, ${destination}`;
    contenders[name] = ours(create, shape);
    const pause = {
      name: `longest pause: ${name}`,
      measure: "gapMs",
      unit: "ms",
      ours: name,
    } as const;
    const cpu = { name: `CPU: ${name}`, measure: "ms", unit: "ms", ours: name } as const;
    const pauses = [{ target: atMost(10) }, { peer: peerOf(shape) }];
    workloads.push(
      { ...pause, against: name === core ? [...pauses, { peer: "otel" }] : pauses },
      { ...cpu, against: name === core ? collections : [{}] },
    );
  }
}

for (const shape of [counters, distributions]) {
  const name = `put while ${shape.name} are collected, against later`;
  contenders[name] = putting(shape);
  const against = [{ target: atMost(1.1) }];
  workloads.push({ name, measure: "times", unit: "×", ours: name, against });
}

export const windowClose: Row = {
  number: 6,
  title: "closing a window, and delivering it to a server on loopback",
  contenders: { ...contenders, otel, "otel delta": otelDelta, "prom-client": promClient },
  nodeFlags: ["--expose-gc"],
  // Each round of this row has a process of its own, and one at a time: together they would not fit into memory.
  maxRounds: { full: 2, short: 1 },
  workloads,
};
