// The types of `web-socket.js`.

import type * as miniflare from "../../index.d.ts";
import type { End, Link } from "./end.js";

/** A connection that a socket has opened. */
export interface Connection {
  link: Link;
  protocol: string;
  extensions: string;
  /** Has the end receive events from now on. */
  begin(end: End): void;
}

/** What a realm makes sockets with. */
export interface SocketRealm {
  Blob: typeof Blob;
  CloseEvent: typeof CloseEvent;
  DOMException: typeof DOMException;
  ErrorEvent: new (type: string, init: { error: unknown; message: string }) => Event;
  Event: typeof Event;
  EventTarget: typeof EventTarget;
  MessageEvent: typeof MessageEvent;
  URL: typeof URL;
  /** Remembers where a listener is added; what it returns calls there, and `lose` is called if it never may. */
  capture(lose: () => void): (call: () => void) => Promise<unknown> | undefined | void;
  /** Calls back in a microtask. */
  soon(callback: () => void): void;
  /** A promise when what is sent has to wait for something. */
  depart(): Promise<void> | undefined | void;
  connect(url: string, protocols: string[]): Promise<Connection>;
  isEnabled(flag: string): boolean;
}

export interface WebSocketPair {
  readonly 0: miniflare.WebSocket;
  readonly 1: miniflare.WebSocket;
  [Symbol.iterator](): Iterator<miniflare.WebSocket>;
}

export interface WebSocketClass {
  readonly prototype: miniflare.WebSocket;
  new (url: string | URL, protocols?: string | string[]): miniflare.WebSocket;
}

export interface WebSockets {
  /** The end of a socket; undefined for any other value. */
  endOf(value: unknown): End | undefined;
  socketOf(end: End): miniflare.WebSocket;
  WebSocket: WebSocketClass;
  WebSocketPair: { readonly prototype: WebSocketPair; new (): WebSocketPair };
}

export function createWebSockets(realm: SocketRealm): WebSockets;
