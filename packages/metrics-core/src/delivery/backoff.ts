const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

/**
 * Returns how long to wait after this many failures in a row, in milliseconds. This is exponential
 * back-off with full jitter: a random time from 0 to a limit. The limit doubles with each failure,
 * from one second to one minute.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(failures: number): number {
  return Math.floor(
    Math.random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1)),
  );
}
