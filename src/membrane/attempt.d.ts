// The types of `attempt.js`.

/** What `read` returns; undefined when it throws. */
export function attempt<T>(read: () => T): T | undefined;

/** The tag of a value, as `[object Promise]`; undefined when looking at it throws. */
export function tagOf(value: unknown): string | undefined;
