// The classes of what an instance gives out, for tests to construct. Each is that very class, with other arguments:
// `instanceof` holds, and what a test does to its prototype is done to the instance's own.

/**
 * @param argumentsOf `(...given)` gives what the class is constructed with
 * @param made `(instance, ...given)` is told of each
 */
function constructible(Class, argumentsOf, made = () => {}) {
  const Constructible = new Proxy(Class, {
    construct(target, given, newTarget) {
      const instance = Reflect.construct(target, argumentsOf(...given), newTarget);
      made(instance, ...given);
      return instance;
    },
  });
  Object.defineProperty(Class.prototype, "constructor", { value: Constructible, writable: true, configurable: true });
  return Constructible;
}

const OUTSIDE =
  "Some functionality, such as asynchronous I/O (fetch, Cache API, KV), timeouts (setTimeout, setInterval), and generating random values (crypto.getRandomValues, crypto.subtle.generateKey), can only be performed while handling a request.";

/** What is called before each use: with `blockGlobalAsyncIO` it refuses all of them, as a test is no request. */
function beginner(blockGlobalAsyncIO) {
  return () => {
    if (blockGlobalAsyncIO) throw new Error(OUTSIDE);
  };
}

/** Keeps a map that a test shares with the storage in step with a call that knows of `keys`. */
function inStep({ map }, keys, written, call) {
  map?.pull(keys);
  const answer = call();
  map?.push(keys, written);
  return answer;
}

export { beginner, constructible, inStep };
