import { satisfies, diff } from "semver";
import type { Manifest } from "./public-packages.ts";

type Manifests = ReadonlyMap<string, Manifest>;

/**
 * What a release would break between siblings. A package's peer range must take the version that its
 * sibling is about to have; and where it took the one before and no longer does, that is a break for
 * whoever has that one, and so a major.
 *
 * @param before as the packages are released now.
 * @param after as they are about to be.
 */
export function peerProblems(before: Manifests, after: Manifests): readonly string[] {
  return [...after.values()].flatMap(({ name, version, peerDependencies = {} }) =>
    Object.entries(peerDependencies).flatMap(([peer, range]) => {
      const sibling = after.get(peer)?.version;
      if (sibling === undefined) return [];
      if (!satisfies(sibling, range))
        return [`${name} ${version} wants ${peer} ${range}, which would be ${sibling}`];
      const formerly = before.get(peer)?.version ?? sibling;
      const own = before.get(name)?.version ?? version;
      if (satisfies(formerly, range) || diff(own, version) === "major") return [];
      return [`${name} ${version} no longer takes ${peer} ${formerly}, and so must be a major`];
    }),
  );
}
