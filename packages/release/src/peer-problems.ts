import { satisfies } from "semver";
import type { Manifest } from "./workspace-copy.ts";

/**
 * The packages whose peer range leaves out the version that a sibling is about to have. A major of
 * core does not touch the sinks by itself: each must say that it works with it, in a release of its own.
 */
export function peerProblems(manifests: ReadonlyMap<string, Manifest>): readonly string[] {
  return [...manifests.values()].flatMap(({ name, version, peerDependencies = {} }) =>
    Object.entries(peerDependencies).flatMap(([peer, range]) => {
      const sibling = manifests.get(peer);
      if (sibling === undefined || satisfies(sibling.version, range)) return [];
      return `${name} ${version} wants ${peer} ${range}, which would be ${sibling.version}`;
    }),
  );
}
