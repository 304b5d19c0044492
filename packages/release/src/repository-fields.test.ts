import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PLACEHOLDER_REPOSITORY, repositoryFields } from "./repository-fields.ts";
import { publicPackages, workspaceFolder } from "./public-packages.ts";

const published = await publicPackages();

test.each(published)(
  "the manifest of $directory leads to its repository",
  ({ directory, manifest }) => {
    expect(manifest).toMatchObject(repositoryFields(PLACEHOLDER_REPOSITORY, directory));
  },
);

test("what is no address of a repository is refused", () => {
  for (const url of ["", "owner/name", "https://github.com/owner", "https://github.com/a/b.git/"])
    expect(() => repositoryFields(url, "sink")).toThrow(/Not the address of a repository/);
});

test("every document names the same repository", () => {
  const documents = ["SECURITY.md", "README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"];
  for (const document of documents) {
    const text = readFileSync(join(workspaceFolder, document), "utf8");
    for (const [url] of text.matchAll(/https:\/\/github\.com\/aiokpl[\w./-]*/g))
      expect(url, document).toMatch(new RegExp(`^${PLACEHOLDER_REPOSITORY}\\b`));
  }
});
