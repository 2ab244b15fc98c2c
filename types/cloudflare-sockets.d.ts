// `miniflare-rs/cloudflare-sockets`, which replaces `cloudflare:sockets` in code that tests of Jest and Vitest import.

/** Where to connect to. */
export interface SocketAddress {
  /** The name or the address of the host. */
  hostname: string;
  /** The TCP port, 0 to 65535. */
  port: number;
}

export interface SocketOptions {
  /** TLS from the start, or once `startTls()` is called. Default: `"off"`. */
  secureTransport?: "off" | "on" | "starttls";
  /** Whether the socket can still be written to once the server has ended its side. Default: `false`. */
  allowHalfOpen?: boolean;
}

/** What is known of a connection. Addresses have the form `host:port`. */
export interface SocketInfo {
  remoteAddress: string;
  localAddress?: string;
}

/** A TCP connection. */
export interface Socket {
  /** The bytes that the server sends. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Takes an `ArrayBuffer` or a view of one per chunk. */
  readonly writable: WritableStream<ArrayBuffer | ArrayBufferView>;
  /** Resolves once there is a connection; rejects if there will be none. */
  readonly opened: Promise<SocketInfo>;
  /** Resolves once both sides have ended; rejects if the connection breaks. */
  readonly closed: Promise<void>;
  /** Whether `startTls()` was called. */
  readonly upgraded: boolean;
  readonly secureTransport: "off" | "on" | "starttls";
  /** Closes both sides. */
  close(): Promise<void>;
  /**
   * Closes this socket, and returns one that goes on with TLS.
   * @throws {TypeError} without the option `secureTransport: "starttls"`, once the socket is closed, or while a stream is locked
   */
  startTls(options?: { expectedServerHostname?: string }): Socket;
}

/**
 * Opens a TCP connection.
 * @param address `"host:port"`, or both
 * @throws {TypeError} for what is not an address, and for invalid options
 */
export function connect(address: string | SocketAddress, options?: SocketOptions): Socket;
