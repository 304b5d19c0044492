import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { releasePackages } from "../released-packages.ts";
import { copyWorkspace } from "../workspace-copy.ts";

/** A registry on loopback with our tarballs, so that a consumer names packages and ranges as after a release. */
export interface Registry extends AsyncDisposable {
  readonly url: string;
}

/** Packs every published package with the version that its next release would have, and serves them. */
export async function startRegistry(): Promise<Registry> {
  await using copy = await copyWorkspace();
  const tarballs = new Map<string, Buffer>();
  const packuments = new Map<string, (url: string) => unknown>();
  for (const { name, version, tarball, manifest } of await releasePackages(copy)) {
    const bytes = await readFile(tarball);
    const path = `/tarballs/${basename(tarball)}`;
    tarballs.set(path, bytes);
    packuments.set(`/${name}`, (url) => ({
      name,
      "dist-tags": { latest: version },
      time: { [version]: "2026-01-01T00:00:00.000Z" },
      versions: {
        [version]: {
          ...manifest,
          dist: {
            tarball: url + path,
            shasum: createHash("sha1").update(bytes).digest("hex"),
            integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`,
          },
        },
      },
    }));
  }
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    const packument = packuments.get(path);
    if (packument !== undefined)
      response
        .setHeader("content-type", "application/json")
        .end(JSON.stringify(packument(`http://${request.headers.host}`)));
    else response.writeHead(tarballs.has(path) ? 200 : 404).end(tarballs.get(path));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
