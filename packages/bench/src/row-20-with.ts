import type { Contender, Row } from "./row.ts";
import { atMostTimes } from "./target.ts";
import { timedLoop } from "./timed-loop.ts";
import { CYCLE, SERIES, shards, streams } from "./workload.ts";

const cycleSum = CYCLE;

const literal: Contender = async (settings) => {
  const { ourManager } = await import("./our-manager.ts");
  const { manager, totals } = ourManager();
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++)
        manager.count("requests", 1, { stream: streams[i & 7], shard: shards[(i >> 3) & 7] });
    },
    totals,
  });
};

const views: Contender = async (settings) => {
  const { ourManager } = await import("./our-manager.ts");
  const { manager, totals } = ourManager();
  const ofShard = shards.map((shard) => manager.with({ shard }));
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++)
        ofShard[(i >> 3) & 7]?.count("requests", 1, { stream: streams[i & 7] });
    },
    totals,
  });
};

/** A view for each observation, as a service makes one for each request. */
const newViews: Contender = async (settings) => {
  const { ourManager } = await import("./our-manager.ts");
  const { manager, totals } = ourManager();
  return timedLoop(settings, {
    cycleSum,
    run(operations) {
      for (let i = 0; i < operations; i++)
        manager
          .with({ shard: shards[(i >> 3) & 7] })
          .count("requests", 1, { stream: streams[i & 7] });
    },
    totals,
  });
};

export const withDimensions: Row = {
  number: 20,
  title: `keyed counter by a view, two dimensions, ${SERIES} series`,
  contenders: { literal, views, "new views": newViews },
  workloads: [
    {
      name: "with({ shard }).count(name, 1, { stream })",
      measure: "ns",
      unit: "ns",
      ours: "views",
      against: [{ peer: "literal", target: atMostTimes(1.2) }],
    },
    {
      name: "the same, with a view for each count",
      measure: "ns",
      unit: "ns",
      ours: "new views",
      against: [{ peer: "literal" }],
    },
  ],
};
