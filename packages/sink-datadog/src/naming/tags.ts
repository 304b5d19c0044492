import type { Dimensions } from "@aiokpl/metrics-core";

/** https://docs.datadoghq.com/getting_started/tagging/#define-tags: "up to 200 characters". */
const MAX_TAG = 200;

/** Dimensions as Datadog has them. */
export interface Tags {
  /** `key:value`, sorted, each once. */
  readonly tags: readonly string[];
  readonly host: string | undefined;
  /** The same for the same tags and host, and for no others. */
  readonly id: string;
}

/** What series have that do not say otherwise. */
export interface CommonTags {
  /** Normalised. */
  readonly tags: ReadonlyMap<string, string>;
  readonly host: string | undefined;
}

/**
 * Dimensions by Datadog's rules, so that what Datadog would make one is one here already: in lower
 * case, all but letters, digits, `_ - : . /` made `_`, keys beginning with a letter and without a
 * colon, at most 200 characters, no colon at the end. The dimension `host` stays as it is, but for
 * white space and control characters.
 */
export function normalisedDimensions(
  dimensions: Dimensions,
  warn: (message: string) => void,
): Dimensions {
  const tags = new Map<string, readonly [string, string]>();
  let isChanged = false;
  for (const pair of dimensions) {
    const normalised = pair[0] === "host" ? normalisedHost(pair) : normalisedPair(pair, warn);
    if (normalised === undefined) isChanged = true;
    else {
      isChanged ||= normalised[0] !== pair[0] || normalised[1] !== pair[1];
      // There is one host, whatever `Host` and `HOST` say.
      const tag = normalised[0] === "host" ? "host" : normalised.join(":");
      isChanged ||= tags.has(tag);
      tags.set(tag, normalised);
    }
  }
  if (!isChanged) return dimensions;
  return [...tags].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair);
}

function normalisedPair(
  [name, value]: readonly [string, string],
  warn: (message: string) => void,
): readonly [string, string] | undefined {
  const legal = clean(name).replaceAll(":", "_");
  const key = /^\p{L}/u.test(legal) ? legal : `tag_${legal}`;
  const tag = `${key}:${clean(value)}`;
  if (tag.length > MAX_TAG) warn(`the tag ${tag.slice(0, 60)}… is cut at ${MAX_TAG} characters`);
  const cut = tag
    .slice(0, MAX_TAG)
    .replace(/[\ud800-\udbff]$/, "")
    .replace(/:+$/, "");
  const colon = cut.indexOf(":");
  if (colon >= 0) return [cut.slice(0, colon), cut.slice(colon + 1)];
  warn(`the dimension ${name.slice(0, 60)} is left out: nothing of its value can be in a tag`);
  return undefined;
}

function normalisedHost([name, value]: readonly [string, string]): readonly [string, string] {
  return [name, value.replace(/[\s\p{C}]/gu, "_")];
}

function clean(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}_\-:./]/gu, "_");
}

/** Without what a series has in any case, so that a series that says it is no other than one that does not. */
export function withoutCommon(dimensions: Dimensions, { tags, host }: CommonTags): Dimensions {
  const isCommon = ([key, value]: readonly [string, string]): boolean =>
    value === (key === "host" ? host : tags.get(key)) &&
    dimensions.filter(([other]) => other === key).length === 1;
  return dimensions.some(isCommon) ? dimensions.filter((pair) => !isCommon(pair)) : dimensions;
}

/** A series' own tags, and those that all series have and it does not. */
export function tagsOf(dimensions: Dimensions, common: CommonTags): Tags {
  const own = dimensions.filter(([key]) => key !== "host");
  const keys = new Set(own.map(([key]) => key));
  const tags = own.map(([key, value]) => `${key}:${value}`);
  for (const [key, value] of common.tags) if (!keys.has(key)) tags.push(`${key}:${value}`);
  const host = dimensions.find(([key]) => key === "host")?.[1] ?? common.host;
  tags.sort((a, b) => (a < b ? -1 : 1));
  return { tags, host, id: `${host ?? ""}\n${tags.join("\n")}` };
}

/** Returns {@link tagsOf} with these common tags, computed once for each array of dimensions. */
export function cachedTagsOf(common: CommonTags): (dimensions: Dimensions) => Tags {
  // A series' snapshots share one array of dimensions for as long as the series lives.
  const cache = new WeakMap<Dimensions, Tags>();
  return (dimensions) => {
    const known = cache.get(dimensions);
    if (known !== undefined) return known;
    const tags = tagsOf(dimensions, common);
    cache.set(dimensions, tags);
    return tags;
  };
}
