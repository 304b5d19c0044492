import { contentTypeOf } from "../exposition/format.ts";
import type { Renderings } from "../rendering/renderings.ts";
import { gzipped } from "./compress.ts";
import { acceptsGzip, negotiate } from "./negotiate.ts";

/** The part of a request that decides the answer. */
export interface ScrapeQuestion {
  readonly method: string;
  readonly accept: string | undefined;
  readonly acceptEncoding: string | undefined;
}

/** An HTTP answer. */
export interface ScrapeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** In pieces, which may be shared with other answers. */
  readonly body: readonly Uint8Array[];
}

/** Answers that a cache must not keep, and that a browser must not take for a page. */
const HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
} as const;

/** Answers a request for metrics. */
export async function answerTo(
  { method, accept, acceptEncoding }: ScrapeQuestion,
  renderings: Renderings,
): Promise<ScrapeAnswer> {
  if (method !== "GET" && method !== "HEAD")
    return plainAnswer(405, "Only GET and HEAD are allowed here.", { allow: "GET, HEAD" });
  const format = negotiate(accept);
  if (format === undefined)
    return plainAnswer(
      406,
      "There are text/plain, application/openmetrics-text and application/vnd.google.protobuf.",
    );
  const isGzip = acceptsGzip(acceptEncoding);
  const headers = {
    ...HEADERS,
    "content-type": contentTypeOf(format),
    vary: "accept, accept-encoding",
    ...(isGzip && { "content-encoding": "gzip" }),
  };
  if (method === "HEAD") return { status: 200, headers, body: [] };
  const page = await renderings.page(format);
  const body = isGzip ? await gzipped(page) : page.chunks;
  const length = body.reduce((sum, chunk) => sum + chunk.length, 0);
  return { status: 200, headers: { ...headers, "content-length": `${length}` }, body };
}

/** An answer of one line of text. */
export function plainAnswer(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): ScrapeAnswer {
  const body = new TextEncoder().encode(`${text}\n`);
  return {
    status,
    headers: {
      ...HEADERS,
      "content-type": "text/plain; charset=utf-8",
      "content-length": `${body.length}`,
      ...headers,
    },
    body: [body],
  };
}
