import type { Contender, Row } from "./row.ts";
import { atMostMore } from "./target.ts";
import { timedLoop } from "./timed-loop.ts";
import { dimensionsInRotation, SERIES, shards, streams } from "./workload.ts";

const MASK = SERIES - 1;

/** At level none, nothing must have been recorded. */
const nothing = { cycleSum: 0, series: 0 } as const;

/** The library's methods without a body. */
class Empty {
  put(
    _name: string,
    _value: number,
    _dimensions: Readonly<Record<string, string | undefined>>,
  ): void {}
}

class EmptyHandle {
  put(_value: number): void {}
}

const keyed: Contender = async (settings) => {
  const { ourManager } = await import("./our-manager.ts");
  const { manager, totals } = ourManager({ level: "none" });
  return timedLoop(settings, {
    ...nothing,
    run(operations) {
      for (let i = 0; i < operations; i++) {
        manager.put("requests", 1, { stream: streams[i & 7], shard: shards[(i >> 3) & 7] });
      }
    },
    // Nothing was recorded, so the number of operations can't be checked.
    totals: async () => withoutCount(await totals()),
  });
};

const emptyKeyed: Contender = (settings) => {
  const empty = new Empty();
  return timedLoop(settings, {
    ...nothing,
    run(operations) {
      for (let i = 0; i < operations; i++) {
        empty.put("requests", 1, { stream: streams[i & 7], shard: shards[(i >> 3) & 7] });
      }
    },
    totals: () => nothingRecorded,
  });
};

const bound: Contender = async (settings) => {
  const { ourManager } = await import("./our-manager.ts");
  const { manager, totals } = ourManager({ level: "none" });
  const handles = dimensionsInRotation.map((dimensions) => manager.bind("requests", dimensions));
  return timedLoop(settings, {
    ...nothing,
    run(operations) {
      for (let i = 0; i < operations; i++) handles[i & MASK]?.put((i & 3) + 1);
    },
    totals: async () => withoutCount(await totals()),
  });
};

const emptyBound: Contender = (settings) => {
  const handles = dimensionsInRotation.map(() => new EmptyHandle());
  return timedLoop(settings, {
    ...nothing,
    run(operations) {
      for (let i = 0; i < operations; i++) handles[i & MASK]?.put((i & 3) + 1);
    },
    totals: () => nothingRecorded,
  });
};

const nothingRecorded = { sum: 0, series: 0 };

function withoutCount({ sum, series }: { sum: number; series: number }) {
  return { sum, series };
}

export const levelNone: Row = {
  number: 5,
  title: "put at level none",
  contenders: { keyed, "empty method": emptyKeyed, bound, "empty handle": emptyBound },
  workloads: [
    {
      name: "keyed put at level none",
      measure: "ns",
      unit: "ns",
      ours: "keyed",
      against: [{ peer: "empty method", target: atMostMore(2) }],
    },
    {
      name: "bound put at level none",
      measure: "ns",
      unit: "ns",
      ours: "bound",
      against: [{ peer: "empty handle", target: atMostMore(2) }],
    },
  ],
};
