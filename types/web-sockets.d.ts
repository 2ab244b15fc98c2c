// `miniflare-rs/web-sockets`, which replaces `@miniflare/web-sockets`.

import type * as miniflare from "../index";

export type { WebSocketEventMap } from "../index";

/** A socket, as in a worker. */
export type WebSocket = miniflare.WebSocket;
export const WebSocket: {
  prototype: WebSocket;
  /**
   * Connects to a server.
   *
   * @param url `ws:` or `wss:`, without a fragment
   * @param protocols the subprotocols to offer
   * @throws {DOMException} `SyntaxError` for another URL
   * @throws {SyntaxError} for subprotocols that are not tokens of HTTP, or that are there twice
   */
  new (url: string | URL, protocols?: string | string[]): WebSocket;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  readonly READY_STATE_CONNECTING: 0;
  readonly READY_STATE_OPEN: 1;
  readonly READY_STATE_CLOSING: 2;
  readonly READY_STATE_CLOSED: 3;
};

/** Two ends of a connection: what the one sends, the other receives. */
export interface WebSocketPair {
  readonly 0: WebSocket;
  readonly 1: WebSocket;
  [Symbol.iterator](): Iterator<WebSocket>;
}
export const WebSocketPair: { prototype: WebSocketPair; new (): WebSocketPair };

// biome-ignore lint/suspicious/noExplicitAny: data is of many kinds, as for the DOM's
export type MessageEvent<Data = any> = globalThis.MessageEvent<Data>;
export const MessageEvent: typeof globalThis.MessageEvent;
export type CloseEvent = miniflare.CloseEvent;
export const CloseEvent: {
  prototype: CloseEvent;
  new (type: string, init?: { code?: number; reason?: string; wasClean?: boolean }): CloseEvent;
};
export type ErrorEvent = miniflare.ErrorEvent;
export const ErrorEvent: {
  prototype: ErrorEvent;
  new (type: string, init?: { error?: unknown; message?: string }): ErrorEvent;
};

/**
 * Couples a connection of the library `ws` with a socket that was not accepted, such as `response.webSocket`: what the one
 * receives, the other sends. Resolves when the connection is open.
 *
 * @param connection a `WebSocket` of the library
 * @throws {TypeError} if the socket was accepted or used before, or the connection is closing or closed
 */
export function coupleWebSocket(connection: CoupledConnection, socket: WebSocket): Promise<void>;

/**
 * Node's `fetch`, which opens a connection when the method is GET and the header `Upgrade` is `websocket`. The response has a
 * `webSocket` if the server upgrades; otherwise it is the server's answer.
 *
 * @param input a URL by `http:` or `https:`, or a request
 * @throws {TypeError} for a URL of another scheme
 * @throws {Error} if there is no connection: Node's own, with its `code`
 */
export function upgradingFetch(input: miniflare.RequestInfo, init?: miniflare.RequestInit): Promise<miniflare.Response>;

/** What `coupleWebSocket` uses of a connection. */
export interface CoupledConnection {
  readonly readyState: number;
  readonly bufferedAmount: number;
  // biome-ignore lint/suspicious/noExplicitAny: as the library declares it
  on(event: string, listener: (...args: any[]) => void): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: as the library declares it
  once(event: string, listener: (...args: any[]) => void): unknown;
  send(data: string | ArrayBuffer, callback: () => void): void;
  close(code?: number, reason?: string | Buffer): void;
  terminate(): void;
}

/** A name for `MiniflareCore`. It cannot be constructed. */
export class WebSocketPlugin {
  private constructor();
}
