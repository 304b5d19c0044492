/**
 * What a program may give as a dimension's value. Numbers and booleans stand for their string;
 * `undefined`, `null` and `""` mean that the dimension is absent.
 */
export type DimensionValue = string | number | boolean | null | undefined;

/** Dimensions as a program gives them with an observation. The order of the keys does not matter. */
export type DimensionValues = Readonly<Record<string, DimensionValue>>;

/**
 * Dimensions whose type is an interface or a class: TypeScript does not let these pass as {@link DimensionValues}. A
 * property that is no dimension's value is refused at run time. It takes no list, no map, no date, no promise and no
 * function, which people pass by mistake.
 */
export type DimensionsObject = object & {
  readonly [Symbol.iterator]?: never;
  // It makes them something else than a plain object at run time, too.
  readonly [Symbol.toStringTag]?: never;
  readonly getTime?: DimensionValue;
  readonly then?: DimensionValue;
  readonly call?: DimensionValue;
  // Without a required property, TypeScript asks for one that both have.
  toString(): string;
};

/**
 * The canonical form in which sinks see dimensions: (name, value) pairs sorted by name in UTF-16
 * code-unit order, each name at most once, no empty value. While a series lives, every snapshot and
 * event of it carries the same array object, so a sink may use it as a key for caching.
 */
export type Dimensions = readonly (readonly [name: string, value: string])[];
