// Where a worker's `fetch` asks the mock of its instance, on the same stack: before each hop. The answer goes back in the
// same call if it is there; otherwise a promise of a response does.

import { types } from "node:util";
import { lightResponse } from "../../node/http/http-response.ts";
import { MOCKED } from "../../protocol.js";
import { ANSWER, isFetchMock, NETWORK } from "./agent.ts";
import { decodeContent, isStream } from "./encoding.ts";
import { MockRequest } from "./mock-request.ts";
import { Session } from "./session.ts";

/** One worker's way to a mock. */
class MockHook {
  #ask;
  #session = new Session();

  /** @param mock what `createFetchMock()` returned, or any dispatcher of undici */
  constructor(mock) {
    const ask = isFetchMock(mock) ? (...args) => mock[ANSWER](...args) : require("./dispatcher.ts").asker(mock);
    this.#ask = (request) => ask(request, this.#session);
  }

  /** Answers a hop: `[method, url, headers, length, body, found]` as it crossed. */
  ask(hop, membrane) {
    try {
      const request = requestFromWire(hop, membrane);
      const answer = this.#ask(request);
      return types.isPromise(answer) ? later(answer, request, membrane) : now(answer, request, membrane);
    } catch (error) {
      return [MOCKED.FAILED, membrane.encode(error)];
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
  if (answer.keep !== undefined) return [MOCKED.RECORD, membrane.encode(answer.keep)];
  const { status, statusText, headers, content } = answer;
  const body = decodeContent(content, headers);
  if (isStream(body)) return later(Promise.resolve({ ...answer, content: body }), request, membrane);
  return [MOCKED.ANSWERED, status, statusText, headers, body];
}

function later(answer, request, membrane) {
  const response = answer.then((given) => {
    request.release();
    return given === NETWORK ? undefined : (given.keep ?? responseOf(given));
  });
  const callOff = request.callOff === undefined ? null : membrane.encode(request.callOff);
  return [MOCKED.LATER, membrane.encode(response), callOff];
}

function responseOf({ status, statusText, headers, content }) {
  return lightResponse({ status, statusText, headers, body: decodeContent(content, headers), waitUntil: undefined });
}

export { MockHook };
