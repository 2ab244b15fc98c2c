// `node:tls`: clients, over connections of `cloudflare:sockets`. Certificates are checked as Node's are that hosts the worker.

import library from "unenv/node/tls";
import { connectTo } from "ext:miniflare/realm/connections.ts";
import { nodeError } from "./errors.ts";
import { callable, normalized, Socket } from "./net.ts";
import type { ConnectOptions } from "./net.ts";

interface TlsOptions extends ConnectOptions {
  servername?: string;
  socket?: Socket;
  ALPNProtocols?: unknown;
  rejectUnauthorized?: boolean;
}

export class TLSSocket extends Socket {
  readonly encrypted = true;
  authorized = false;
  authorizationError: Error | null = null;
  alpnProtocol = false;
  servername: string | undefined;

  constructor(socket?: Socket, options: TlsOptions = {}) {
    super(options);
    if (options.rejectUnauthorized === false) {
      throw nodeError(
        Error,
        "ERR_OPTION_NOT_IMPLEMENTED",
        "The options.rejectUnauthorized option is not implemented: certificates are always checked",
      );
    }
    this.servername = options.servername;
    this.on("secureConnect", () => {
      this.authorized = true;
      this.emit("secure");
    });
    if (socket !== undefined) this.#takeOver(socket);
  }

  /** Goes on with the connection of a socket, once it has one. */
  #takeOver(socket: Socket) {
    this.connecting = true;
    const upgrade = () => {
      const [host, port] = [socket.remoteAddress ?? "", socket.remotePort ?? 0];
      const connection = socket.takeConnection();
      if (connection === undefined) return void this.destroy(new Error("The socket has no connection"));
      const name = this.servername ?? host;
      this.follow(connection.startTls({ expectedServerHostname: name }), host, port, "secureConnect");
      this.once("close", () => void socket.destroy());
    };
    if (socket.connecting) socket.once("connect", upgrade);
    else upgrade();
  }

  protected override open(host: string, port: number) {
    const connection = connectTo({ hostname: host, port }, { secureTransport: "on", allowHalfOpen: true });
    this.once("secureConnect", () => this.emit("connect"));
    this.follow(connection, host, port, "secureConnect");
  }

  getPeerCertificate() {
    return {};
  }

  getProtocol() {
    return this.authorized ? "TLSv1.3" : null;
  }

  isSessionReused() {
    return false;
  }

  getSession() {
    return undefined;
  }
}

function connect(...args: unknown[]): TLSSocket {
  const [options, listener] = normalized(args) as [TlsOptions, ((...args: never[]) => void) | undefined];
  const extra = args.find((arg, index) => index > 0 && typeof arg === "object" && arg !== null) as object | undefined;
  const given: TlsOptions = { ...options, ...extra };
  const socket = new TLSSocket(given.socket, given);
  if (listener !== undefined) socket.once("secureConnect", listener);
  return given.socket === undefined ? socket.connect(given) : socket;
}

const unavailable = (name: string) => () => {
  throw nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED", `The tls.${name} method is not implemented`);
};

const tls: Record<string, unknown> = {
  ...library,
  TLSSocket: callable(TLSSocket),
  connect,
  createServer: unavailable("createServer"),
  // A connection has the certificates of the hosting Node; what a context adds is not used.
  createSecureContext: (options: object = {}) => ({ context: { options } }),
};

export default tls;
