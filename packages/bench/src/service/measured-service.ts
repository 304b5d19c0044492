import type { Settings } from "../row.ts";
import { checkTotals } from "../totals.ts";
import { startService, type Service } from "./fastify-service.ts";
import type { Instrumentation, InstrumentationOptions } from "./instrumentation.ts";
import { Outside } from "./outside.ts";
import { Stretch } from "./service-figures.ts";
import { ENDED_REQUESTS } from "./traffic.ts";
import { variants, type VariantName } from "./variants.ts";

/** What serving took. */
export type ServedFigures = Readonly<Record<"cpuUs" | "pauseMs" | "gcMs" | "p50" | "p99", number>>;

/** A service under load, with one way to measure it. */
export class MeasuredService {
  readonly #outside: Outside;
  readonly #service: Service;
  readonly instrumentation: Instrumentation;
  /** From before the metrics library was loaded until the service listens, in milliseconds. */
  readonly startupMs: number;
  #requests = 0;
  #customers = 0;

  private constructor(parts: {
    readonly outside: Outside;
    readonly service: Service;
    readonly instrumentation: Instrumentation;
    readonly startupMs: number;
  }) {
    this.#outside = parts.outside;
    this.#service = parts.service;
    this.instrumentation = parts.instrumentation;
    this.startupMs = parts.startupMs;
  }

  /** Sets up the metrics, and resolves when the service listens. */
  static async start(
    name: VariantName,
    options: Omit<InstrumentationOptions, "receiver">,
  ): Promise<MeasuredService> {
    const variant = variants[name];
    const outside = await Outside.start("protocol" in variant ? variant.protocol : undefined);
    const start = performance.now();
    const instrumentation = await variant.setUp({ ...options, receiver: outside.receiver });
    const service = await startService(instrumentation);
    const startupMs = performance.now() - start;
    return new MeasuredService({ outside, service, instrumentation, startupMs });
  }

  /** Counts one for each of so many customers, which are as many series. */
  orderByCustomers(customers: number, from = 0): void {
    for (let i = from; i < from + customers; i++) this.instrumentation.customer(`customer-${i}`);
    this.#customers += customers;
  }

  /** Records requests that are not made: all thirteen series of the service. */
  record(): void {
    for (const request of ENDED_REQUESTS) {
      this.instrumentation.began();
      this.instrumentation.ended(request);
    }
    this.#requests += ENDED_REQUESTS.length;
  }

  /** Answers requests at a fixed rate, and measures what that takes of this process. */
  async serve({
    perSecond,
    ms,
  }: {
    readonly perSecond: number;
    readonly ms: number;
  }): Promise<ServedFigures> {
    const requests = Math.round((perSecond * ms) / 1_000);
    const stretch = new Stretch();
    const { port } = this.#service;
    const { p50, p99, answered } = await this.#outside.load({
      port,
      perSecond,
      requests,
      from: this.#requests,
    });
    const { cpuMs, pauseMs, gcMs } = await stretch.end();
    this.#requests += answered;
    return { cpuUs: (cpuMs * 1_000) / requests, pauseMs, gcMs, p50, p99 };
  }

  /** Lets the page be scraped, if there is one, and exports what was recorded otherwise. */
  async flush(): Promise<void> {
    const { page } = this.instrumentation;
    if (page === undefined) await this.instrumentation.flush();
    else await this.#outside.scrape(page);
  }

  /** Ends the service, and throws {@link WorkNotDone} if not all of it has arrived. */
  async end(settings: Settings): Promise<void> {
    await this.#service.close();
    if (this.instrumentation.page !== undefined) await this.flush();
    await this.instrumentation.close();
    const totals = await this.#outside.totals();
    if (totals === undefined) return;
    const requests = { count: this.#requests, sum: this.#requests, series: 1 };
    const { sabotage } = settings;
    checkTotals({ count: totals.durations, sum: totals.requests, series: 1 }, requests, {
      ...settings,
      sabotage: false,
    });
    checkTotals(
      { series: totals.customers },
      { ...requests, series: this.#customers },
      { ...settings, sabotage },
    );
  }
}
