// What the methods of sockets take, in the words of Miniflare 2 and of Workers.

/** Codes between 1000 and 4999 that no close frame may have. */
const RESERVED_CODES = new Set([1004, 1005, 1006, 1015]);
/** A close frame has 125 bytes, two of them for the code: <https://datatracker.ietf.org/doc/html/rfc6455#section-5.5> */
const MOST_REASON_BYTES = 123;
/** Of a serialized attachment: <https://developers.cloudflare.com/durable-objects/best-practices/websockets/> */
const MOST_ATTACHMENT_BYTES = 16_384;
/** A token of HTTP: <https://httpwg.org/specs/rfc9110.html#tokens> */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;

/** What a realm gives the rules. */
interface Classes {
  Blob: typeof globalThis.Blob;
  DOMException: typeof globalThis.DOMException;
  URL: typeof globalThis.URL;
}

/** The rules with the classes of a realm. */
function createRules({ Blob, DOMException, URL }: Classes) {
  return { checkAttachment, checkClose, dataOf, protocolsOf, urlOf };

  /** The URL that a socket is opened with. */
  function urlOf(given: unknown) {
    const url = parsed(given);
    if (url === undefined) throw syntaxError("WebSocket Constructor: The url is invalid.");
    if (url.protocol !== "ws:" && url.protocol !== "wss:") {
      throw syntaxError("WebSocket Constructor: The url scheme must be ws or wss.");
    }
    if (url.hash !== "") throw syntaxError("WebSocket Constructor: The url fragment must be empty.");
    return url;
  }

  function parsed(given: unknown) {
    try {
      return new URL(String(given));
    } catch {
      return undefined;
    }
  }

  /** A list of subprotocols, or the only one. */
  function protocolsOf(given: string | Iterable<unknown>): string[] {
    const list = typeof given === "string" ? [given] : Array.from(given, String);
    const isWrong = (one: string, index: number) => !TOKEN.test(one) || list.indexOf(one) !== index;
    if (list.some(isWrong)) throw new SyntaxError("An invalid or duplicated subprotocol was specified");
    return list;
  }

  /** `isLimited`: whether a reason must fit into a frame. */
  function checkClose(code: unknown, reason: unknown, isLimited: boolean) {
    if (code) {
      const number = Number(code);
      const isValid = number >= 1000 && number < 5000 && !RESERVED_CODES.has(number);
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

  /** `bytes` is the size of a serialized attachment. */
  function checkAttachment(bytes: number) {
    if (bytes <= MOST_ATTACHMENT_BYTES) return;
    const limit = `A WebSocket 'attachment' cannot be larger than ${MOST_ATTACHMENT_BYTES} bytes.`;
    throw new Error(`${limit}'attachment' was ${bytes} bytes.`);
  }

  /** What is sent for a value: text, a copy of bytes, or for a blob a promise of its bytes. */
  function dataOf(value: unknown): string | ArrayBuffer | Promise<ArrayBuffer> {
    if (typeof value === "string") return value;
    if (ArrayBuffer.isView(value)) return copyOf(value.buffer, value.byteOffset, value.byteLength);
    if (Object.prototype.toString.call(value) === "[object ArrayBuffer]") {
      return copyOf(value as ArrayBuffer, 0, (value as ArrayBuffer).byteLength);
    }
    return value instanceof Blob ? value.arrayBuffer() : String(value);
  }

  function syntaxError(text: string) {
    return new DOMException(text, "SyntaxError");
  }
}

const copyOf = (buffer: ArrayBufferLike, start: number, length: number) =>
  new Uint8Array(buffer, start, length).slice().buffer;

export { createRules };
