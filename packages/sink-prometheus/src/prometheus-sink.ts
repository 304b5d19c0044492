import type {
  ExportResult,
  ForgottenSeries,
  MetricSnapshot,
  MetricsSink,
  PreparedWindow,
  SinkHost,
  WindowPart,
} from "@aiokpl/metrics-core";
import { PLAIN_TEXT } from "./exposition/format.ts";
import { Families } from "./naming/families.ts";
import { SeriesLabels } from "./naming/series-labels.ts";
import {
  type PrometheusSinkOptions,
  type SettledOptions,
  settleOptions,
} from "./prometheus-sink-options.ts";
import { Renderings } from "./rendering/renderings.ts";
import { SeriesTurn } from "./rendering/turn.ts";
import { Totals } from "./series/totals.ts";
import { negotiate } from "./serving/negotiate.ts";
import {
  type FetchRequest,
  joined,
  type PageBytes,
  ScrapeHandler,
  type ScrapeRequest,
  type ScrapeResponse,
} from "./serving/scrape-handler.ts";
import { isLoopback, ScrapeServer } from "./serving/scrape-server.ts";
import { Scrapers } from "./serving/scrapers.ts";

/** A page of metrics, as {@link PrometheusSink.render} returns it. */
export interface RenderedMetrics {
  /** What the answer's `Content-Type` must say. */
  readonly contentType: string;
  /** The page, as bytes. */
  readonly body: PageBytes;
}

/**
 * Shows metrics to Prometheus, which comes and reads them. Totals are cumulative and include the window that is still
 * open: a scrape has each observation up to the moment in which it reads the series, exactly once. Distributions have
 * classic buckets, and native histograms where the scraper takes them.
 *
 * With the option `port` the sink serves itself. Without it, your own server calls `handler`, `fetch` or `render`.
 */
export class PrometheusSink implements MetricsSink {
  /** Always "prometheus". */
  readonly name = "prometheus";
  /** Always true: Prometheus comes and reads. */
  readonly pull = true;
  /** Answers a request of Node's http module or of Express: `app.get("/metrics", sink.handler)`. Never rejects. */
  readonly handler: (request: ScrapeRequest, response: ScrapeResponse) => Promise<void>;
  /** Answers a web-standard request, as Hono, Next.js, Deno and Bun have them. Never rejects. */
  readonly fetch: (request: FetchRequest) => Promise<Response>;
  readonly #options: SettledOptions;
  readonly #totals: Totals;
  readonly #renderings: Renderings;
  readonly #scrapers = new Scrapers();
  readonly #server: ScrapeServer | undefined;
  #host: SinkHost | undefined;

  /** @throws TypeError or RangeError for a wrong option; the message names it, its value and what is allowed. */
  constructor(options: PrometheusSinkOptions = {}) {
    const settled = settleOptions(options);
    const { port, host, path, maxScrapes, maxSeries, warnings, commonLabels } = settled;
    const { nativeHistograms, created, utf8Names } = settled;
    this.#options = settled;
    this.#totals = new Totals({
      families: new Families(settled),
      labels: new SeriesLabels(commonLabels),
      maxSeries,
      warnings,
    });
    this.#renderings = new Renderings({
      totals: this.#totals,
      open: () => this.#host?.series() ?? [],
      newTurn: () => new SeriesTurn(),
      nativeHistograms,
      created,
      utf8Names,
    });
    const handler = new ScrapeHandler({
      renderings: this.#renderings,
      scrapers: this.#scrapers,
      maxScrapes,
    });
    this.handler = (request, response) => handler.handle(request, response);
    this.fetch = (request) => handler.fetch(request);
    if (port !== undefined) this.#server = new ScrapeServer({ host, port, path }, handler);
  }

  /** The port on which the sink serves; undefined if it does not, or not yet. */
  get port(): number | undefined {
    return this.#server?.port;
  }

  /** Keeps the host, whose open window is part of each scrape, and begins to listen. Rejects as long as the port is taken. */
  async open(host: SinkHost): Promise<void> {
    this.#host = host;
    if (this.#server === undefined) return;
    if (isLoopback(this.#options.host) && process.env["KUBERNETES_SERVICE_HOST"] !== undefined)
      this.#options.warnings.warn(
        `it listens on ${this.#options.host}, where no Prometheus outside of this pod can reach it: set the option host, or the variable OTEL_EXPORTER_PROMETHEUS_HOST for createSink(), to "0.0.0.0"`,
      );
    await this.#server.listen();
  }

  /** Adds a closed window to the totals, so nothing is left to export. Rejects what Prometheus has no name for. */
  prepare(
    window: readonly MetricSnapshot[],
    part: WindowPart = { last: true },
  ): readonly MetricSnapshot[] | PreparedWindow {
    const rejected = this.#totals.commit(window, part);
    return rejected.length === 0 ? [] : { snapshots: [], rejected };
  }

  /** Ends a counter or distribution, whose last window was given to `prepare`. */
  forgotten({ name, dimensions }: ForgottenSeries): void {
    this.#totals.forget(name, dimensions);
  }

  /** Rejects whatever it is given: the sink takes windows in `prepare`, and leaves nothing to export. */
  async export(snapshots: readonly MetricSnapshot[]): Promise<ExportResult> {
    const reason =
      "PrometheusSink exports nothing: it takes windows in prepare(), and Prometheus scrapes them";
    return { rejected: snapshots.map((snapshot) => ({ snapshot, reason })) };
  }

  /** Writes the metrics for an `Accept` header; without one, or for one that names no format, as plain text. */
  async render(accept?: string): Promise<RenderedMetrics> {
    const { contentType, chunks } = await this.#renderings.page(negotiate(accept) ?? PLAIN_TEXT);
    return { contentType, body: joined(chunks) };
  }

  /**
   * Waits for a last scrape if the option `lastScrapeMs` says so, and then stops to serve. `handler`, `fetch` and
   * `render` go on showing the totals.
   */
  async close({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { lastScrapeMs, warnings } = this.#options;
    if (lastScrapeMs > 0)
      await this.#scrapers.untilAnswered(
        AbortSignal.any([signal, AbortSignal.timeout(lastScrapeMs)]),
      );
    await this.#server?.close(signal);
    warnings.sumUp();
  }
}
