import { peerProblems } from "./peer-problems.ts";
import { releasePackages } from "./released-packages.ts";
import { copyWorkspace } from "./workspace-copy.ts";

/** Shows what a release would publish now. Changes and publishes nothing. */
await using copy = await copyWorkspace();
const before = await copy.manifests();
const released = await releasePackages(copy);
const kilobytes = (bytes: number): string => `${(bytes / 1_000).toFixed(1)} kB`;
for (const { name, version, tarballBytes, files } of released) {
  const unpacked = files.reduce((all, { bytes }) => all + bytes, 0);
  console.log(
    `\n${name} ${version}: ${files.length} files, ${kilobytes(tarballBytes)} packed, ${kilobytes(unpacked)} unpacked`,
  );
  for (const { path, bytes } of files) console.log(`${kilobytes(bytes).padStart(12)}  ${path}`);
}
const problems = peerProblems(before, await copy.manifests());
for (const problem of problems) console.error(`\nNot to be published: ${problem}.`);
if (problems.length > 0) process.exitCode = 1;
