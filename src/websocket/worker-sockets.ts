// The sockets of the worker's realm: an event reaches a listener in the request or the object that it was added in, and what
// is sent waits for what the object has written.

import { core } from "ext:core/mod.js";
import { connect } from "ext:miniflare/websocket/outbound.ts";
import { currentContinuation, depart, listenerContinuation, proceed } from "ext:miniflare/realm/context.ts";
import { atRandom, isSimulating } from "ext:miniflare/realm/simulation.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { serialize } from "ext:miniflare/web/clone.ts";
import { reportError } from "ext:miniflare/web/rejections.ts";
import { createWebSockets } from "ext:miniflare/websocket/web-socket.ts";
import { createSocketKind } from "ext:miniflare/websocket/socket-kind.ts";
import type { Soon } from "./end.ts";
import type { Run } from "./web-socket.ts";

const { CloseEvent, ErrorEvent, Event, EventTarget, MessageEvent } = core.loadExtScript("ext:deno_web/02_event.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { Blob } = core.loadExtScript("ext:deno_web/09_file.js");
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");

const soon: Soon = (callback) => (isSimulating() ? atRandom(callback) : queueMicrotask(callback));

/** What the gates of an object do for events that are not requests. */
interface EventGates {
  input?: { enter(deliver: () => void, refuse: () => void): Promise<unknown> | undefined };
  output: { doubt(): void };
  life: { isOver: boolean };
}

/**
 * Listeners of an object, and those that were added outside of all requests, hear of each event in a context of its own;
 * others go on in the request that added them. `lose` is called when the object is no more.
 */
function capture(lose: () => void): Run {
  const continuation = currentContinuation();
  const gates = continuation?.request?.gates as unknown as EventGates | undefined;
  const isOver = () => gates?.life.isOver === true;
  return (call) => {
    if (isOver()) return void lose();
    const deliver = (): undefined => {
      if (isOver()) return void lose();
      try {
        call();
      } catch (error) {
        gates?.output.doubt();
        reportError(error);
      }
    };
    return proceed(listenerContinuation(continuation), () =>
      gates?.input ? gates.input.enter(deliver, lose) : deliver(),
    );
  };
}

export const { endOf, socketOf, WebSocket, WebSocketPair } = createWebSockets({
  Blob,
  CloseEvent,
  DOMException,
  ErrorEvent,
  Event,
  EventTarget,
  MessageEvent,
  URL,
  capture,
  soon,
  depart: () => depart()?.then(() => {}),
  connect,
  isEnabled: (flag) => worker.flags.has(flag),
  serialize,
  deserialize: (bytes) => core.deserialize(bytes),
});

export const kind = createSocketKind({ endOf, socketOf, soon, together: queueMicrotask, waiting() {} });
