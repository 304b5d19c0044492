import type { Vendor } from "../vendor.ts";

/** Core as its own sink, which writes to standard output. */
export const vendor: Vendor = {
  sink: "@aiokpl/metrics-core",
  beside: {},
  async listen() {
    return {
      env: {},
      totals(stdout) {
        const rows = stdout.split("\n").map((line) => line.replace(/ +/g, " "));
        const columns = (start: string): readonly number[] => {
          const row = rows.find((each) => each.startsWith(`${start} `)) ?? "";
          return [...row.slice(start.length).matchAll(/[\d,.]+/g)].map(([number]) =>
            Number(number.replaceAll(",", "")),
          );
        };
        const [count = NaN, latencySum = NaN, , , , , max = NaN] = columns("latency route=/");
        return {
          orders: columns("orders country=PT")[1],
          depth: columns("depth").at(-1),
          latency: { count, sum: latencySum, max },
        };
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
