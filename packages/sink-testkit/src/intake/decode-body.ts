import * as zlib from "node:zlib";

/**
 * Undoes a `content-encoding` header: gzip, deflate (with zlib's wrapper or raw, as both are in use),
 * br, and zstd where Node has it (22.15 and later); several codings in a row too.
 *
 * @throws {RangeError} on a coding that it does not know
 * @throws {Error} on a body that is not what the header says
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
    case "zstd1": // Datadog's name for it.
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
