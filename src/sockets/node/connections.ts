// TCP connections that workers open, by Node's own sockets. A connection does not keep Node alive by itself: what waits for the
// worker does.

import net from "node:net";
import tls from "node:tls";
import { failureAt } from "../address.ts";
import type { Address } from "../address.ts";
import type { Link, SocketEvent } from "../socket.ts";

type Receive = (event: SocketEvent) => void;

/** Why a host may not be connected to; undefined if it may. */
export type Refuse = (host: string) => string | undefined;

/** The connections of one worker. */
class Connections {
  readonly #open = new Set<net.Socket>();
  readonly #refuse: Refuse;
  readonly #authoritiesOf: () => string[] | undefined;
  #authorities: string[] | undefined;
  #isOver = false;

  /** @param authoritiesOf returns the certificates to trust, or undefined for those that Node trusts; called when one is needed */
  constructor(refuse: Refuse, authoritiesOf: () => string[] | undefined) {
    this.#refuse = refuse;
    this.#authoritiesOf = authoritiesOf;
  }

  #secure(hostname: string, options: tls.ConnectionOptions): tls.TLSSocket {
    this.#authorities ??= this.#authoritiesOf();
    const ca = this.#authorities;
    const name = net.isIP(hostname) === 0 ? { servername: hostname } : { host: hostname };
    return tls.connect({ ...options, ...name, ...(ca && { ca }) });
  }

  open(address: Omit<Address, "text">, isSecure: boolean, receive: Receive): Link {
    const { hostname, port } = address;
    const reason = this.#refuse(`${hostname}:${port}`);
    if (reason !== undefined) {
      queueMicrotask(() => receive({ type: "failed", reason }));
      return CLOSED;
    }
    // Half-open is what the worker's socket does, or does not.
    const options = { host: hostname, port, allowHalfOpen: true };
    const socket = isSecure ? this.#secure(hostname, options) : net.connect(options);
    return this.#follow(socket, isSecure ? "secureConnect" : "connect", port, receive);
  }

  #follow(socket: net.Socket, connected: string, port: number, tell: Receive): Link {
    const open = this.#open;
    const receive: Receive = (event) => {
      if (this.#isOver) return;
      try {
        tell(event);
      } catch {
        // A limit has stopped the worker.
        this.end();
      }
    };
    let hasOpened = false;
    let hasFailed = false;
    open.add(socket);
    socket.unref();
    socket.once(connected, () => {
      hasOpened = true;
      const { localAddress, localPort } = socket;
      receive({ type: "opened", localAddress: localAddress && `${localAddress}:${localPort}` });
    });
    const listeners = {
      data: (chunk: Buffer) => receive({ type: "data", bytes: new Uint8Array(chunk) }),
      end: () => receive({ type: "ended" }),
      error(error: NodeJS.ErrnoException) {
        hasFailed = true;
        const reason = hasOpened ? lostText(error) : failureAt(port);
        receive({ type: "failed", reason });
      },
      close() {
        open.delete(socket);
        if (!hasFailed) receive({ type: "closed" });
      },
    };
    for (const [name, listener] of Object.entries(listeners)) socket.on(name, listener);
    const link: Link = {
      write: (bytes) => void socket.write(bytes, (error) => error ?? receive({ type: "written" })),
      end: () => void socket.end(),
      close: () => void socket.destroySoon(),
      pause: () => void socket.pause(),
      resume: () => void (hasOpened && socket.resume()),
      startTls: (servername, next) => {
        for (const [name, listener] of Object.entries(listeners)) socket.off(name, listener);
        socket.on("error", () => {});
        socket.once("close", () => open.delete(socket));
        const secure = this.#secure(servername, { socket });
        Object.assign(link, this.#follow(secure, "secureConnect", port, next));
      },
    };
    return link;
  }

  /** Closes what is open. A worker that has ended hears of nothing. */
  end(): void {
    this.#isOver = true;
    for (const socket of this.#open) socket.destroy();
    this.#open.clear();
  }
}

const lostText = ({ code, message }: NodeJS.ErrnoException) => `Network connection lost. (${code ?? message})`;

const nothing = () => {};
const CLOSED: Link = {
  write: nothing,
  end: nothing,
  close: nothing,
  pause: nothing,
  resume: nothing,
  startTls: nothing,
};

export { Connections };
