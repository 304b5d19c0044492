/** What a page is written in. */
export type Syntax = "text-0.0.4" | "text-1.0.0" | "openmetrics" | "protobuf";

/** Which names and characters a page may have. */
export type Escaping = "underscores" | "allow-utf-8";

/** A page's format, as a scraper and the sink have agreed on it. */
export interface Format {
  readonly syntax: Syntax;
  /** What the scraper asked for; undefined for an older one, which asks for nothing and takes underscores. */
  readonly escaping: Escaping | undefined;
}

/** What nearly everything can read: what is sent if the scraper names no format. */
export const PLAIN_TEXT: Format = { syntax: "text-0.0.4", escaping: undefined };

/** The content types, without the escaping, as Prometheus' own libraries write them. */
const CONTENT_TYPES: Readonly<Record<Syntax, string>> = {
  "text-0.0.4": "text/plain; version=0.0.4; charset=utf-8",
  "text-1.0.0": "text/plain; version=1.0.0; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  protobuf:
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
};

/** The content type of a page. */
export function contentTypeOf({ syntax, escaping }: Format): string {
  const type = CONTENT_TYPES[syntax];
  return escaping === undefined ? type : `${type}; escaping=${escaping}`;
}
