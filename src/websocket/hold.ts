// Connections that Durable Objects accept (`web/socket-seams.ts`). The object takes the events of the end itself, so that
// neither a socket nor a listener has to be in memory while the object is not.

import { ABNORMAL, MOST_WAITING, NO_STATUS } from "ext:miniflare/websocket/end.ts";
import { endOf, socketOf } from "ext:miniflare/websocket/worker-sockets.ts";
import type { Hear, HeldEvent, HeldSocket } from "ext:miniflare/web/socket-seams.ts";
import type { End } from "./end.ts";

const ACCEPTED = "Cannot call `acceptWebSocket()` if the WebSocket was already accepted via `accept()`";
const PAIR_USED =
  "Cannot call `acceptWebSocket()` on this WebSocket because its pair has already been accepted or used in a Response.";

class HeldEnd implements HeldSocket {
  #end: End;

  constructor(end: End) {
    this.#end = end;
  }

  open() {
    return socketOf(this.#end);
  }

  send(text: string) {
    const end = this.#end;
    if (end.hasClosed) return;
    // A peer that only asks for automatic answers and reads none must not fill the memory.
    if (end.link.waiting() > MOST_WAITING) this.lose();
    else end.put(["message", text]);
  }

  reply(code: number) {
    const end = this.#end;
    if (end.hasClosed) return;
    end.close(code === NO_STATUS || code === ABNORMAL ? undefined : code, "");
  }

  lose() {
    const end = this.#end;
    if (!end.hasClosed) end.close(ABNORMAL, "");
    end.release();
  }
}

export function hold(socket: object, hear: Hear): HeldSocket {
  const end = endOf(socket) as End;
  if (end.isAccepted) throw new Error(ACCEPTED);
  if (!mayBeHeld(end)) throw new Error(PAIR_USED);
  const held = new HeldEnd(end);
  end.held = held;
  end.accept({ take: (event) => (event[0] === "open" ? undefined : hear(event as HeldEvent)), waiting: () => 0 });
  return held;
}

/** Ends of pairs, whose peer is still free, and those that have come from another realm. */
const mayBeHeld = ({ isConnecting, isCoupled, peer, link }: End) =>
  !isConnecting && !isCoupled && (peer === undefined ? link.state !== undefined : !peer.isAccepted);

export const heldOf = (socket: object) => endOf(socket)?.held as HeldSocket | undefined;
export const isAccepted = (socket: object) => endOf(socket)?.isAccepted === true;
