import { peerProblems } from "./peer-problems.ts";
import { releasePackages } from "./released-packages.ts";
import { copyWorkspace } from "./workspace-copy.ts";

/** Shows what a release would publish now. Changes and publishes nothing. */
await using copy = await copyWorkspace();
const before = await copy.manifests();
const released = await releasePackages(copy);
for (const { name, version, tarballBytes, files } of released) {
  const kilobytes = (tarballBytes / 1_000).toFixed(1);
  console.log(`\n${name} ${version}: ${kilobytes} kB packed, ${files.length} files`);
  for (const path of files) console.log(`  ${path}`);
}
const problems = peerProblems(before, await copy.manifests());
for (const problem of problems) console.error(`\nNot to be published: ${problem}.`);
if (problems.length > 0) process.exitCode = 1;
