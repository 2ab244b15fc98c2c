// The classes of what an instance gives out, for tests to construct. Each is that very class, with other arguments:
// `instanceof` holds, and what a test does to its prototype is done to the instance's own.

import type { SharedMap } from "./shared-map.ts";

/**
 * @param argumentsOf `(...given)` gives what the class is constructed with
 * @param made `(instance, ...given)` is called for each
 */
function constructible<Made extends object, Taken extends unknown[] | [], Given extends unknown[]>(
  Class: { readonly prototype: Made; new (...taken: Taken): Made },
  argumentsOf: (...given: Given) => NoInfer<Taken>,
  made: (instance: Made, ...given: Given) => void = () => {},
): { readonly prototype: Made; new (...given: Given): Made } {
  const Constructible = new Proxy(Class, {
    construct(target, given: Given, newTarget) {
      const instance: Made = Reflect.construct(target, argumentsOf(...given), newTarget);
      made(instance, ...given);
      return instance;
    },
  });
  Object.defineProperty(Class.prototype, "constructor", { value: Constructible, writable: true, configurable: true });
  // A proxy has the type of its target, whatever its arguments become.
  return Constructible as unknown as { readonly prototype: Made; new (...given: Given): Made };
}

const OUTSIDE =
  "Some functionality, such as asynchronous I/O (fetch, Cache API, KV), timeouts (setTimeout, setInterval), and generating random values (crypto.getRandomValues, crypto.subtle.generateKey), can only be performed while handling a request.";

/** What is called before each use: with `blockGlobalAsyncIO` it refuses all of them, as a test is no request. */
function beginner(blockGlobalAsyncIO: boolean) {
  return () => {
    if (blockGlobalAsyncIO) throw new Error(OUTSIDE);
  };
}

/** Keeps a map that a test shares with the storage in step with a call that knows of `keys`. */
function inStep<Answer>(
  { map }: { map: SharedMap | undefined },
  keys: Iterable<string> | undefined,
  written: boolean,
  call: () => Answer,
): Answer {
  map?.pull(keys);
  const answer = call();
  map?.push(keys, written);
  return answer;
}

export { beginner, constructible, inStep };
