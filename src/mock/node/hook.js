"use strict";
// Where a worker's `fetch` asks the mock of its instance, on the same stack: before each hop. The answer goes back in the
// same call if it is there; otherwise a promise of a response does.

const { types } = require("node:util");
const { lightResponse } = require("../../node/http/http-response.js");
const { ANSWER, isFetchMock, NETWORK } = require("./agent.js");
const { decodeContent, isStream } = require("./encoding.js");
const { MockRequest } = require("./mock-request.js");
const { Session } = require("./session.js");

/** What an answer begins with; shared with `src/mock/mock-fetch.js`. */
const ANSWERED = 0;
const FAILED = 1;
const LATER = 2;
const RECORD = 3;

/** One worker's way to a mock. */
class MockHook {
  #ask;
  #session = new Session();

  /** @param mock what `createFetchMock()` returned, or any dispatcher of undici */
  constructor(mock) {
    const ask = isFetchMock(mock) ? (...args) => mock[ANSWER](...args) : require("./dispatcher.js").asker(mock);
    this.#ask = (request) => ask(request, this.#session);
  }

  /** Answers a hop: `[method, url, headers, length, body, found]` as it crossed. */
  ask(hop, membrane) {
    try {
      const request = requestFromWire(hop, membrane);
      const answer = this.#ask(request);
      return types.isPromise(answer) ? later(answer, request, membrane) : now(answer, request, membrane);
    } catch (error) {
      return [FAILED, membrane.encode(error)];
    }
  }

  /** Nobody waits for answers any more. */
  end() {
    this.#session.end();
  }
}

function requestFromWire([method, url, headers, length, body, found], membrane) {
  const request = new MockRequest(method, url, headers, length, Array.isArray(body) ? content(body, membrane) : body);
  request.found = found;
  return request;
}

function content([kind, encoded], membrane) {
  const stream = membrane.decode(encoded);
  return { kind, drain: () => stream.drain(), source: () => stream.source() };
}

function now(answer, request, membrane) {
  request.release();
  if (answer === NETWORK) return undefined;
  if (answer.keep !== undefined) return [RECORD, membrane.encode(answer.keep)];
  const { status, statusText, headers, content } = answer;
  const body = decodeContent(content, headers);
  if (isStream(body)) return later(Promise.resolve({ ...answer, content: body }), request, membrane);
  return [ANSWERED, status, statusText, headers, body];
}

function later(answer, request, membrane) {
  const response = answer.then((given) => {
    request.release();
    return given === NETWORK ? undefined : (given.keep ?? responseOf(given));
  });
  const callOff = request.callOff === undefined ? null : membrane.encode(request.callOff);
  return [LATER, membrane.encode(response), callOff];
}

function responseOf({ status, statusText, headers, content }) {
  return lightResponse({ status, statusText, headers, body: decodeContent(content, headers), waitUntil: undefined });
}

module.exports = { MockHook };
