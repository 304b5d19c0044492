import { entriesOf, type Manifest } from "./public-packages.ts";

const CORE = "@aiokpl/metrics-core";

/**
 * What a published package's manifest lacks or has wrong, a line each, with what it must say. So a
 * new package that has no problem loads in every format, and is built and checked as the others are.
 *
 * @param directory the package's folder below `packages`.
 */
export function manifestProblems(directory: string, manifest: Manifest): readonly string[] {
  const problem = (field: string, expected: string): string =>
    `${field} is ${JSON.stringify(manifest[field])}, must be ${expected}`;
  const exact = Object.entries(exactFields(directory, manifest)).flatMap(([field, expected]) => {
    const text = JSON.stringify(expected);
    return JSON.stringify(manifest[field]) === text ? [] : [problem(field, text)];
  });
  const lists = Object.entries(LISTS).flatMap(([field, members]) => {
    const value = manifest[field];
    const missing = members.filter((each) => !(Array.isArray(value) && value.includes(each)));
    return missing.length === 0 ? [] : [problem(field, `a list with ${JSON.stringify(missing)}`)];
  });
  return [...exact, ...lists, ...descriptionProblems(manifest), ...coreProblems(manifest)];
}

/** What follows from the folder's name and the entries' names. The order of conditions counts. */
function exactFields(directory: string, manifest: Manifest): Readonly<Record<string, unknown>> {
  const entries = entriesOf(manifest);
  const subpaths = entries.filter(({ subpath }) => subpath !== ".");
  const conditions = (file: string): unknown => ({
    import: { types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` },
    require: { types: `./dist/${file}.d.cts`, default: `./dist/${file}.cjs` },
  });
  return {
    name: `@aiokpl/${directory}`,
    license: "Apache-2.0",
    author: "The aiokpl authors",
    type: "module",
    sideEffects: false,
    // What does not read `exports`, such as TypeScript with node10 resolution, loads CommonJS.
    main: "./dist/index.cjs",
    types: "./dist/index.d.cts",
    typesVersions:
      subpaths.length === 0
        ? undefined
        : {
            "*": Object.fromEntries(
              subpaths.map(({ subpath, file }) => [subpath.slice(2), [`./dist/${file}.d.cts`]]),
            ),
          },
    exports: {
      ".": conditions("index"),
      ...Object.fromEntries(subpaths.map(({ subpath, file }) => [subpath, conditions(file)])),
      "./package.json": "./package.json",
    },
    publishConfig: { access: "public" },
    scripts: {
      build:
        "rolldown --logLevel warn --config ../../rolldown.config.js && tsc -p tsconfig.build.json --emitDeclarationOnly && node ../../commonjs-types.js",
      typecheck: "tsc --noEmit",
      check: "publint --strict --pack pnpm && attw --pack . --no-emoji --format ascii",
    },
    engines: { node: ">=20.19" },
  };
}

/** What a list must have; it may have more. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  files: ["CHANGELOG.md", "dist", "src", "!src/**/*.test.ts"],
  keywords: ["metrics", "observability"],
};

function descriptionProblems({ description }: Manifest): readonly string[] {
  if (typeof description === "string" && description.length >= 30) return [];
  return ["description must say in 30 characters or more what the package is"];
}

/** Core is a peer: an application has one copy of it, by a range that no minor of core moves. */
function coreProblems({ name, dependencies, peerDependencies = {} }: Manifest): readonly string[] {
  if (name === CORE) {
    const ofCore = { dependencies, peerDependencies };
    return Object.values(ofCore).some((each) => Object.keys(each ?? {}).length > 0)
      ? ["core must depend on nothing"]
      : [];
  }
  const range = peerDependencies[CORE] ?? "";
  return [
    ...(dependencies?.[CORE] === undefined ? [] : [`dependencies must not have ${CORE}`]),
    ...(/^\^\d+\.0\.0( \|\| \^\d+\.0\.0)*$/.test(range)
      ? []
      : [`peerDependencies must have ${CORE} with a range such as ^1.0.0, not "${range}"`]),
  ];
}
