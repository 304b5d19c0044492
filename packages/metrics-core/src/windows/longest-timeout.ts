/** The longest timeout of an export, a flush or a close, in milliseconds: one hour. */
export const LONGEST_TIMEOUT_MS = 3_600_000;
