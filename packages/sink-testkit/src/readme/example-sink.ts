import type { MetricsSink } from "@aiokpl/metrics-core";

/** Posts each export as JSON. */
export function exampleSink(url: string): MetricsSink {
  return {
    async export(snapshots, { signal }) {
      if (snapshots.length === 0) return undefined;
      const request = { method: "POST", body: JSON.stringify(snapshots), signal };
      const { status } = await fetch(url, request).catch(() => ({ status: 0 }));
      if (status === 202) return undefined;
      if (status !== 400) return { retry: snapshots };
      return { rejected: snapshots.map((snapshot) => ({ snapshot, reason: "HTTP 400" })) };
    },
  };
}
