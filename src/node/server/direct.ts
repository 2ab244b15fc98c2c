// Requests on the shortest way. Node makes an `IncomingMessage` and a `ServerResponse` for each request, which cost several
// times what a short answer of a worker costs. Its parser says when a head has been read: a plain GET request goes to the worker
// from there, and its answer to the connection. Whatever is not plain, and each answer that takes longer, goes on as always.
// Limits, timeouts and the list of connections are those of Node's parser, which does not know the difference.
//
// What this knows of Node's parser is the numbers under which it calls back, and what it passes. Where these are others, nothing
// is installed, and all requests take the usual way.

import { channel } from "node:diagnostics_channel";
import { EventEmitter } from "node:events";
import type { RequestListener as Listen, Server } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import type { RequestListener } from "./listener.ts";

/** What Node's HTTP parser calls when it has read the head of a request; what it returns says what follows. */
type HeadersComplete = (
  this: Parser,
  major: number,
  minor: number,
  headers: string[] | undefined,
  method: number,
  url: string | undefined,
  statusCode: unknown,
  statusMessage: unknown,
  upgrade: boolean,
  shouldKeepAlive: boolean,
) => number;
/** What it calls when it has gone through the bytes that have arrived. */
type Executed = (read: unknown) => unknown;

/** Node's HTTP parser of a connection; those that are no longer used are used again for other connections. */
interface Parser {
  constructor: { kOnHeadersComplete?: number; kOnExecute?: number };
  socket: Connection | null;
  incoming: unknown;
  maxHeaderPairs: number;
  /** Whether it reads from the connection itself. */
  _consumed?: boolean;
  [callback: number]: unknown;
  [INSTALLED]?: true;
}

type Connection = Socket & {
  parser?: Parser | null;
  /** The response that is being sent. */
  _httpMessage?: unknown;
  [DIRECT]?: Direct;
};

const INSTALLED = Symbol("direct");
const DIRECT = Symbol("direct");
/** The number of the method GET in llhttp. */
const GET = 1;
const NO_BODY_TO_SKIP = 0;
const HTTP_1 = 1;
const BUFFER_MS = 1000;
const MS = 1000;
const requestStart = channel("http.server.request.start");

/** Has plain requests to a server answered without Node's objects. `listen` is its listener for "request". */
export function answerDirectly(server: Server | TlsServer, listener: RequestListener, listen: Listen): void {
  const begin = (socket: Connection) => {
    // What watches all events of a server sees all requests.
    if (server.emit !== EventEmitter.prototype.emit || !install(socket.parser)) return;
    socket[DIRECT] = new Direct(server, listener, listen, socket, socket.parser as Parser);
  };
  server.on("connection", begin);
  server.on("secureConnection", begin);
}

type Times = Server & { keepAliveTimeoutBuffer?: number };

let linesFor: number | undefined;
let lines = "";

/** The end of a response's head: that the connection is kept, and how long. */
function keepAliveLines({ keepAliveTimeout }: Server | TlsServer): string {
  if (keepAliveTimeout === linesFor) return lines;
  linesFor = keepAliveTimeout;
  const seconds = keepAliveTimeout ? `Keep-Alive: timeout=${Math.floor(keepAliveTimeout / MS)}\r\n` : "";
  lines = `Connection: keep-alive\r\n${seconds}\r\n`;
  return lines;
}

/** Sees to the callback of a parser, once; whether it can. */
function install(parser: Parser | null | undefined): boolean {
  if (parser?._consumed !== true) return false;
  if (parser[INSTALLED] === true) return true;
  const { kOnHeadersComplete, kOnExecute } = parser.constructor;
  if (typeof kOnHeadersComplete !== "number" || typeof kOnExecute !== "number") return false;
  const usual = parser[kOnHeadersComplete] as HeadersComplete;
  if (typeof usual !== "function" || typeof parser[kOnExecute] !== "function") return false;
  const complete: HeadersComplete = function (major, minor, headers, method, url, code, text, upgrade, keepAlive) {
    const direct = this.socket?.[DIRECT];
    if (direct === undefined)
      return usual.call(this, major, minor, headers, method, url, code, text, upgrade, keepAlive);
    const isPlain = method === GET && minor === 1 && major === HTTP_1 && !upgrade && keepAlive;
    if (isPlain && headers !== undefined && url !== undefined && direct.answer(url, headers)) {
      this.incoming = null;
      return NO_BODY_TO_SKIP;
    }
    direct.leave();
    const next = usual.call(this, major, minor, headers, method, url, code, text, upgrade, keepAlive);
    direct.left();
    return next;
  };
  parser[kOnHeadersComplete] = complete;
  parser[INSTALLED] = true;
  return true;
}

/** A connection whose requests may take the short way. */
class Direct {
  #server: Server | TlsServer;
  #listener: RequestListener;
  #listen: Listen;
  #socket: Connection;
  #parser: Parser;
  /** Whether the connection closes when no request comes for a while: as Node has it, after an answer. */
  #isIdle = false;
  /** Whether a request was answered here since the parser began with what has arrived. */
  #hasAnswered = false;

  constructor(
    server: Server | TlsServer,
    listener: RequestListener,
    listen: Listen,
    socket: Connection,
    parser: Parser,
  ) {
    this.#server = server;
    this.#listener = listener;
    this.#listen = listen;
    this.#socket = socket;
    this.#parser = parser;
    const number = parser.constructor.kOnExecute as number;
    const usual = parser[number] as Executed;
    const executed: Executed = (read) => {
      // A part of a request has arrived: now the time limits for requests apply.
      if (!this.#hasAnswered) this.leave();
      this.#hasAnswered = false;
      return usual(read);
    };
    parser[number] = executed;
  }

  /** Answers a request; whether it could. */
  answer(url: string, headers: string[]): boolean {
    const socket = this.#socket;
    if (!this.#isFree(headers)) return false;
    if (!this.#listener.answerDirectly(socket, url, headers, keepAliveLines(this.#server))) return false;
    this.#hasAnswered = true;
    if (!this.#isIdle) this.#idle();
    return true;
  }

  /** Node extends the time that it announces, as a request may be on its way already. */
  #idle(): void {
    const { keepAliveTimeout, keepAliveTimeoutBuffer = BUFFER_MS } = this.#server as Times;
    if (!keepAliveTimeout) return;
    this.#isIdle = true;
    this.#socket.setTimeout(keepAliveTimeout + keepAliveTimeoutBuffer);
  }

  /** Whether nothing but the listener waits for the request, and nothing else is on its way to the client. */
  #isFree(headers: string[]): boolean {
    const server = this.#server;
    const socket = this.#socket;
    const most = this.#parser.maxHeaderPairs;
    return (
      this.#parser._consumed === true &&
      !socket._httpMessage &&
      socket.writable &&
      socket.writableLength === 0 &&
      (most <= 0 || headers.length <= most) &&
      server.listenerCount("request") === 1 &&
      server.listenerCount("request", this.#listen) === 1 &&
      !server.maxRequestsPerSocket &&
      !requestStart.hasSubscribers
    );
  }

  /** A request takes the usual way, on which Node itself sees to timeouts. */
  leave(): void {
    if (!this.#isIdle) return;
    this.#isIdle = false;
    this.#socket.setTimeout(this.#server.timeout || 0);
  }

  /** The request has taken the usual way. */
  left(): void {
    this.#listener.forget();
  }
}
