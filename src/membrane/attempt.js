// How objects are looked at that may throw when they are: any may be a proxy, and any trap of one may throw.

/** What `read` returns; undefined when it throws. */
function attempt(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The tag of a value, as `[object Promise]`; undefined when looking at it throws. */
const tagOf = (value) => attempt(() => Object.prototype.toString.call(value));

export { attempt, tagOf };
