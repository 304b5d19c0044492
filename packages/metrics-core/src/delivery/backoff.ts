const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

/**
 * How long to wait after so many failures in a row, in milliseconds: exponential back-off with full
 * jitter, so anything from 0 to a bound that doubles from one second to one minute.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(failures: number): number {
  return Math.floor(
    Math.random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1)),
  );
}
