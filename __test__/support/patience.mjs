// How long specs wait before they take something for hung. Limits say what a quiet machine takes at most; others may load it.

const FACTOR = 3;

/** The limit of a test in the suites that specs have Jest and Vitest run, in milliseconds: theirs is 5 s, the first start included. */
export const SUITE_LIMIT = 60_000;

/** The limit, on any machine, of what takes at most `milliseconds` on a quiet one. */
export const patient = (milliseconds) => milliseconds * FACTOR;
