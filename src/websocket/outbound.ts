// Connections of a worker to servers: the native side of `client/`, as links of ends.

import { core } from "ext:core/mod.js";
import {
  op_websocket_buffered,
  op_websocket_close,
  op_websocket_connect,
  op_websocket_next,
  op_websocket_open,
  op_websocket_send_binary,
  op_websocket_send_text,
} from "ext:core/ops";
import { configure } from "ext:miniflare/network/configure.ts";
import { refuseToRecord } from "ext:miniflare/realm/outside.ts";
import { ABNORMAL, End, MOST_QUEUED, NO_STATUS, Way } from "ext:miniflare/websocket/end.ts";
import { textOfHeaders } from "ext:miniflare/web/header-text.ts";

import type { ArrivedAnswer, Hop } from "ext:miniflare/web/fetch-seams.ts";
import type { Link, SocketEvent } from "./end.ts";
import type { Connection } from "./web-socket.ts";

/** What a server answers: it is open, or there is an answer like that of a fetch. */
interface Opening extends ArrivedAnswer {
  open: boolean;
  protocol: string;
  extensions: string;
}
/** What arrives over a connection. */
type Arrived =
  | string
  | Uint8Array<ArrayBuffer>
  | { error: string; close?: undefined }
  | { error?: undefined; close: [code: number, reason: string] };

/** Bytes that may wait for a server before `send` refuses more; native code has the same limit. */
const MOST_WAITING = 16 * 1024 * 1024;

/** What the native side takes for a close without a code. */
const NO_CODE = 0;

const soon = queueMicrotask;

function refuse() {
  refuseToRecord("a WebSocket to a server", "Connect in a test that is not recorded, or mock the server by a service.");
}

/** Opens a connection for `new WebSocket()`. */
export function connect(url: string, protocols: string[]): Promise<Connection> {
  configure();
  refuse();
  return connected(url, protocols);
}

async function connected(url: string, protocols: string[]): Promise<Connection> {
  const rid = op_websocket_open(url, "", protocols.join(", "));
  const answer = (await op_websocket_connect(rid)) as Opening;
  if (!answer.open) {
    core.tryClose(rid);
    if (answer.bodyRid !== null) core.tryClose(answer.bodyRid);
    throw new Error(`Unexpected server response: ${answer.status}`);
  }
  const { protocol, extensions } = answer;
  return { link: linkTo(rid), protocol, extensions, begin: (end) => receive(rid, end) };
}

/**
 * Sends a hop of `fetch` that asks for a WebSocket (`web/fetch-seams.ts`). Resolves with the parts of the answer, and its end
 * of a socket if the server has upgraded.
 */
export async function upgrade(hop: Hop): Promise<{ answer: ArrivedAnswer; end?: End }> {
  configure();
  refuse();
  const protocols = hop.headers.filter(([name]) => name.toLowerCase() === "sec-websocket-protocol");
  const rid = op_websocket_open(hop.url, textOfHeaders(hop.headers), protocols.map(([, value]) => value).join(", "));
  hop.callOff = () => core.tryClose(rid);
  const answer = (await op_websocket_connect(rid)) as Opening;
  if (!answer.open) {
    hop.callOff = () => {
      if (answer.bodyRid !== null) core.tryClose(answer.bodyRid);
    };
    return { answer };
  }
  // An open socket is its own: the signal of the fetch is about the handshake.
  hop.callOff = undefined;
  const link = linkTo(rid);
  const end = new End(link);
  link.accept = () => {
    receive(rid, end);
    return [];
  };
  return { answer, end };
}

/** The link of an end to a connection. Once that is over, what is still sent is dropped. */
function linkTo(rid: number): Link {
  let isOver = false;
  const way = new Way((event) => {
    if (!isOver) send(rid, event);
  }, soon);
  return {
    most: MOST_WAITING,
    put: (event, ready) => way.put(event, ready),
    waiting: () => way.bytes + (isOver ? 0 : op_websocket_buffered(rid)),
    release() {
      isOver = true;
      core.tryClose(rid);
    },
  };
}

function send(rid: number, event: SocketEvent) {
  if (event[0] === "close") op_websocket_close(rid, event[1] === NO_STATUS ? NO_CODE : event[1], event[2]);
  else if (event[0] === "message") sendMessage(rid, event[1]);
}

function sendMessage(rid: number, data: string | ArrayBuffer) {
  if (typeof data === "string") op_websocket_send_text(rid, data);
  else op_websocket_send_binary(rid, new Uint8Array(data));
}

/** Passes on what arrives, until the connection is over. Between two messages, what waits in the worker has its turn. */
async function receive(rid: number, end: End) {
  let event: SocketEvent;
  do {
    event = eventOf((await op_websocket_next(rid).catch(lost)) as Arrived);
    end.receive(event);
    // Listeners of an object may wait for its gate, and the client that a worker passes messages on to may be slow.
    if (end.waiting() > MOST_QUEUED) await new Promise<void>((resolve) => end.whenRoom(resolve));
  } while (event[0] !== "close");
  end.link.release?.();
}

/** The connection was dropped on this side. */
const lost = () => ({ close: [ABNORMAL, ""] });

function eventOf(message: Arrived): SocketEvent {
  if (typeof message === "string") return ["message", message];
  if (message instanceof Uint8Array) return ["message", message.buffer];
  if (message.error !== undefined) return ["error", new Error(message.error)];
  const [code, reason] = message.close;
  return ["close", code, reason, code !== ABNORMAL];
}
