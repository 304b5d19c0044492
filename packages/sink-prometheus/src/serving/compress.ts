import { Readable } from "node:stream";
import { constants, createGzip } from "node:zlib";
import type { Page } from "../rendering/renderings.ts";

/** Pages that were compressed, so that those who share a page share this too. */
const compressed = new WeakMap<Page, Promise<readonly Uint8Array[]>>();

/** Returns a page compressed with gzip, in pieces. Other threads do the work. */
export function gzipped(page: Page): Promise<readonly Uint8Array[]> {
  let chunks = compressed.get(page);
  if (chunks === undefined) compressed.set(page, (chunks = gzip(page.chunks)));
  return chunks;
}

async function gzip(chunks: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
  // The fastest level: the text of metrics shrinks to a tenth with it.
  const stream = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: 65_536 });
  const result: Uint8Array[] = [];
  for await (const chunk of Readable.from(chunks).pipe(stream)) result.push(chunk as Uint8Array);
  return result;
}
