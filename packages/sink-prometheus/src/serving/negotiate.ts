import { type Escaping, type Format, PLAIN_TEXT, type Syntax } from "../exposition/format.ts";

/** One of the formats that a client lists in `Accept`. */
interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** How much the client wants it, from 0 (not at all) to 1. */
  readonly quality: number;
}

interface Candidate {
  readonly format: Format;
  readonly quality: number;
  readonly isWildcard: boolean;
}

/**
 * Returns the format that the client wants most, of those that there are. If it lists none of them, it gets plain text,
 * as every Prometheus library does; undefined only if it says that it takes no plain text either.
 */
export function negotiate(accept: string | undefined): Format | undefined {
  const ranges = mediaRanges(accept ?? "");
  const plain = ["text/plain", "text/*", "*/*"]
    .map((type) => ranges.find((range) => range.type === type && isPlain(range)))
    .find((range) => range !== undefined);
  const candidates = ranges.flatMap((range): readonly Candidate[] => {
    const syntax = range === plain ? "text-0.0.4" : syntaxOf(range);
    if (syntax === undefined || range.quality === 0) return [];
    const { quality, type } = range;
    const format = { syntax, escaping: escapingOf(range) };
    return [{ format, quality, isWildcard: type.endsWith("*") }];
  });
  const [best] = candidates.toSorted(
    (a, b) => b.quality - a.quality || Number(a.isWildcard) - Number(b.isWildcard),
  );
  return best?.format ?? (plain?.quality === 0 ? undefined : PLAIN_TEXT);
}

/** Whether an answer may be compressed with gzip. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const ranges = mediaRanges(acceptEncoding ?? "");
  const range =
    ranges.find(({ type }) => type === "gzip") ?? ranges.find(({ type }) => type === "*");
  return range !== undefined && range.quality > 0;
}

/** Plain text without a version is the oldest one. */
function isPlain({ type, parameters }: MediaRange): boolean {
  return type !== "text/plain" || (parameters.get("version") ?? "0.0.4") === "0.0.4";
}

function syntaxOf({ type, parameters }: MediaRange): Syntax | undefined {
  const version = parameters.get("version");
  switch (type) {
    case "application/vnd.google.protobuf":
      return parameters.get("proto") === "io.prometheus.client.metricfamily" &&
        parameters.get("encoding") === "delimited"
        ? "protobuf"
        : undefined;
    case "application/openmetrics-text":
      return version === "1.0.0" ? "openmetrics" : undefined;
    case "text/plain":
      return version === "1.0.0" ? "text-1.0.0" : undefined;
    default:
      return undefined;
  }
}

function escapingOf({ parameters }: MediaRange): Escaping | undefined {
  const escaping = parameters.get("escaping");
  if (escaping === undefined) return undefined;
  return escaping === "allow-utf-8" ? "allow-utf-8" : "underscores";
}

function mediaRanges(header: string): readonly MediaRange[] {
  return header
    .toLowerCase()
    .split(",")
    .map((range) => {
      const [type = "", ...rest] = range.split(";").map((part) => part.trim());
      const parameters = new Map(
        rest.map((parameter) => {
          const [name = "", value = ""] = parameter.split("=").map((part) => part.trim());
          return [name, value.replaceAll('"', "")];
        }),
      );
      const quality = Number(parameters.get("q") ?? 1);
      return { type, parameters, quality: quality >= 0 && quality <= 1 ? quality : 0 };
    })
    .filter(({ type }) => type !== "");
}
