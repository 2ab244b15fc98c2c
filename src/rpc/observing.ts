// `tracing` and `cache` of `cloudflare:workers`, in either realm. Spans run their functions and record nothing, as in a worker that
// is not traced. What `cache` purges is a part of Cloudflare's network.

const illegal = (method: string, parameter: number, type: string) =>
  new TypeError(`Failed to execute '${method}': parameter ${parameter} is not of type '${type}'.`);

const IS_MADE = Symbol("made here");

class Span {
  constructor(made?: symbol) {
    if (made !== IS_MADE) throw new TypeError("Illegal constructor");
  }

  /** Whether what the span is told is recorded. */
  get isTraced() {
    return false;
  }

  setAttribute(name: unknown, _value: unknown) {
    if (name === undefined) throw illegal("setAttribute' on 'Span", 1, "string");
  }

  get [Symbol.toStringTag]() {
    return "Span";
  }
}

type Work = (span: Span, ...args: unknown[]) => unknown;

function runIn(method: string, name: unknown, work: unknown, args: unknown[]) {
  if (name === undefined) throw illegal(`${method}' on 'Tracing`, 1, "string");
  if (typeof name === "symbol") throw new TypeError("Cannot convert a Symbol value to a string");
  if (typeof work !== "function") throw illegal(`${method}' on 'Tracing`, 2, "Function");
  return (work as Work)(new Span(IS_MADE), ...args);
}

class Tracing {
  /** The class of spans, for `instanceof`. */
  get Span() {
    return Span;
  }

  enterSpan(name: unknown, work: unknown, ...args: unknown[]) {
    return runIn("enterSpan", name, work, args);
  }

  startActiveSpan(name: unknown, work: unknown, ...args: unknown[]) {
    return runIn("startActiveSpan", name, work, args);
  }

  get [Symbol.toStringTag]() {
    return "Tracing";
  }
}

const NO_NETWORK =
  "purges the cache of Cloudflare's network, which is not there in a test: use caches.default.delete(), or give the code under test a function of the test's.";

const purging = (method: string) => async () => {
  throw new Error(`cache.${method}() ${NO_NETWORK}`);
};

export const tracing = new Tracing();
export const cache = { purge: purging("purge"), invalidate: purging("invalidate") };
