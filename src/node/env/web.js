"use strict";
// The web's globals for a worker's code that runs in the test: Node's own, and what those lack.

const { describe } = require("../errors.js");
const { Request } = require("../request.js");
const { Response } = require("../response.js");
const { web } = require("../web.js");
const { eventGlobals } = require("./events.js");

class IdentityTransformStream extends TransformStream {
  constructor() {
    super(bytesOnly(() => {}));
  }
}

/** Passes a number of bytes on that is known beforehand. */
class FixedLengthStream extends TransformStream {
  constructor(expectedLength) {
    const expected = typeof expectedLength === "bigint" ? Number(expectedLength) : expectedLength;
    if (!Number.isInteger(expected) || expected < 0) {
      throw new TypeError("FixedLengthStream requires a non-negative integer expected length.");
    }
    let written = 0;
    const count = (chunk) => {
      written += chunk.byteLength;
      if (written > expected) throw new TypeError("Attempt to write too many bytes through a FixedLengthStream.");
    };
    const flush = () => {
      if (written < expected) throw new TypeError("FixedLengthStream did not see all expected bytes before close().");
    };
    super({ ...bytesOnly(count), flush });
  }
}

function bytesOnly(see) {
  return {
    transform(chunk, controller) {
      const isBytes = ArrayBuffer.isView(chunk) || Object.prototype.toString.call(chunk) === "[object ArrayBuffer]";
      if (!isBytes) throw new TypeError(`This TransformStream takes bytes, got ${describe(chunk)}`);
      see(chunk);
      controller.enqueue(chunk);
    },
  };
}

/**
 * Node's, by way of the mock. A `dispatcher` of the test's own goes before it. Node's does not take errors of another realm
 * for errors, and fails with errors of its own: here both are the test's.
 */
function mockedFetch(fetchMock) {
  const nodes = globalThis.fetch;
  return async function fetch(input, init = undefined) {
    let cause;
    const note = (error) => (cause = error);
    const dispatcher = { dispatch: (options, handler) => dispatchNoting(fetchMock, options, handler, note) };
    try {
      return await nodes(input, { dispatcher, ...init });
    } catch (error) {
      // `instanceof` holds for Node's as well.
      const isOfTest = Object.prototype.isPrototypeOf.call(TypeError.prototype, error);
      if (error?.name !== "TypeError" || isOfTest) throw error;
      throw new TypeError(error.message, { cause: cause ?? error.cause });
    }
  };
}

function dispatchNoting(fetchMock, options, handler, note) {
  const noting = Object.create(handler);
  const { onError, onResponseError } = handler;
  // Before undici 7 and since.
  if (onError !== undefined) noting.onError = (error) => onError.call(noting, note(error));
  if (onResponseError !== undefined)
    noting.onResponseError = (controller, error) => onResponseError.call(noting, controller, note(error));
  try {
    return fetchMock.dispatch(options, noting);
  } catch (error) {
    throw note(error);
  }
}

/** What `fetch` and Node's classes give is an instance, too. */
function extendInstances(Class, parent) {
  Object.defineProperty(Class, Symbol.hasInstance, { value: (value) => value instanceof parent, configurable: true });
  return Class;
}

function webGlobals(fetchMock, caches) {
  return {
    Request: extendInstances(Request, web.Request),
    Response: extendInstances(Response, web.Response),
    IdentityTransformStream,
    FixedLengthStream,
    fetch: mockedFetch(fetchMock),
    caches,
    scheduler: { wait: (...args) => require("node:timers/promises").scheduler.wait(...args) },
    ...eventGlobals(),
  };
}

module.exports = { webGlobals };
