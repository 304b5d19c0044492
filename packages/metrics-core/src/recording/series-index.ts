import { flatCopy } from "../problems/kept-text.ts";
import {
  byName,
  checkDimensions,
  checkHasProperties,
  isDimensionValue,
  MOST_DIMENSIONS,
  pairOf,
  textOf,
} from "./canonical-dimensions.ts";
import { ABSENT, type Column, idOfNumber, newColumn, rememberForm } from "./column.ts";
import type { Dimensions, DimensionValue, DimensionValues } from "../contract/dimensions.ts";
import { tagsUpTo } from "./random-tags.ts";
import { isGiven } from "./inherited-dimensions.ts";
import type { Series } from "./series.ts";
import { someInSteps } from "./some-in-steps.ts";

type Pair = readonly [name: string, value: string];

/** So many series a step of {@link SeriesIndex.withoutIdle} copies. */
const COPIED_PER_STEP = 256;

/** So many names are remembered for which no value was seen yet; past it they only cost time. */
const MAX_EMPTY_COLUMNS = 64;

/**
 * The ids of the dimensions at hand; shared by all look-ups, since one seldom begins within another.
 * No series has more than this many, and writing past the end of a typed array does nothing.
 */
const ids = /* @__PURE__ */ new Int32Array(MOST_DIMENSIONS);

// oxlint-disable-next-line typescript/unbound-method -- it is called on the dimensions alone
const hasOwnProperty = /* @__PURE__ */ (() => Object.prototype.hasOwnProperty)();

/** Counts look-ups, so that one can tell that a getter of its dimensions began another. */
let lookUps = 0;

/**
 * Finds the series of one metric by its dimensions, in any order, without allocating for a known
 * one. Each (name, value) pair has a small integer as its id; the sum of the ids' random tags is the
 * hash into an open-addressed table, and a hit is verified id by id, so no collision can join two series.
 */
export class SeriesIndex {
  readonly #newSeries: () => Series;
  readonly #common: Dimensions;
  readonly #onInvalidValue: (name: string) => void;
  #columns: Column[] = [];
  #columnsByName = new Map<string, Column>();
  /** By id; id 0 is {@link ABSENT}. */
  #pairs: Pair[] = [pairOf("", "")];
  /** By id. */
  #tags: Int32Array = tagsUpTo(0);
  /** Per slot the number of a series plus one, or 0 for a free slot. */
  #table = new Int32Array(8);
  #series: Series[] = [];
  /** At each series' offset: how many ids, then the ids. */
  #identities = new Int32Array(8);
  #identitiesEnd = 0;
  /** The offsets that the series will have, by position, while their `offset` is that of another index. */
  #offsets: number[] | undefined;

  /**
   * @param newSeries makes an accumulator that no index holds yet
   * @param common dimensions of every series that does not set them itself
   * @param onInvalidValue called with the name of a dimension that was left out, because its value has no usable type
   */
  constructor(newSeries: () => Series, common: Dimensions, onInvalidValue: (name: string) => void) {
    this.#newSeries = newSeries;
    this.#common = common;
    this.#onInvalidValue = onInvalidValue;
  }

  get series(): readonly Series[] {
    return this.#series;
  }

  /**
   * The series of these dimensions, if it is known by just these values. May throw what a getter throws.
   *
   * @param inherited further dimensions, of which those that `dimensions` has don't count
   */
  find(dimensions: DimensionValues | undefined, inherited?: Dimensions): Series | undefined {
    checkDimensions(dimensions);
    const lookUp = ++lookUps;
    let hash = 0;
    let length = 0;
    let position = 0;
    if (inherited !== undefined) {
      for (; position < inherited.length; position++) {
        const pair = inherited[position];
        if (pair === undefined || isGiven(dimensions, pair[0])) continue;
        let column = this.#columns[position];
        if (column === undefined || column.name !== pair[0])
          column = this.#columnsByName.get(pair[0]);
        const id = column?.ids.get(pair[1]);
        if (id === undefined) return undefined;
        if (id === ABSENT) continue;
        ids[length++] = id;
        hash = (hash + (this.#tags[id] ?? 0)) | 0;
      }
    }
    const first = position;
    for (const name in dimensions) {
      // An object's own properties come first. In this form the check costs nothing: V8 knows the answer in such a loop.
      if (!hasOwnProperty.call(dimensions, name)) break;
      let column = this.#columns[position++];
      if (column === undefined || column.name !== name) column = this.#columnsByName.get(name);
      if (column === undefined) return undefined;
      const id = column.ids.get(dimensions[name]) ?? idOfNumber(column, dimensions[name]);
      if (id === undefined) return undefined;
      if (id !== ABSENT) {
        ids[length++] = id;
        hash = (hash + (this.#tags[id] ?? 0)) | 0;
      }
    }
    if (position === first && dimensions !== undefined)
      checkHasProperties("dimensions", dimensions);
    return lookUp === lookUps ? this.#lookUp(hash, length) : undefined;
  }

  /**
   * As {@link find}, but knows values by their string, and registers the series where it is new and
   * there are fewer than `limit`; undefined where there are not. Nothing is remembered of a series
   * that is not registered.
   */
  findOrCreate(dimensions: DimensionValues | undefined, limit: number): Series | undefined {
    const present: [name: string, text: string, value: DimensionValue][] = [];
    for (const [name, value] of Object.entries(dimensions ?? {})) {
      const text = textOf(name, value, this.#common, this.#onInvalidValue);
      if (text === undefined) this.#rememberAbsent(name, value);
      else present.push([name, text, value]);
    }
    let hash = 0;
    let length = 0;
    for (const [name, text] of present) {
      const id = this.#columnsByName.get(name)?.ids.get(text);
      if (id === undefined) break;
      ids[length++] = id;
      hash = (hash + (this.#tags[id] ?? 0)) | 0;
    }
    let series = length === present.length ? this.#lookUp(hash, length) : undefined;
    if (series === undefined) {
      if (this.#series.length >= limit) return undefined;
      series = this.#create(present);
    }
    for (const [name, text, value] of present) {
      // A string is known by the copy of it that the index holds.
      if (typeof value === "string") continue;
      const column = this.#columnsByName.get(name);
      const id = column?.ids.get(text);
      if (column !== undefined && id !== undefined) rememberForm(column, value, id);
    }
    return series;
  }

  /** The canonical dimensions of a series, common ones included. */
  dimensionsOf(series: Series): Dimensions {
    if (series.dimensions !== undefined) return series.dimensions;
    const own = this.#pairsOf(series);
    if (own.length === 0) return (series.dimensions = this.#common);
    const inherited = this.#common.filter(([name]) => own.every((pair) => pair[0] !== name));
    return (series.dimensions = Object.freeze([...own, ...inherited].sort(byName)));
  }

  /**
   * Makes an index that is to replace this one, without the series that `isIdle` says yes to, and without
   * the dimension values that only they had. It works step by step, and this index stays in use
   * meanwhile. In the last step it detaches what was idle all the time; the caller must replace the index
   * in the same turn. Returns undefined where no series is idle.
   */
  *withoutIdle(
    isIdle: (series: Series) => boolean,
  ): Generator<
    undefined,
    { readonly index: SeriesIndex; readonly evicted: readonly Series[] } | undefined
  > {
    if (!(yield* someInSteps(this.#series, isIdle))) return undefined;
    const index = new SeriesIndex(this.#newSeries, this.#common, this.#onInvalidValue);
    const offsets: number[] = [];
    index.#offsets = offsets;
    const idle: Series[] = [];
    let visited = 0;
    // The list grows when series are registered meanwhile.
    for (const series of this.#series) {
      if (isIdle(series)) idle.push(series);
      else index.#insert(series, this.#pairsOf(series));
      if (++visited % COPIED_PER_STEP === 0) yield;
    }
    const evicted: Series[] = [];
    for (const series of idle) {
      // It may be in use again.
      if (!isIdle(series)) index.#insert(series, this.#pairsOf(series));
      else {
        series.detach();
        evicted.push(series);
      }
    }
    for (let position = 0; position < offsets.length; position++) {
      const series = index.#series[position];
      if (series !== undefined) series.offset = offsets[position] ?? series.offset;
    }
    index.#offsets = undefined;
    return { index, evicted };
  }

  #lookUp(hash: number, length: number): Series | undefined {
    const mask = this.#table.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = this.#table[slot];
      if (number === undefined || number === 0) return undefined;
      const series = this.#series[number - 1];
      if (series !== undefined && this.#matches(series.offset, length)) return series;
    }
  }

  #matches(offset: number, length: number): boolean {
    const identities = this.#identities;
    if (identities[offset] !== length) return false;
    for (let i = 0; i < length; i++) {
      const id = ids[i];
      if (identities[offset + 1 + i] !== id && !this.#contains(offset, length, id)) return false;
    }
    return true;
  }

  /** For dimensions that come in another order than when the series was registered. */
  #contains(offset: number, length: number, id: number | undefined): boolean {
    for (let i = offset + 1; i <= offset + length; i++) if (this.#identities[i] === id) return true;
    return false;
  }

  #rememberAbsent(name: string, value: DimensionValue): void {
    if (!isDimensionValue(value)) return;
    const column = this.#columnsByName.get(name);
    const kept = typeof value === "string" ? flatCopy(value) : value;
    if (column !== undefined) column.ids.set(kept, ABSENT);
    else if (this.#columns.length < MAX_EMPTY_COLUMNS)
      this.#addColumn(flatCopy(name)).ids.set(kept, ABSENT);
  }

  #create(
    present: readonly (readonly [name: string, text: string, value: DimensionValue])[],
  ): Series {
    const series = this.#newSeries();
    this.#insert(
      series,
      present.map(([name, text]) => pairOf(flatCopy(name), flatCopy(text))),
    );
    return series;
  }

  #insert(series: Series, pairs: readonly Pair[]): void {
    if (this.#series.length * 2 >= this.#table.length) this.#growTable();
    const end = this.#identitiesEnd + 1 + pairs.length;
    if (end > this.#identities.length) {
      const larger = new Int32Array(end * 2);
      larger.set(this.#identities);
      this.#identities = larger;
    }
    if (this.#offsets === undefined) series.offset = this.#identitiesEnd;
    else this.#offsets.push(this.#identitiesEnd);
    let hash = 0;
    this.#identities[this.#identitiesEnd++] = pairs.length;
    for (const pair of pairs) {
      const id = this.#intern(pair);
      this.#identities[this.#identitiesEnd++] = id;
      hash = (hash + (this.#tags[id] ?? 0)) | 0;
    }
    this.#series.push(series);
    this.#place(hash, this.#series.length);
  }

  #intern(pair: Pair): number {
    const [name, value] = pair;
    const column = this.#columnsByName.get(name) ?? this.#addColumn(name);
    const known = column.ids.get(value);
    if (known !== undefined) return known;
    const id = this.#pairs.length;
    this.#pairs.push(pair);
    this.#tags = tagsUpTo(id);
    column.ids.set(value, id);
    return id;
  }

  #addColumn(name: string): Column {
    const column = newColumn(name);
    this.#columns.push(column);
    this.#columnsByName.set(name, column);
    return column;
  }

  #growTable(): void {
    this.#table = new Int32Array(this.#table.length * 2);
    for (let position = 0; position < this.#series.length; position++) {
      const offset = this.#offsets?.[position] ?? this.#series[position]?.offset ?? 0;
      let hash = 0;
      const length = this.#identities[offset] ?? 0;
      for (let i = offset + 1; i <= offset + length; i++)
        hash = (hash + (this.#tags[this.#identities[i] ?? 0] ?? 0)) | 0;
      this.#place(hash, position + 1);
    }
  }

  #place(hash: number, number: number): void {
    const mask = this.#table.length - 1;
    let slot = hash & mask;
    while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
    this.#table[slot] = number;
  }

  #pairsOf(series: Series): Pair[] {
    const pairs: Pair[] = [];
    const length = this.#identities[series.offset] ?? 0;
    for (let i = series.offset + 1; i <= series.offset + length; i++) {
      const pair = this.#pairs[this.#identities[i] ?? 0];
      if (pair !== undefined) pairs.push(pair);
    }
    return pairs;
  }
}
