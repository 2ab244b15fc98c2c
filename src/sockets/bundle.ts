// The sockets of a worker, over connections that Node opens: a lazy script of its own.

import {
  advance,
  countSubrequest,
  currentContinuation,
  depart,
  proceed,
  requireContext,
} from "ext:miniflare/realm/context.ts";
import { encode, HOST, host, decode } from "ext:miniflare/realm/port.ts";
import { refuseToRecord } from "ext:miniflare/realm/outside.ts";
import { atRandom, isSimulating } from "ext:miniflare/realm/simulation.ts";
import { createSockets } from "ext:miniflare/sockets/socket.ts";
import type { SocketEvent } from "ext:miniflare/sockets/socket.ts";
import type { WireValue } from "../wire.ts";

type Receive = (event: SocketEvent) => void;
type NodeLink = (name: string, ...args: WireValue[]) => void;

/** What Node calls with the parts of an event. */
const eventsTo =
  (receive: Receive) =>
  (type: SocketEvent["type"], value?: unknown): void => {
    const given = { opened: "localAddress", data: "bytes", failed: "reason" }[type as string];
    receive((given === undefined ? { type } : { type, [given]: value }) as SocketEvent);
  };

/** Events belong to the code that connected: its request, whose gates and time they pass. */
function capture(receive: Receive): Receive {
  const continuation = currentContinuation();
  let last: Promise<unknown> | undefined;
  const deliver = (event: SocketEvent) =>
    proceed(continuation, () => {
      const waiting = last ?? advance();
      if (waiting === undefined) return receive(event);
      const next = waiting.then(() => receive(event));
      last = next;
      return void next.then(() => {
        if (last === next) last = undefined;
      });
    });
  return (event) => (isSimulating() ? atRandom(() => deliver(event)) : deliver(event));
}

export const { connect, Socket } = createSockets({
  ReadableStream,
  WritableStream,
  begin() {
    requireContext("globalAsyncIO");
    refuseToRecord(
      "a TCP connection",
      "Call a function of the option bindings that connects, whose answers are recorded.",
    );
    countSubrequest();
  },
  depart,
  capture,
  open({ hostname, port }, { secureTransport }, receive) {
    const isSecure = secureTransport === "on";
    const events = encode(eventsTo(receive));
    const ask = decode(host(HOST.SOCKETS, hostname, port, isSecure, events)) as NodeLink;
    return {
      write: (bytes) => ask("write", bytes),
      end: () => ask("end"),
      close: () => ask("close"),
      pause: () => ask("pause"),
      resume: () => ask("resume"),
      startTls: (name, next) => ask("startTls", name, eventsTo(next) as never),
    };
  },
});
