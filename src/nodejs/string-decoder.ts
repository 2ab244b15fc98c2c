// `node:string_decoder`: texts of chunks of bytes. Bytes of a character that is not complete wait for the next chunk.

import { Buffer } from "node:buffer";
import { decode, encodingOf } from "./codecs.ts";
import { invalidArgType, nodeError } from "./errors.ts";

interface State {
  encoding: string;
  bytes: Uint8Array;
  /** How many bytes the character that waits has. */
  total: number;
}

const states = new WeakMap<object, State>();
const NOTHING = new Uint8Array();
const LONGEST = 4;

const utf8Length = (lead: number) => (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1);
const isContinuation = (byte: number) => (byte & 0xc0) === 0x80;

/** How many bytes at the end wait for more, and how many they and the missing ones are. */
function incomplete(bytes: Uint8Array, encoding: string): [count: number, total: number] {
  const { length } = bytes;
  if (encoding === "utf8") {
    for (let count = 1; count < LONGEST && count <= length; count++) {
      const byte = bytes[length - count];
      if (isContinuation(byte)) continue;
      const total = byte < 0xf5 ? utf8Length(byte) : 1;
      return total > count ? [count, total] : [0, 0];
    }
    return [0, 0];
  }
  if (encoding === "utf16le") {
    const odd = length % 2;
    const lead = length - odd - 1;
    // The first half of a pair waits for the second.
    if (lead > 0 && (bytes[lead] & 0xfc) === 0xd8) return [2 + odd, 4];
    return [odd, odd === 0 ? 0 : 2];
  }
  if (encoding === "base64" || encoding === "base64url") return [length % 3, length % 3 === 0 ? 0 : 3];
  return [0, 0];
}

function StringDecoder(this: { encoding?: string }, encoding?: unknown) {
  const known = encoding === undefined || encoding === null || encoding === "" ? "utf8" : encodingOf(String(encoding));
  if (known === undefined) throw nodeError(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
  this.encoding = known;
  states.set(this, { encoding: known, bytes: NOTHING, total: 0 });
}

function stateOf(decoder: object): State {
  const state = states.get(decoder);
  if (state === undefined)
    throw nodeError(TypeError, "ERR_INVALID_THIS", 'Value of "this" must be of type StringDecoder');
  return state;
}

function write(this: object, chunk: unknown): string {
  if (typeof chunk === "string") return chunk;
  if (!ArrayBuffer.isView(chunk)) throw invalidArgType("buf", ["Buffer", "TypedArray", "DataView"], chunk);
  const state = stateOf(this);
  const given = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const bytes = new Uint8Array(state.bytes.length + given.length);
  bytes.set(state.bytes);
  bytes.set(given, state.bytes.length);
  const [count, total] = incomplete(bytes, state.encoding);
  state.bytes = bytes.slice(bytes.length - count);
  state.total = total;
  return decode(bytes.subarray(0, bytes.length - count), state.encoding);
}

function end(this: object, chunk?: unknown): string {
  const text = chunk === undefined ? "" : write.call(this, chunk);
  const state = stateOf(this);
  const rest = state.bytes;
  state.bytes = NOTHING;
  state.total = 0;
  return text + decode(rest, state.encoding);
}

const hidden = (value: unknown) => ({ value, writable: true, configurable: true, enumerable: true });
const accessor = (get: (this: object) => unknown) => ({ get, configurable: true, enumerable: true });

Object.defineProperties(StringDecoder.prototype, {
  write: hidden(write),
  end: hidden(end),
  text: hidden(function text(this: object, bytes: Uint8Array, offset: number) {
    const state = stateOf(this);
    state.bytes = NOTHING;
    state.total = 0;
    return write.call(this, bytes.subarray(offset));
  }),
  lastChar: accessor(function () {
    const last = Buffer.alloc(LONGEST);
    last.set(stateOf(this).bytes);
    return last;
  }),
  lastNeed: accessor(function () {
    const { bytes, total } = stateOf(this);
    return total - bytes.length;
  }),
  lastTotal: accessor(function () {
    return stateOf(this).total;
  }),
});

export { StringDecoder };
export default { StringDecoder };
