/**
 * What went wrong, as a stable code.
 *
 * Observations that were refused, so they are in no window (`affected` counts observations):
 * - `invalid_value`: the value is not a finite number, is negative for a counter, or is an
 *   explicit `undefined`; or its count is not a whole number from 1 to 2^32.
 * - `sum_overflow`: the value would make the series' sum in this window infinite, or with its count the series'
 *   count more than 2^52.
 * - `invalid_name`: the metric's name is not a string, or is empty.
 * - `invalid_dimensions`: the dimensions are not an object, can't be read, or are more than
 *   `maxDimensions`.
 * - `kind_conflict`: the verb or the definition does not fit the kind or the unit of the metric.
 * - `too_many_metrics`: 10,000 undeclared names are in use. Probably names are built from data. A
 *   name that is not used for 20 minutes makes room.
 * - `undeclared`: the name or a dimension is not in the catalogue, and the option `undeclared` is
 *   "refuse".
 * - `closed`: the observation was made after `close()`.
 *
 * Observations that were recorded, but perhaps not as intended (`affected` counts observations):
 * - `undeclared`: the name or a dimension is not in the catalogue, and the option `undeclared` is
 *   "warn".
 * - `series_limit`: the metric has reached its limit of series. Levels that were longest untouched are no
 *   longer shown, and new series have their places; or observations of further series go to its overflow
 *   series.
 * - `invalid_dimension_value`: a dimension was left out, because its value is neither string,
 *   number nor boolean.
 * - `too_long`: a name or value has more than 1,024 characters and was cut. For a metric's name this
 *   is reported once, for dimensions with each observation by name.
 * - `observe_failed`: an `observe` callback threw, returned something other than numbers, or its promise
 *   did not settle in time.
 *
 * Problems of delivery (`affected` counts snapshots):
 * - `open_failed`: the sink could not be opened. It is tried again.
 * - `prepare_failed`: the sink's `prepare` threw, or returned something other than snapshots that
 *   can be merged. The window is rejected.
 * - `forgotten_failed`: the sink's `forgotten` threw.
 * - `record_failed`: an eventful sink's `record` threw. The observation is in the window
 *   nevertheless.
 * - `export_failed`: an export failed, or has not settled yet. What it did not deliver is
 *   retried.
 * - `export_timeout`: an export took longer than `exportTimeoutMs`.
 * - `rejected`: the snapshots will never be delivered, because the vendor refused them or they
 *   are too old.
 * - `invalid_result`: an export resolved with something other than an `ExportResult`, or with one
 *   that has mistakes, such as snapshots that it was not given (`affected` counts mistakes).
 * - `close_failed`: the sink's `close` threw or did not settle in time.
 * - `undelivered`: `close()` reached its deadline with snapshots pending.
 * - `recovered`: the sink works again. This is not a failure.
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
  | "forgotten_failed"
  | "record_failed"
  | "export_failed"
  | "export_timeout"
  | "rejected"
  | "invalid_result"
  | "close_failed"
  | "undelivered"
  | "recovered";

/** What a {@link MetricsError} is about. All parts are optional. */
export interface MetricsErrorContext {
  /** Name of the sink. */
  readonly sink?: string | undefined;
  /** Name of the metric. */
  readonly metric?: string | undefined;
  /** How many observations or snapshots, as the code says. */
  readonly affected?: number | undefined;
  /** The error that caused this one. */
  readonly cause?: unknown;
}

/**
 * The only error class of this library. The message says what was attempted, on what, and what to
 * do. Distinguish errors by `code` and not by `instanceof`, because two copies of the package may
 * be installed.
 */
export class MetricsError extends Error {
  /** Always "MetricsError", from any copy of the package. */
  override readonly name = "MetricsError";
  /** What happened. {@link MetricsErrorCode} says what each code means. */
  readonly code: MetricsErrorCode;
  /** Name of the sink that the error is about. */
  readonly sink: string | undefined;
  /** Name of the metric that the error is about. */
  readonly metric: string | undefined;
  /** How many observations or snapshots, as the code says. */
  readonly affected: number | undefined;

  /** @param message says what was attempted, on what, and what to do */
  constructor(code: MetricsErrorCode, message: string, context: MetricsErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.code = code;
    this.sink = context.sink;
    this.metric = context.metric;
    this.affected = context.affected;
  }
}
