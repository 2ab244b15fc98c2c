// A dispatcher of undici in the place of a mock: a MockAgent of the user's own undici, a ProxyAgent, any that has its
// `dispatch`. Handlers are called by their old names before undici 7 and by new ones since; ours has both.

import type { Dispatcher } from "undici-7";
import type { FetchDispatcher } from "../../../index.d.ts";
import type { MockRequest } from "./mock-request.ts";
import { headerText } from "./reply.ts";
import type { MockResponse } from "./reply.ts";
import type { Session } from "./session.ts";
import { terminated } from "./encoding.ts";

/** What asks a dispatcher: a function of a request and a session that gives the promise of an answer. */
function asker(
  dispatcher: FetchDispatcher,
): (request: MockRequest, session: Session) => Promise<MockResponse<ReadableStream>> {
  return (request, session) =>
    new Promise((resolve, reject) => {
      const exchange = new Exchange(resolve, reject, session);
      request.callOff = (reason) => exchange.callOff(reason ?? new Error("The fetch was aborted."));
      const { path, origin, method, headers } = request;
      const options = { path, origin, method, headers: { ...headers }, maxRedirections: 0, upgrade: undefined };
      dispatcher.dispatch({ ...options, body: request.outgoingBody() }, handlerOf(exchange));
    });
}

/** Raw, or by their names. */
type ReceivedHeaders = Buffer[] | Record<string, unknown>;

/** One request and its response, whose body is received as it is read. */
class Exchange {
  #resolve: (response: MockResponse<ReadableStream>) => void;
  #reject: (error: Error) => void;
  #done: () => void;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  #pause = () => {};
  #resume = () => {};
  #abort: ((reason: unknown) => void) | undefined;
  /** Why it is over before it has begun. */
  #reason: unknown;

  constructor(
    resolve: (response: MockResponse<ReadableStream>) => void,
    reject: (error: Error) => void,
    session: Session,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#done = session.add(() => this.callOff(new Error("The worker was ended.")));
  }

  begin(abort: (reason: Error) => void): void {
    // undici hands on whatever the reason is; its types know errors alone.
    this.#abort = abort as (reason: unknown) => void;
    if (this.#reason !== undefined) this.#abort(this.#reason);
  }

  /** The response, or the rest of it, is no longer wanted. */
  callOff(reason: unknown): void {
    this.#done();
    this.#body = undefined;
    this.#reason = reason;
    this.#abort?.(reason);
    // Undici notices when it goes on.
    this.#resume();
  }

  head(
    status: number,
    headers: ReceivedHeaders,
    statusText: string | undefined,
    pause: () => void,
    resume: () => void,
  ): void {
    if (status < 200) return;
    this.#pause = pause;
    this.#resume = resume;
    const content = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#body = controller),
        pull: () => this.#resume(),
        cancel: (reason) => this.callOff(reason ?? new Error("The body was cancelled.")),
      },
      { highWaterMark: 0 },
    );
    this.#resolve({ status, statusText: statusText ?? "", headers: flatten(headers), content });
  }

  /** Whether more is wanted at once. */
  data(chunk: Uint8Array): boolean {
    // undici sends empty chunks when it is resumed before there is more.
    if (this.#body === undefined || chunk.length === 0) return true;
    this.#body.enqueue(new Uint8Array(chunk));
    if (Number(this.#body.desiredSize) > 0) return true;
    this.#pause();
    return false;
  }

  end(): void {
    this.#done();
    this.#body?.close();
    this.#body = undefined;
  }

  fail(error: Error): void {
    this.#done();
    this.#reject(error);
    this.#body?.error(terminated(error));
    this.#body = undefined;
  }
}

function handlerOf(exchange: Exchange): Dispatcher.DispatchHandler {
  const nothing = () => {};
  return {
    onConnect: (abort) => exchange.begin(abort),
    onHeaders: (status, headers, resume, statusText) => {
      exchange.head(status, headers, statusText, nothing, resume);
      return true;
    },
    onData: (chunk) => exchange.data(chunk),
    onComplete: () => exchange.end(),
    onError: (error) => exchange.fail(error),

    onRequestStart: (controller) => exchange.begin((reason) => controller.abort(reason)),
    onResponseStart: (controller, status, headers, statusText) =>
      exchange.head(
        status,
        headers,
        statusText,
        () => controller.pause(),
        () => controller.resume(),
      ),
    onResponseData: (_controller, chunk) => void exchange.data(chunk),
    onResponseEnd: () => exchange.end(),
    onResponseError: (_controller, error) => exchange.fail(error),
  };
}

/** Headers as they come raw, `[name, value, ...]` in bytes, or as an object. */
function flatten(headers: ReceivedHeaders): string {
  if (!Array.isArray(headers)) return headerText(headers);
  let text = "";
  for (let index = 0; index < headers.length; index += 2) {
    const one = headerText({ [headers[index].toString("latin1")]: textOf(headers[index + 1]) });
    text += text && one ? `\n${one}` : one;
  }
  return text;
}

const textOf = (value: Buffer | Buffer[]): string | string[] =>
  Array.isArray(value) ? value.map((one) => one.toString("latin1")) : value.toString("latin1");

export { asker };
