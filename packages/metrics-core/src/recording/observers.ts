import type { DimensionValues } from "../contract/dimensions.ts";
import { hasProperties } from "./canonical-dimensions.ts";
import { show } from "../problems/show.ts";
import type { Problems } from "../problems/problems.ts";
import { quoted } from "./refusal.ts";
import type { SeriesStore } from "./series-store.ts";
import { messageOf, quieten } from "../problems/thrown.ts";

interface Observer {
  readonly name: string;
  readonly read: () => unknown;
  readonly dimensions: DimensionValues | undefined;
}

/** The gauges that are read when a window closes. */
export class Observers {
  readonly #observers = new Set<Observer>();

  /** Returns a function that removes it again. */
  add(name: string, read: () => unknown, dimensions: DimensionValues | undefined): () => void {
    const observer = { name, read, dimensions };
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  /** Reads all of them into the open window. One that fails is reported, and read again next time. */
  readInto(store: SeriesStore, problems: Problems): void {
    // A copy, since one that subscribes anew would else be read for ever.
    for (const { name, read, dimensions } of Array.from(this.#observers)) {
      if (store.metrics.known(name)?.enabled === false) continue;
      try {
        const value = read();
        quieten(value);
        if (typeof value === "number") store.record(name, "gauge", value, dimensions);
        else if (!isIterable(value)) {
          throw new TypeError(
            `it returned ${show(value)}, must be a number or [value, dimensions] pairs`,
          );
        } else {
          for (const pair of value) {
            quieten(pair);
            const [each, own] = pair;
            quieten(own);
            // A Map and the like is refused where it is read.
            const all = hasProperties(own) ? { ...dimensions, ...own } : own;
            store.record(name, "gauge", each, all);
          }
        }
      } catch (cause) {
        const message = `the callback that observes metric ${quoted(name)} failed: ${messageOf(cause)}`;
        problems.notice("observe_failed", message, { metric: name, cause });
      }
    }
  }
}

function isIterable(value: unknown): value is Iterable<[number, DimensionValues?]> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}
