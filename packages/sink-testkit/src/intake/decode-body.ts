import * as zlib from "node:zlib";

/**
 * Decodes a body by its `content-encoding` header, which may name several codings in a row: gzip,
 * deflate (with zlib's wrapper or raw, since both are in use), br, and zstd on Node 22.15 and later.
 *
 * @throws {RangeError} for a coding that is not known
 * @throws {Error} for a body that does not match the header
 */
export function decodeBody(rawBody: Uint8Array, contentEncoding: string | undefined): Uint8Array {
  const codings = (contentEncoding ?? "").toLowerCase().split(",");
  return codings.reduceRight((body, coding) => undo(coding.trim(), body), rawBody);
}

function undo(coding: string, body: Uint8Array): Uint8Array {
  switch (coding) {
    case "":
    case "identity":
      return body;
    case "gzip":
    case "x-gzip":
      return zlib.gunzipSync(body);
    case "deflate":
      return inflate(body);
    case "br":
      return zlib.brotliDecompressSync(body);
    case "zstd":
    case "zstd1": // Datadog calls zstd this.
      if ("zstdDecompressSync" in zlib) return zlib.zstdDecompressSync(body);
      throw new RangeError("content-encoding zstd needs Node 22.15 or later");
    default:
      throw new RangeError(`content-encoding ${coding} is not known`);
  }
}

function inflate(body: Uint8Array): Uint8Array {
  try {
    return zlib.inflateSync(body);
  } catch {
    return zlib.inflateRawSync(body);
  }
}
