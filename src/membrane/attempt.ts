// How objects are looked at that may throw when they are: any may be a proxy, and any trap of one may throw.

/** What `read` returns; undefined when it throws. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The tag of a value, as `[object Promise]`; undefined when looking at it throws. */
const tagOf = (value: unknown) => attempt((): string => Object.prototype.toString.call(value));

function isPromise(value: object): value is Promise<unknown> {
  return (
    tagOf(value) === "[object Promise]" &&
    attempt(() => typeof (value as Partial<Promise<unknown>>).then) === "function"
  );
}

export { attempt, isPromise, tagOf };
