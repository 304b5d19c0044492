/**
 * What went wrong, as a stable code.
 *
 * Refused (`affected` = observations, none of them in any window):
 * - `invalid_value`: not a finite number, negative for a counter, or an explicit `undefined`.
 * - `sum_overflow`: the value would make the series' sum in this window infinite.
 * - `invalid_name`: a metric's name that is not a non-empty string.
 * - `invalid_dimensions`: dimensions that are not an object, one that throws when read, or more than `maxDimensions`.
 * - `kind_conflict`: a verb or definition of another kind than the one that the metric has.
 * - `too_many_metrics`: 10,000 undeclared names are in use; a name is probably built from data. One that is not
 *   used for 20 minutes makes room.
 * - `undeclared`: a name or dimension outside the catalogue, where the option `undeclared` is "refuse".
 * - `closed`: recorded after `close()`.
 *
 * Recorded, but not as meant (`affected` = observations):
 * - `undeclared`: a name or dimension outside the catalogue, where the option `undeclared` is "warn".
 * - `series_limit`: the metric has reached its limit of series; the rest goes to its overflow series.
 * - `invalid_dimension_value`: a dimension that is neither string, number nor boolean was left out.
 * - `too_long`: a name or value has more than 1,024 characters and was cut; of a metric's name it is told once,
 *   of dimensions with each observation that gives them by name.
 * - `observe_failed`: an `observe` callback threw or returned something else than numbers.
 *
 * Delivery (`affected` = snapshots):
 * - `open_failed`: the sink could not be opened; it is tried again.
 * - `prepare_failed`: the sink's `prepare` threw, or returned anything but snapshots that can be merged; its window is rejected.
 * - `record_failed`: an eventful sink's `record` threw; the window still has the observation.
 * - `export_failed`: an export failed, or has not settled yet; what was not taken is retried.
 * - `export_timeout`: an export took longer than `exportTimeoutMs`.
 * - `rejected`: the vendor, or the snapshots' age, rules delivery out for good.
 * - `invalid_result`: an export resolved with no `ExportResult`, or one with mistakes (`affected` = how many), such as snapshots that it was not given.
 * - `close_failed`: the sink's `close` threw or did not settle in time.
 * - `undelivered`: `close()` reached its deadline with snapshots pending.
 * - `recovered`: not a failure: the sink works again.
 */
export type MetricsErrorCode =
  | "invalid_value"
  | "sum_overflow"
  | "invalid_name"
  | "invalid_dimensions"
  | "kind_conflict"
  | "too_many_metrics"
  | "undeclared"
  | "closed"
  | "series_limit"
  | "invalid_dimension_value"
  | "too_long"
  | "observe_failed"
  | "open_failed"
  | "prepare_failed"
  | "record_failed"
  | "export_failed"
  | "export_timeout"
  | "rejected"
  | "invalid_result"
  | "close_failed"
  | "undelivered"
  | "recovered";

/** What a {@link MetricsError} concerns; all parts optional. */
export interface MetricsErrorContext {
  /** Name of the sink. */
  readonly sink?: string | undefined;
  /** Name of the metric. */
  readonly metric?: string | undefined;
  /** How many observations or snapshots, as the code says. */
  readonly affected?: number | undefined;
  /** The error beneath. */
  readonly cause?: unknown;
}

/**
 * The one error class of this library; the message says what was attempted, on what, and what to
 * do. Tell them apart by `code`, not by `instanceof`: two copies of the package may be installed.
 */
export class MetricsError extends Error {
  override readonly name = "MetricsError";
  /** What happened; {@link MetricsErrorCode} says what each means. */
  readonly code: MetricsErrorCode;
  /** Name of the sink that it concerns. */
  readonly sink: string | undefined;
  /** Name of the metric that it concerns. */
  readonly metric: string | undefined;
  /** How many observations or snapshots, as the code says. */
  readonly affected: number | undefined;

  constructor(code: MetricsErrorCode, message: string, context: MetricsErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.code = code;
    this.sink = context.sink;
    this.metric = context.metric;
    this.affected = context.affected;
  }
}
