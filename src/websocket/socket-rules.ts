// What the methods of sockets take, in the words of Miniflare 2 and of Workers.
// @ts-nocheck

/** Codes between 1000 and 4999 that no close frame may have. */
const RESERVED_CODES = new Set([1004, 1005, 1006, 1015]);
/** A close frame has 125 bytes, two of them for the code: <https://datatracker.ietf.org/doc/html/rfc6455#section-5.5> */
const MOST_REASON_BYTES = 123;
/** A token of HTTP: <https://httpwg.org/specs/rfc9110.html#tokens> */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;

/** The rules with the classes of a realm. */
function createRules({ Blob, DOMException, URL }) {
  return { checkClose, dataOf, protocolsOf, urlOf };

  /** The URL that a socket is opened with. */
  function urlOf(given) {
    const url = parsed(given);
    if (url === undefined) throw syntaxError("WebSocket Constructor: The url is invalid.");
    if (url.protocol !== "ws:" && url.protocol !== "wss:") {
      throw syntaxError("WebSocket Constructor: The url scheme must be ws or wss.");
    }
    if (url.hash !== "") throw syntaxError("WebSocket Constructor: The url fragment must be empty.");
    return url;
  }

  function parsed(given) {
    try {
      return new URL(String(given));
    } catch {
      return undefined;
    }
  }

  /** A list of subprotocols, or the only one. */
  function protocolsOf(given) {
    const list = typeof given === "string" ? [given] : Array.from(given, String);
    const isWrong = (one, index) => !TOKEN.test(one) || list.indexOf(one) !== index;
    if (list.some(isWrong)) throw new SyntaxError("An invalid or duplicated subprotocol was specified");
    return list;
  }

  /** `isLimited`: whether a reason must fit into a frame. */
  function checkClose(code, reason, isLimited) {
    if (code) {
      const isValid = code >= 1000 && code < 5000 && !RESERVED_CODES.has(Number(code));
      if (!isValid) throw new TypeError("Invalid WebSocket close code.");
    }
    if (reason === undefined) return;
    if (code === undefined) {
      throw new TypeError("If you specify a WebSocket close reason, you must also specify a code.");
    }
    const bytes = isLimited ? new TextEncoder().encode(String(reason)).byteLength : 0;
    if (bytes <= MOST_REASON_BYTES) return;
    const limit = `must not be longer than ${MOST_REASON_BYTES} bytes in UTF-8`;
    throw syntaxError(`The reason of a WebSocket close ${limit}, got ${bytes} bytes.`);
  }

  /** What is sent for a value: text, a copy of bytes, or for a blob a promise of its bytes. */
  function dataOf(value) {
    if (typeof value === "string") return value;
    if (ArrayBuffer.isView(value)) return copyOf(value.buffer, value.byteOffset, value.byteLength);
    if (Object.prototype.toString.call(value) === "[object ArrayBuffer]") return copyOf(value, 0, value.byteLength);
    return value instanceof Blob ? value.arrayBuffer() : String(value);
  }

  function syntaxError(text) {
    return new DOMException(text, "SyntaxError");
  }
}

const copyOf = (buffer, start, length) => new Uint8Array(buffer, start, length).slice().buffer;

export { createRules };
