// The arguments of `listen()`: `(port, host, backlog, listener)`, `(options, listener)` or `(path, listener)`.

import { nodeError } from "./errors.ts";
import type { Listener } from "./http-streams.ts";

const MOST_PORT = 65_535;

function badPort(port: unknown): Error {
  const shown = typeof port === "string" ? `'${port}'` : String(port);
  const message = `options.port should be >= 0 and < 65536. Received type ${typeof port} (${shown}).`;
  return nodeError(RangeError, "ERR_SOCKET_BAD_PORT", message);
}

/** The port, 0 where any will do, and the listener. */
export function listenArguments(args: unknown[]): [port: number, listener: Listener | undefined] {
  const [first] = args;
  const last = args.at(-1);
  const listener = typeof last === "function" ? (last as Listener) : undefined;
  const isOptions = typeof first === "object" && first !== null;
  const given = isOptions ? (first as { port?: unknown }).port : first;
  if (typeof given !== "number" && typeof given !== "string") return [0, listener];
  const port = typeof given === "string" && given.trim() === "" ? Number.NaN : Number(given);
  // A text that is no number is a path.
  if (Number.isNaN(port) && typeof given === "string" && !isOptions) return [0, listener];
  if (!Number.isInteger(port) || port < 0 || port > MOST_PORT) throw badPort(given);
  return [port, listener];
}
