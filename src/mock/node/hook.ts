// Where a worker's `fetch` asks the mock of its instance, on the same stack: before each hop. The answer goes back in the
// same call if it is there; otherwise a promise of a response does.

import type { FetchDispatcher } from "../../../index.d.ts";
import type { Membrane as LaneMembrane } from "../../membrane/membrane.ts";
import type { WireValue } from "../../node/binding/raw.d.ts";
import { lightResponse } from "../../node/http/http-response.ts";
import { MOCKED } from "../../protocol.ts";
import { ANSWER, isFetchMock, NETWORK } from "./agent.ts";
import type { Ask, MockAnswer } from "./agent.ts";
import { decodeContent, isStream } from "./encoding.ts";
import { isPromise } from "./matching.ts";
import type { Awaitable, Found } from "./matching.ts";
import { MockRequest } from "./mock-request.ts";
import type { BodySource, Content } from "./mock-request.ts";
import type { MockResponse, ReplyContent } from "./reply.ts";
import { Session } from "./session.ts";

/** A request as it crosses: `mock-fetch.ts` makes it, and the addon adds what it has found for it. */
type Hop = [
  method: string,
  url: string,
  headers: string,
  length: number | null,
  body: Content | SourceParts | null,
  found: Found | undefined,
];

/** The kind of a body that is not in memory, and what reads it, as the membrane has it. */
type SourceParts = [kind: BodySource["kind"], encoded: WireValue];

/** What a hook needs of a lane's membrane. */
type Membrane = Pick<LaneMembrane, "encode" | "decode">;

/** Dispatchers of undici answer with streams. */
type Answer = MockAnswer | MockResponse<ReadableStream>;

/** One worker's way to a mock. */
class MockHook {
  #ask: (request: MockRequest) => Awaitable<Answer>;
  #session = new Session();

  /** @param mock what `createFetchMock()` returned, or any dispatcher of undici */
  constructor(mock: FetchDispatcher) {
    const ask = askerOf(mock);
    this.#ask = (request) => ask(request, this.#session);
  }

  /** Answers a hop: `[method, url, headers, length, body, found]` as it crossed. */
  ask(hop: WireValue[], membrane: Membrane): WireValue {
    try {
      const request = requestFromWire(hop as Hop, membrane);
      const answer = this.#ask(request);
      return isPromise(answer) ? later(answer, request, membrane) : now(answer, request, membrane);
    } catch (error) {
      return [MOCKED.FAILED, membrane.encode(error)];
    }
  }

  /** Called when the lane ends: no request waits for answers any more. */
  end(): void {
    this.#session.end();
  }
}

function askerOf(mock: FetchDispatcher): (...args: Parameters<Ask>) => Awaitable<Answer> {
  if (isFetchMock(mock)) return (...args) => mock[ANSWER](...args);
  const { asker } = require("./dispatcher.ts") as typeof import("./dispatcher.ts");
  return asker(mock);
}

function requestFromWire([method, url, headers, length, body, found]: Hop, membrane: Membrane): MockRequest {
  const request = new MockRequest(method, url, headers, length, Array.isArray(body) ? content(body, membrane) : body);
  request.found = found;
  return request;
}

function content([kind, encoded]: SourceParts, membrane: Membrane): BodySource {
  const stream = membrane.decode(encoded) as Required<Omit<BodySource, "kind">>;
  return { kind, drain: () => stream.drain(), source: () => stream.source() };
}

function now(answer: Answer, request: MockRequest, membrane: Membrane): WireValue {
  request.release();
  if (answer === NETWORK) return undefined;
  if (answer.keep !== undefined) return [MOCKED.RECORD, membrane.encode(answer.keep)];
  const { status, statusText, headers, content } = answer;
  const body = decodeContent(content, headers);
  if (isStream(body)) return later(Promise.resolve({ status, statusText, headers, content: body }), request, membrane);
  return [MOCKED.ANSWERED, status, statusText, headers, body];
}

function later(answer: Promise<Answer>, request: MockRequest, membrane: Membrane): WireValue {
  const response = answer.then((given) => {
    request.release();
    return given === NETWORK ? undefined : (given.keep ?? responseOf(given));
  });
  const callOff = request.callOff === undefined ? null : membrane.encode(request.callOff);
  return [MOCKED.LATER, membrane.encode(response), callOff];
}

function responseOf({ status, statusText, headers, content }: MockResponse<ReplyContent>) {
  return lightResponse({ status, statusText, headers, body: decodeContent(content, headers), waitUntil: undefined });
}

export { MockHook };
