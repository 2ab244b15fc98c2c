// What answers a request of Node's HTTP server: the way to the worker and back. Most of it is synchronous, as a short worker's
// answer is there at once; whatever few requests need is in files of its own, loaded for the first of them.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { DISPATCH, OPTIONS } from "../instance/miniflare.ts";
import { describe } from "../errors.ts";
import { NoOpLog } from "../log/log.ts";
import { isLight, splitResponse } from "../http/http-response.ts";
import { clientOf } from "./client.ts";
import type { Client } from "./client.ts";
import { incomingBody } from "./incoming-body.ts";
import { incomingParts, RefusedRequest } from "./incoming.ts";
import type { RequestMeta, WebSocket } from "../../../index.d.ts";
import type { IncomingParts, IncomingRequest } from "./incoming.ts";
import { readHead } from "./incoming-head.ts";
import type { IncomingHead } from "./incoming-head.ts";
import { RELOAD_SCRIPT } from "./live-reload.ts";
import { KnownMeta, PLACEHOLDER, cfText } from "./meta.ts";
import type { ServerOptions } from "./meta.ts";
import type { BodyContent } from "../http/http-body.ts";
import type { Miniflare } from "../instance/miniflare.ts";
import { sendResponse } from "./outgoing.ts";
import type { OutgoingParts, OutgoingSettings } from "./outgoing.ts";
import type { Start } from "./request-log.ts";
import { wholeAnswer } from "./whole-answer.ts";

/** The answer of a dispatch, as `lightResponse` makes it. */
interface Answer {
  encodeBody: OutgoingParts["encodeBody"];
  waitUntil(): Promise<unknown[]>;
}

/** What is in it, as it comes when it is there at once. */
interface AnswerParts extends Omit<OutgoingParts, "encodeBody"> {
  encodeBody?: OutgoingParts["encodeBody"];
  waitUntil?: () => Promise<unknown[]>;
  webSocket?: WebSocket | null;
}

/** What a server needs of an instance. */
export type Instance = Miniflare;

/** A request to speak WebSocket from now on. */
export interface Handshake {
  /**
   * Makes the connection one of WebSocket, with the headers of the worker's response; the status that the client gets.
   * @throws {TypeError} if the socket was accepted or used before
   */
  accept(webSocket: WebSocket, headers: string): number;
}

/** A request on its way. */
export interface Exchange {
  req: IncomingMessage;
  res: ServerResponse;
  client: Client;
  /** The headers that the worker has been given, flat. */
  given?: string;
  /** When it began, if the log will be told. */
  start: Start | undefined;
  /** Of a request that asks for a WebSocket. */
  handshake: Handshake | undefined;
}

/** A request that the worker was given before Node had made its objects for it, and what the dispatch has returned. */
interface Begun {
  client: Client;
  start: Start | undefined;
  parts: IncomingParts;
  answer: Promise<Answer> | AnswerParts;
}

const RESERVED = "/cdn-cgi/";
const SWITCHING_PROTOCOLS = 101;
const NO_WEB_SOCKET = "Web Socket request did not return status 101 Switching Protocols response with Web Socket";

/** The listener for the event "request" of a server of Node's; see `createRequestListener` in `index.d.ts`. */
export class RequestListener {
  readonly mf: Instance;
  #options: ServerOptions | undefined;
  #known = new KnownMeta(PLACEHOLDER);
  #settings: OutgoingSettings;
  #cfFetch: ServerOptions["cfFetch"];
  #begun: Begun | undefined;

  constructor(mf: Instance) {
    this.mf = mf;
    this.#settings = { append: undefined, warn: (text) => mf.log.warn(text) };
  }

  get liveReload(): boolean {
    return this.#settings.append !== undefined;
  }

  /** Answers a request. The promise, which is there only if that takes longer, never rejects. */
  listen(req: IncomingMessage, res: ServerResponse, handshake?: Handshake): Promise<void> | undefined {
    const begun = this.#begun;
    if (begun !== undefined) return this.#goOn(req, res, begun);
    const options = this.mf[OPTIONS];
    if (options === undefined) return this.#listenLater(req, res, handshake);
    if (options !== this.#options) this.#follow(options);
    const head = readHead(req);
    const client = clientOf(req.socket);
    const exchange = { req, res, client, head, start: this.#start(options), handshake };
    const { metaProvider } = options;
    if (metaProvider !== undefined) return this.#listenWith(exchange, metaProvider);
    // The bytes that came with the head are read when Node has gone through them.
    if (head.hasBody) return void process.nextTick(() => this.#serve(exchange, this.#known.meta, this.#known.cfText));
    return this.#serve(exchange, this.#known.meta, this.#known.cfText);
  }

  /**
   * Answers a GET request without a body, of which Node has read the head and made nothing yet. Most answers of a worker are
   * there at once and short: they leave as one text, and Node makes none of its objects, which cost more than the worker.
   * @param lines names and values of the headers, in turn
   * @param keepAlive the end of the head, as `wholeAnswer` takes it
   * @returns whether it was answered; if not, Node's objects for it come to `listen`, and then `forget` is called
   */
  answerDirectly(socket: Socket, target: string, lines: string[], keepAlive: string): boolean {
    const options = this.mf[OPTIONS];
    if (options === undefined || options.metaProvider !== undefined || target.includes(RESERVED)) return false;
    if (options !== this.#options) this.#follow(options);
    const client = clientOf(socket);
    const head = client.heads.read(lines);
    if (head === undefined || head.host === undefined || head.hasBody || head.expects) return false;
    const begun = this.#begin(client, { method: "GET", target, body: null }, head, this.#start(options));
    if (begun === undefined) return false;
    const { start, parts, answer } = begun;
    const isShort = !(answer instanceof Promise) && (start === undefined || answer.waitUntil === undefined);
    const text = isShort ? wholeAnswer(answer, this.#settings.append, keepAlive) : undefined;
    if (text === undefined) {
      this.#begun = begun;
      return false;
    }
    socket.write(text, "latin1");
    parts.signal.end();
    if (start !== undefined) void this.#tell(start, "GET", target, (answer as AnswerParts).status, undefined);
    return true;
  }

  /** Node has made its objects for the request that was not answered. */
  forget(): void {
    this.#begun?.parts.signal.end();
    this.#begun = undefined;
  }

  #begin(client: Client, request: IncomingRequest, head: IncomingHead, start: Start | undefined): Begun | undefined {
    const { meta, cfText } = this.#known;
    let parts: IncomingParts;
    try {
      parts = incomingParts(request, head, client, meta, cfText);
    } catch {
      // It is refused when Node's objects for it are there.
      return undefined;
    }
    // What the URL's parser has made of the target may be reserved.
    if (parts.url.includes(RESERVED)) return undefined;
    return { client, start, parts, answer: this.#dispatch(parts) };
  }

  #goOn(req: IncomingMessage, res: ServerResponse, { client, start, parts, answer }: Begun): Promise<void> | undefined {
    this.#begun = undefined;
    client.awaits(parts.signal);
    const exchange: Exchange = { req, res, client, start, given: parts.headers, handshake: undefined };
    return this.#await(exchange, parts, answer);
  }

  /** Waits for the worker's options, which files may have a part of. */
  async #listenLater(req: IncomingMessage, res: ServerResponse, handshake?: Handshake): Promise<void> {
    try {
      await this.mf.getPlugins();
    } catch (error) {
      const exchange = {
        req,
        res,
        client: clientOf(req.socket),
        head: readHead(req),
        start: this.#start({}),
        handshake,
      };
      return this.#fail(exchange, error);
    }
    return this.listen(req, res, handshake);
  }

  async #listenWith(
    exchange: Exchange & { head: IncomingHead },
    provider: NonNullable<ServerOptions["metaProvider"]>,
  ): Promise<void> {
    let meta: RequestMeta;
    try {
      meta = (await provider(exchange.req)) ?? {};
    } catch (error) {
      return this.#fail(exchange, error);
    }
    return this.#serve(exchange, meta, (acceptEncoding) => cfText(meta.cf, acceptEncoding));
  }

  #follow(options: ServerOptions): void {
    this.#options = options;
    this.#settings = { ...this.#settings, append: options.liveReload === true ? RELOAD_SCRIPT : undefined };
    if (options.cfFetch === this.#cfFetch) return;
    this.#cfFetch = options.cfFetch;
    this.#known = new KnownMeta(PLACEHOLDER);
    if (options.cfFetch === undefined || options.cfFetch === false || options.metaProvider !== undefined) return;
    const { loadCf } = require("./cf-fetch.ts") as typeof import("./cf-fetch.ts");
    const asked = options.cfFetch;
    void loadCf(asked || true, this.mf.log, (cf) => {
      if (this.#cfFetch === asked) this.#known = new KnownMeta(cf);
    });
  }

  /** Reads the options, so that what they begin has begun before the first request. */
  prepare(): void {
    const options = this.mf[OPTIONS];
    if (options !== undefined && options !== this.#options) this.#follow(options);
  }

  #start(options: ServerOptions): Start | undefined {
    // A log without output shows nothing.
    if (this.mf.log.log === NoOpLog.prototype.log) return undefined;
    return requestLog().startNow(options.inaccurateCpu === true);
  }

  #serve(
    exchange: Exchange & { head: IncomingHead },
    meta: RequestMeta,
    cfTextOf: (acceptEncoding: string | undefined) => string,
  ): Promise<void> | undefined {
    const { req, client, head } = exchange;
    let parts: IncomingParts;
    try {
      parts = incomingParts(requestOf(req, head), head, client, meta, cfTextOf);
      client.awaits(parts.signal);
      exchange.given = parts.headers;
    } catch (error) {
      if (error instanceof RefusedRequest) return this.#refuse(exchange, error);
      return this.#fail(exchange, error);
    }
    if (parts.url.includes(RESERVED) && new URL(parts.url).pathname.startsWith(RESERVED)) {
      const path = new URL(parts.url).pathname.replace(/\/$/, "");
      if (path.startsWith(RESERVED)) return this.#serveReserved(exchange, parts);
    }
    return this.#await(exchange, parts, this.#dispatch(parts));
  }

  #dispatch(parts: IncomingParts): Promise<Answer> | AnswerParts {
    // A lane reads nothing of a stream but what an IncomingBody has.
    return this.mf[DISPATCH](parts as IncomingParts & { body: BodyContent });
  }

  #await(exchange: Exchange, parts: IncomingParts, answer: Promise<Answer> | AnswerParts): Promise<void> | undefined {
    if (!(answer instanceof Promise)) return this.#answer(exchange, parts, answer);
    return answer.then(
      (response) => this.#answer(exchange, parts, partsOf(response)),
      (error) => this.#over(exchange, parts, this.#fail(exchange, error)),
    );
  }

  #answer(exchange: Exchange, parts: IncomingParts, answer: AnswerParts): Promise<void> | undefined {
    const { start } = exchange;
    let waitUntil: Promise<unknown[]> | undefined;
    try {
      waitUntil = start === undefined ? undefined : answer.waitUntil?.();
      // The code that logs the response reports its failure.
      waitUntil?.catch(() => {});
      answer.encodeBody ??= "automatic";
      if (exchange.handshake !== undefined && isHandshakes(answer)) return this.#shakeHands(exchange, parts, answer);
      const sent = sendResponse(exchange.res, answer as OutgoingParts, this.#settings);
      if (sent !== undefined) return this.#sent(exchange, parts, sent, answer.status, waitUntil);
    } catch (error) {
      return this.#over(exchange, parts, this.#fail(exchange, error));
    }
    this.#close(exchange, parts);
    return start === undefined ? undefined : this.#log(exchange, answer.status, waitUntil);
  }

  /** Answers a request for a WebSocket: with one, or by refusing what the worker should have answered with another status. */
  #shakeHands(exchange: Exchange, parts: IncomingParts, { webSocket, headers }: AnswerParts): Promise<void> {
    let status = 500;
    if (webSocket) status = (exchange.handshake as Handshake).accept(webSocket, headers);
    else {
      errors().answerText(exchange.res, status, "");
      errors().report(this.mf.log, exchange.req, new TypeError(NO_WEB_SOCKET));
    }
    this.#close(exchange, parts);
    return this.#log(exchange, status);
  }

  async #sent(
    exchange: Exchange,
    parts: IncomingParts,
    sent: Promise<void>,
    status: number,
    waitUntil: Promise<unknown[]> | undefined,
  ): Promise<void> {
    try {
      await sent;
    } catch (error) {
      errors().report(this.mf.log, exchange.req, error);
    }
    this.#close(exchange, parts);
    await this.#log(exchange, status, waitUntil);
  }

  async #over(exchange: Exchange, parts: IncomingParts, answered: Promise<void>): Promise<void> {
    await answered;
    this.#close(exchange, parts);
  }

  /** From now on the client may go without anyone being told. */
  #close({ client }: Exchange, { signal, body }: IncomingParts): void {
    client.end(signal);
    if (body !== null && !(body instanceof Uint8Array)) body.close();
  }

  #refuse(exchange: Exchange, { status, message }: RefusedRequest): Promise<void> {
    errors().answerText(exchange.res, status, message);
    return this.#log(exchange, status);
  }

  async #fail(exchange: Exchange, error: unknown): Promise<void> {
    await errors().answerError(this.mf, exchange, error, this.#settings.append);
    await this.#log(exchange, 500);
  }

  async #serveReserved(exchange: Exchange, parts: IncomingParts): Promise<void> {
    const reserved = require("./reserved.ts") as typeof import("./reserved.ts");
    this.#close(exchange, parts);
    try {
      const { method, status, waitUntil } = await reserved.answerReserved(this.mf, exchange, parts.url, this.#settings);
      await this.#log(exchange, status, waitUntil, method);
    } catch (error) {
      await this.#fail(exchange, error);
    }
  }

  async #log(
    { req, start }: Exchange,
    status: number,
    waitUntil: Promise<unknown[]> | undefined = undefined,
    method = req.method as string,
  ): Promise<void> {
    if (start !== undefined) await this.#tell(start, method, req.url as string, status, waitUntil);
  }

  async #tell(
    start: Start,
    method: string,
    url: string,
    status: number,
    waitUntil: Promise<unknown[]> | undefined,
  ): Promise<void> {
    try {
      await requestLog().logRequest(this.mf.log, { method, url, status, start, waitUntil });
    } catch {
      // A log that throws what it is told has told its user.
    }
  }
}

/** What is not 101 or a success is the answer of an ordinary request, such as a redirect or a refusal. */
const isHandshakes = ({ status }: AnswerParts) => status === SWITCHING_PROTOCOLS || (status >= 200 && status <= 299);

function partsOf(answer: Answer | AnswerParts): AnswerParts {
  // It has waited for the worker to be loaded, and was there at once then.
  if (!isLight(answer)) return answer as AnswerParts;
  const response = answer as Answer;
  const { encodeBody } = response;
  return { ...splitResponse(response), encodeBody, waitUntil: () => response.waitUntil() };
}

function requestOf(req: IncomingMessage, head: IncomingHead): IncomingRequest {
  const method = req.method as string;
  const body = method === "GET" || method === "HEAD" ? null : incomingBody(req, head.hasBody);
  return { method, target: req.url as string, body };
}

const requestLog = () => require("./request-log.ts") as typeof import("./request-log.ts");
const errors = () => require("./error-answer.ts") as typeof import("./error-answer.ts");

/**
 * Makes a listener for the event "request" of a server of Node's.
 * @throws {TypeError} for an instance of another package or copy of it, whose worker this one cannot reach
 */
export function createRequestListener(mf: Instance): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  if (!(OPTIONS in Object(mf))) {
    throw new TypeError(`createRequestListener() takes an instance of this package's Miniflare, got ${describe(mf)}`);
  }
  const listener = new RequestListener(mf);
  // Each answer names the error of a worker that cannot be loaded.
  mf.getPlugins().catch(() => {});
  return async (req, res) => listener.listen(req, res);
}
