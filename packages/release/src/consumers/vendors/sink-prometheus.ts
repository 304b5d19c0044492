import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { Vendor } from "../vendor.ts";

/** As Prometheus says how long it waits. */
const headers = { "x-prometheus-scrape-timeout-seconds": "10" };

export const vendor: Vendor = {
  sink: "@aiokpl/sink-prometheus",
  beside: {},
  showsMax: false,
  async listen() {
    const port = await freePort();
    const stop = new AbortController();
    let page = "";
    const scraping = (async () => {
      while (!stop.signal.aborted) {
        page = await fetch(`http://127.0.0.1:${port}/metrics`, { headers })
          .then((response) => response.text())
          .catch(() => page);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    return {
      env: {
        OTEL_EXPORTER_PROMETHEUS_PORT: `${port}`,
        // Or the application would be over before it is scraped. In Deno close() waits for all of this time.
        AIOKPL_PROMETHEUS_LAST_SCRAPE_MS: "5000",
      },
      async totals() {
        // The last page may have arrived, and not been read yet.
        stop.abort();
        await scraping;
        const valueOf = (series: string): number | undefined => {
          const line = page.split("\n").find((each) => each.startsWith(`shop_${series} `));
          return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ")));
        };
        return {
          orders: valueOf('orders_total{country="PT"}'),
          depth: valueOf("depth"),
          latency: {
            count: valueOf('latency_count{route="/"}') ?? 0,
            sum: valueOf('latency_sum{route="/"}') ?? 0,
          },
        };
      },
      async [Symbol.asyncDispose]() {
        stop.abort();
        await scraping;
      },
    };
  },
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
