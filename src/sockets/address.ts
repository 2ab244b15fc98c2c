// What `connect()` is given: where to connect to, and how.

/** Where a connection goes to. */
export interface Address {
  hostname: string;
  port: number;
  /** As the caller gave it, in the form `host:port`. */
  text: string;
}

export type Transport = "off" | "on" | "starttls";

export interface SocketSettings {
  secureTransport: Transport;
  allowHalfOpen: boolean;
}

const LONGEST_NAME = 255;
const MOST_PORT = 65535;
/** Mail servers: Workers do not connect to them. */
const MAIL = 25;
const HTTP_PORTS = new Set([80, 443]);

const NOT_PARSED = "Specified address could not be parsed.";
const NO_PORT = "Specified address is missing port.";
const UNSUPPORTED = "Specified address is empty string, contains unsupported characters or is too long.";

const FAILED = "proxy request failed, cannot connect to the specified address";
const HINT = ". It looks like you might be trying to connect to a HTTP-based service — consider using fetch instead";

/** The text of the error when no connection to a port comes about. */
export const failureAt = (port: number) => (HTTP_PORTS.has(port) ? FAILED + HINT : FAILED);

/** Whether Workers connect to a port. */
export const isAllowed = (port: number) => port !== MAIL;

/** @throws {TypeError} for what is neither `host:port` nor an object with both */
export function addressOf(given: unknown): Address {
  if (given !== null && typeof given === "object")
    return addressOfParts(given as { hostname?: unknown; port?: unknown });
  if (given === undefined || given === null) {
    throw new TypeError(
      `Failed to execute 'connect': expected an address like "localhost:5432" or { hostname: "localhost", port: 5432 }, got ${given}`,
    );
  }
  return addressOfText(String(given));
}

function addressOfText(text: string): Address {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(text);
  if (text === "") throw new TypeError("Specified address is missing hostname.");
  if (match === null) throw new TypeError(text.includes("//") ? NO_PORT : NOT_PARSED);
  const [, hostname, port] = match;
  if (port === undefined || port === "" || port.startsWith("/")) throw new TypeError(NO_PORT);
  if (!/^\d+$/.test(port) || Number(port) > MOST_PORT) throw new TypeError(NOT_PARSED);
  return { hostname: checkedName(hostname), port: Number(port), text };
}

function addressOfParts({ hostname, port }: { hostname?: unknown; port?: unknown }): Address {
  const number = Number(port);
  if (!Number.isInteger(number)) throw new TypeError("The value cannot be converted because it is not an integer.");
  if (number < 0) {
    throw new TypeError("The value cannot be converted because it is negative and this API expects a positive number.");
  }
  if (number > MOST_PORT) throw new TypeError(NOT_PARSED);
  const name = String(hostname ?? "");
  return { hostname: checkedName(name), port: number, text: `${name}:${number}` };
}

/** The name of a host, without the brackets of an address. */
function checkedName(name: string): string {
  const isAddress = name.startsWith("[") && name.endsWith("]");
  const bare = isAddress ? name.slice(1, -1) : name;
  const isPlain = (isAddress || bare.includes(":") ? /^[\da-fA-F:.]+$/ : /^[\w.-]+$/).test(bare);
  if (!isPlain || bare.length > LONGEST_NAME) throw new TypeError(UNSUPPORTED);
  return bare;
}

/** @throws {TypeError} for options that are none, or a transport that there is not */
export function settingsOf(given: unknown): SocketSettings {
  if (given !== undefined && given !== null && typeof given !== "object" && typeof given !== "function") {
    throw new TypeError("Failed to execute 'connect' on 'SocketsModule': parameter 2 is not of type 'SocketOptions'.");
  }
  const { secureTransport = "off", allowHalfOpen = false, highWaterMark } = (given ?? {}) as Record<string, unknown>;
  const transport = String(secureTransport);
  if (transport !== "off" && transport !== "on" && transport !== "starttls") {
    throw new TypeError(`Unsupported value in secureTransport socket option: ${transport}`);
  }
  if (highWaterMark !== undefined && Number(highWaterMark) < 0) {
    throw new TypeError("The value cannot be converted because it is negative and this API expects a positive bigint.");
  }
  return { secureTransport: transport, allowHalfOpen: Boolean(allowHalfOpen) };
}
