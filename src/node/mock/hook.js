"use strict";
// Where a worker's `fetch` asks the mock of its instance, on the same stack: before each hop. The answer goes back in the
// same call if it is there; otherwise a promise of a response does.

const { types } = require("node:util");
const { lightResponse } = require("../response.js");
const { ANSWER, isFetchMock, NETWORK } = require("./agent.js");
const { decodeContent } = require("./encoding.js");
const { MockRequest } = require("./request.js");

/** What an answer begins with; shared with `src/fetch/mock.js`. */
const ANSWERED = 0;
const FAILED = 1;
const LATER = 2;

/** One worker's way to a mock; it ends with the worker. */
class MockHook {
  #ask;
  #waits = new Set();

  /** @param mock what `createFetchMock()` returned, or any dispatcher of undici */
  constructor(mock) {
    const wait = (milliseconds) => this.#wait(milliseconds);
    this.#ask = isFetchMock(mock) ? (request) => mock[ANSWER](request, wait) : require("./dispatcher.js").asker(mock);
  }

  /** Answers a hop: `[method, url, headers, length, body]` as it crossed. */
  ask(hop, membrane) {
    try {
      const request = requestFromWire(hop, membrane);
      const answer = this.#ask(request);
      return types.isPromise(answer) ? later(answer, request, membrane) : now(answer, request, membrane);
    } catch (error) {
      return [FAILED, membrane.encode(error)];
    }
  }

  #wait(milliseconds) {
    return new Promise((resolve) => {
      const end = () => {
        this.#waits.delete(timer);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#waits.add(timer);
    });
  }

  /** Nobody waits for answers any more. */
  end() {
    for (const timer of this.#waits) clearTimeout(timer);
    this.#waits.clear();
  }
}

function requestFromWire([method, url, headers, length, body], membrane) {
  const content = Array.isArray(body) ? { kind: body[0], read: membrane.decode(body[1]) } : body;
  return new MockRequest(method, url, headers, length, content);
}

function now(answer, request, membrane) {
  request.release();
  if (answer === NETWORK) return undefined;
  const { status, statusText, headers, content } = answer;
  const body = decodeContent(content, headers);
  if (body instanceof ReadableStream) return later(Promise.resolve({ ...answer, content: body }), request, membrane);
  return [ANSWERED, status, statusText, headers, body];
}

function later(answer, request, membrane) {
  const response = answer.then((given) => {
    request.release();
    return given === NETWORK ? undefined : responseOf(given);
  });
  return [LATER, membrane.encode(response)];
}

function responseOf({ status, statusText, headers, content }) {
  return lightResponse({ status, statusText, headers, body: decodeContent(content, headers), waitUntil: undefined });
}

module.exports = { MockHook };
