/** The application: no line of it knows a vendor. */
export const APPLICATION: string = `
import { MetricsManager } from "@aiokpl/metrics-core";
import { createSink } from "@aiokpl/sink";

async function main() {
  const metrics = new MetricsManager({ sink: createSink({ namespace: "shop" }) });
  for (let i = 1; i <= 100; i++) {
    metrics.count("orders", 2, { country: "PT" });
    metrics.distribution("latency", i, { route: "/" });
  }
  metrics.gauge("depth", 3);
  metrics.gauge("depth", 17);
  const { ok, delivered, rejected } = await metrics.close();
  if (!ok || rejected > 0) throw new Error(JSON.stringify({ ok, delivered, rejected }));
}
main();
`;

/** The application as a CommonJS module. */
export const COMMONJS_APPLICATION: string = APPLICATION.replace(
  /import (\{.*?\}) from (".*?");/g,
  "const $1 = require($2);",
);

/** What the application observed, as far as every vendor's form shows it. */
export interface Totals {
  /** Sum of the counter with the dimension country=PT. */
  readonly orders: number | undefined;
  /** The gauge's last value; its maximum is the same. */
  readonly depth: number | undefined;
  /** Of the distribution. */
  readonly latency: { readonly count: number; readonly sum: number; readonly max?: number };
}

/** What must arrive, whoever the vendor, as far as its form shows it. */
export function totalsAt({ showsMax = true }: { readonly showsMax?: boolean }): Totals {
  const { count, sum } = TOTALS.latency;
  return showsMax ? TOTALS : { ...TOTALS, latency: { count, sum } };
}

const TOTALS: Totals = {
  orders: 200,
  depth: 17,
  latency: { count: 100, sum: 5_050, max: 100 },
};
