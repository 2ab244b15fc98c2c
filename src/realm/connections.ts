// TCP connections for rooms that build on them. The room `sockets` provides them; others find them here.

/** A socket, as far as rooms use it. */
export interface Socket {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly opened: Promise<{ remoteAddress: string; localAddress?: string }>;
  readonly closed: Promise<void>;
  close(): Promise<void>;
  startTls(options?: { expectedServerHostname?: string }): Socket;
}

interface Settings {
  secureTransport?: "off" | "on" | "starttls";
  allowHalfOpen?: boolean;
}

type Connect = (address: { hostname: string; port: number }, settings?: Settings) => Socket;

let provided: Connect;
export function provideConnections(connect: Connect) {
  provided = connect;
}

/** Opens a connection, as `connect` of `cloudflare:sockets` does. */
export const connectTo: Connect = (...args) => provided(...args);
