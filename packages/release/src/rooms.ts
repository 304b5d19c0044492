import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/**
 * The rooms of each package that has some, from the top down: a file imports from its own room and
 * from the rooms below it. What stands at the root of `src` may import from every room, and no room
 * imports from there.
 */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  "sink-cloudwatch": ["client", "requests", "datums", "series"],
  "sink-otel": [
    "meter",
    "options",
    "exporter",
    "producer",
    "series",
    "metric-data",
    "names",
    "turns",
  ],
  "sink-prometheus": ["serving", "rendering", "series", "exposition", "naming"],
  "sink-datadog": ["delivery", "client", "mapping", "naming"],
  "sink-testkit": ["readme", "clauses", "trial", "contract", "driver", "examples", "intake"],
  "metrics-core": [
    "node",
    "sinks",
    "views",
    "reading",
    "catalogues",
    "cycle",
    "recording",
    "delivery",
    "windows",
    "histogram",
    "sink-kit",
    "problems",
    "contract",
  ],
};

/** Folders of test servers and the like, which only tests import. */
const FOR_TESTS: ReadonlySet<string> = new Set(["testing", "model"]);

/** The text of each source file of a package, tests left out, by its path below `src`. */
export function sourcesOf(sourceFolder: string): ReadonlyMap<string, string> {
  const paths = readdirSync(sourceFolder, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts") && !/(test|test-d)\.ts$/.test(path))
    .filter((path) => !FOR_TESTS.has(roomOf(path)));
  return new Map(paths.map((path) => [path, readFileSync(join(sourceFolder, path), "utf8")]));
}

/** Each import that leads up, sideways or into a room that is not listed, as a sentence. */
export function wrongImports(
  sources: ReadonlyMap<string, string>,
  rooms: readonly string[],
): readonly string[] {
  const level = (room: string): number => (room === "" ? -1 : rooms.indexOf(room));
  return [...sources].flatMap(([path, text]) => {
    const from = roomOf(path);
    if (from !== "" && !rooms.includes(from)) return [`${path} is in a room that is not listed`];
    return relativeImports(text)
      .map((specifier) => posix.join(posix.dirname(path), specifier))
      .filter((target) => roomOf(target) !== from && level(roomOf(target)) <= level(from))
      .map((target) => `${path} imports ${target}, which is not below it`);
  });
}

function relativeImports(text: string): readonly string[] {
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"/g)].map(
    ([, path]) => path ?? "",
  );
}

/** The first folder of a path; empty at the root. */
function roomOf(path: string): string {
  const end = path.indexOf("/");
  return end < 0 ? "" : path.slice(0, end);
}
