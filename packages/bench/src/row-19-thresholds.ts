import type { Contender, Row } from "./row.ts";
import { atMostTimes } from "./target.ts";
import { timedLoop } from "./timed-loop.ts";
import { CYCLE, dimensionsInRotation, latencies, latencySum, SERIES } from "./workload.ts";

const MASK = SERIES - 1;
const LATENCIES_MASK = CYCLE - 1;

function recordingInto(name: "latency" | "latencyAtThresholds"): Contender {
  return async (settings) => {
    const { ourManager } = await import("./our-manager.ts");
    const { manager, totals } = ourManager();
    const handles = dimensionsInRotation.map((dimensions) => manager.bind(name, dimensions));
    return timedLoop(settings, {
      cycleSum: latencySum,
      run(operations) {
        for (let i = 0; i < operations; i++)
          handles[i & MASK]?.put(latencies[i & LATENCIES_MASK] ?? 0);
      },
      totals,
    });
  };
}

export const thresholds: Row = {
  number: 19,
  title: `bound distribution with 12 thresholds, log-normal, ${SERIES} series in rotation`,
  contenders: {
    "with thresholds": recordingInto("latencyAtThresholds"),
    without: recordingInto("latency"),
  },
  workloads: [
    {
      name: "bound distribution put, 12 thresholds",
      measure: "ns",
      unit: "ns",
      ours: "with thresholds",
      against: [{ peer: "without", target: atMostTimes(1.4) }],
    },
  ],
};
