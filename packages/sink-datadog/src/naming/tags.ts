import type { Dimensions } from "@aiokpl/metrics-core";

/** https://docs.datadoghq.com/getting_started/tagging/#define-tags: "up to 200 characters". */
const MAX_TAG = 200;

/** What the rules leave as it is once it is in lower case. Most keys and values are like this. */
const PLAIN_KEY = /^[a-z][a-z0-9_\-./]*$/;
const PLAIN_VALUE = /^[a-z0-9_\-./]+$/;

/** The longest name that a host can have. */
const MAX_HOST = 253;

/** The tags and the host of a series at Datadog. */
export interface Tags {
  /** Written `key:value`, sorted, without duplicates. */
  readonly tags: readonly string[];
  readonly host: string | undefined;
  /** Identifies the tags and host: equal for equal ones, different for different ones. */
  readonly id: string;
}

/** The tags and the host that a series has unless its dimensions say otherwise. */
export interface CommonTags {
  /** Values by key, both normalised. */
  readonly tags: ReadonlyMap<string, string>;
  readonly host: string | undefined;
}

/**
 * Applies Datadog's rules for tags to dimensions, so that series which are one at Datadog are one here
 * too. Tags are in lower case; characters other than letters, digits and `_ - : . /` become `_`. Keys
 * begin with a letter and have no colon. A tag has at most 200 characters and no colon at its end.
 * Of the dimension `host` only white space and control characters are replaced.
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
      // A series has one host, so `Host`, `HOST` and `host` are the same dimension.
      const tag = normalised[0] === "host" ? "host" : normalised.join(":");
      isChanged ||= tags.has(tag);
      tags.set(tag, normalised);
    }
  }
  if (!isChanged) return dimensions;
  return [...tags].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, pair]) => pair);
}

function normalisedPair(
  pair: readonly [string, string],
  warn: (message: string) => void,
): readonly [string, string] | undefined {
  return plainPair(pair) ?? repairedPair(pair, warn);
}

/** Returns the pair in lower case if that is all it needs, which is found out faster than it is repaired. */
function plainPair(pair: readonly [string, string]): readonly [string, string] | undefined {
  const [name, value] = pair;
  if (name.length + value.length >= MAX_TAG) return undefined;
  const [key, text] = [name.toLowerCase(), value.toLowerCase()];
  if (!PLAIN_KEY.test(key) || !PLAIN_VALUE.test(text)) return undefined;
  return key === name && text === value ? pair : [key, text];
}

function repairedPair(
  [name, value]: readonly [string, string],
  warn: (message: string) => void,
): readonly [string, string] | undefined {
  const legal = clean(name).replaceAll(":", "_");
  const key = /^\p{L}/u.test(legal) ? legal : `tag_${legal}`;
  const tag = `${key}:${clean(value)}`;
  if (tag.length > MAX_TAG) warn(`the tag ${tag.slice(0, 60)}… is cut to ${MAX_TAG} characters`);
  const cut = tag
    .slice(0, MAX_TAG)
    .replace(/[\ud800-\udbff]$/, "")
    .replace(/:+$/, "");
  const colon = cut.indexOf(":");
  if (colon >= 0) return [cut.slice(0, colon), cut.slice(colon + 1)];
  warn(
    `the dimension ${name.slice(0, 60)} is left out: no character of its value is allowed in a tag`,
  );
  return undefined;
}

function normalisedHost([name, value]: readonly [string, string]): readonly [string, string] {
  return [name, value.slice(0, MAX_HOST).replace(/[\s\p{C}]/gu, "_")];
}

function clean(text: string): string {
  // Cut first, because long text takes long; one more than fits, so that the cut is noticed.
  return text
    .slice(0, MAX_TAG + 1)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\-:./]/gu, "_");
}

/** Leaves out dimensions that repeat a common tag or host, since a series has these in any case. */
export function withoutCommon(dimensions: Dimensions, { tags, host }: CommonTags): Dimensions {
  const isCommon = ([key, value]: readonly [string, string]): boolean =>
    value === (key === "host" ? host : tags.get(key)) &&
    dimensions.filter(([other]) => other === key).length === 1;
  return dimensions.some(isCommon) ? dimensions.filter((pair) => !isCommon(pair)) : dimensions;
}

/** Returns the tags of a series: its own, and the common ones whose keys it does not have. */
export function tagsOf(dimensions: Dimensions, common: CommonTags): Tags {
  const own = dimensions.filter(([key]) => key !== "host");
  const keys = new Set(own.map(([key]) => key));
  // Joined, since a text that is put together otherwise keeps its parts in memory.
  const tags = own.map((pair) => pair.join(":"));
  for (const [key, value] of common.tags) if (!keys.has(key)) tags.push(`${key}:${value}`);
  const host = dimensions.find(([key]) => key === "host")?.[1] ?? common.host;
  tags.sort((a, b) => (a < b ? -1 : 1));
  return { tags, host, id: [host ?? "", ...tags].join("\n") };
}
