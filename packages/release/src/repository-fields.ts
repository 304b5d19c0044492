/**
 * The address that the manifests name until the project has one. The release workflow replaces it by
 * the address of the repository that it runs in.
 */
export const PLACEHOLDER_REPOSITORY = "https://github.com/aiokpl/aiokpl-metrics";

/** The fields of a manifest that lead from the package's page at the registry to its repository. */
export interface RepositoryFields {
  readonly homepage: string;
  readonly bugs: { readonly url: string };
  readonly repository: { readonly type: "git"; readonly url: string; readonly directory: string };
}

/**
 * What a package's manifest says of the repository that it is built in.
 *
 * @param url such as `https://github.com/owner/name`.
 * @param directory the package's folder below `packages`.
 * @throws TypeError if `url` is not the https address of a repository.
 */
export function repositoryFields(url: string, directory: string): RepositoryFields {
  if (!/^https:\/\/[\w.-]+\/[\w.-]+\/[\w.-]+$/.test(url))
    throw new TypeError(`Not the address of a repository: "${url}"`);
  const folder = `packages/${directory}`;
  return {
    homepage: `${url}/tree/main/${folder}#readme`,
    bugs: { url: `${url}/issues` },
    repository: { type: "git", url: `git+${url}.git`, directory: folder },
  };
}
