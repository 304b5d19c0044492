import { WorkTurn } from "@aiokpl/metrics-core/sink";

const CLIENT_FILE = /[\\/]datadog-api-client[\\/]dist[\\/]logger\.js$/;

/**
 * Loads the files of Datadog's client that take the longest, a few in each turn of the event loop: its calls need six
 * hundred small files. Loading them in one turn would keep the program's requests waiting for a third of a second.
 * `dist/logger.js` of the client must have been loaded before, because it shows where the client is.
 *
 * It makes no difference to what is loaded. Where it can't be done, as in a bundle or in a version with other files, it
 * does nothing, and what is missing is loaded by whoever imports it.
 */
export async function loadInTurns(): Promise<void> {
  try {
    const { createRequire } = await import("node:module");
    const { readFile } = await import("node:fs/promises");
    const load = createRequire(process.execPath);
    const logger = Object.keys(load.cache).find((path) => CLIENT_FILE.test(path));
    if (logger === undefined) return;
    const packages = logger.replace(/logger\.js$/, "packages/");
    const models = `${packages}datadog-api-client-v1/models/`;
    const serializer = await readFile(`${models}ObjectSerializer.js`, "utf8");
    const files = [...serializer.matchAll(/require\("\.\/(\w+)"\)/g)].map(
      ([, name]) => `${models}${name}.js`,
    );
    const turn = new WorkTurn();
    for (const file of files) {
      if (turn.isOver) await turn.next();
      load(file);
    }
    for (const file of [
      `${packages}datadog-api-client-common/http/isomorphic-fetch.js`,
      `${models}ObjectSerializer.js`,
    ]) {
      await turn.next();
      load(file);
    }
    await turn.next();
  } catch {
    // The import that follows says what is wrong.
  }
}
