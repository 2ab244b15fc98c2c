// What went wrong with an exchange, as native code words it (`failure.rs`), made into errors.

import { core } from "ext:core/mod.js";

const NAMES: Record<string, string | undefined> = {
  UND_ERR_CONNECT_TIMEOUT: "ConnectTimeoutError",
  UND_ERR_HEADERS_TIMEOUT: "HeadersTimeoutError",
  UND_ERR_BODY_TIMEOUT: "BodyTimeoutError",
  UND_ERR_SOCKET: "SocketError",
};

interface Failure extends Error {
  code?: string;
  syscall?: string;
  hostname?: string;
  port?: number;
}

/** An error as Node's own `fetch` gives it as a cause. */
function failure(text: string) {
  const [code, syscall, hostname, port, ...message] = text.split("\n");
  const error: Failure = new Error(message.join("\n"));
  if (NAMES[code] !== undefined) Object.defineProperty(error, "name", { value: NAMES[code], configurable: true });
  error.code = code;
  if (syscall !== "") error.syscall = syscall;
  error.hostname = hostname;
  error.port = Number(port);
  return error;
}

core.registerErrorBuilder("FetchFailure", failure);
core.registerErrorBuilder("FetchTerminated", (text) => new TypeError("terminated", { cause: failure(text) }));
