// Texts as bytes and bytes as texts, in the encodings of `Buffer`, by what the realm has for them.

import { core } from "ext:core/mod.js";

const MOST_UNITS = 8192;
/** By the names that encodings go by. */
const NAMES: Record<string, string> = {
  utf8: "utf8",
  "utf-8": "utf8",
  hex: "hex",
  ucs2: "utf16le",
  "ucs-2": "utf16le",
  utf16le: "utf16le",
  "utf-16le": "utf16le",
  latin1: "latin1",
  binary: "latin1",
  base64: "base64",
  base64url: "base64url",
  ascii: "ascii",
};

/** The name of an encoding; undefined for one that there is not. */
export const encodingOf = (name: string): string | undefined => NAMES[name] ?? NAMES[name.toLowerCase()];

export function encode(text: string, encoding: string): Uint8Array<ArrayBuffer> {
  switch (encoding) {
    case "utf8":
      return core.encode(text);
    case "hex":
      return fromHex(text);
    case "base64":
    case "base64url":
      return fromBase64(text);
    case "utf16le":
      return fromUnits(text);
    default:
      return Uint8Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function decode(given: Uint8Array, encoding: string): string {
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.length);
  switch (encoding) {
    case "utf8":
      return decoder.decode(bytes);
    case "hex":
      return bytes.reduce((text, byte) => text + (byte < 16 ? "0" : "") + byte.toString(16), "");
    case "base64":
      return btoa(units(bytes));
    case "base64url":
      return btoa(units(bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    case "utf16le": {
      const even = bytes.slice(0, bytes.length & ~1);
      return unitsOf(new Uint16Array(even.buffer, even.byteOffset, even.length / 2));
    }
    case "ascii":
      return units(bytes.map((byte) => byte & 0x7f));
    default:
      return units(bytes);
  }
}

const units = (bytes: Uint8Array) => unitsOf(bytes);

function unitsOf(codes: Uint8Array | Uint16Array): string {
  if (codes.length <= MOST_UNITS) return String.fromCharCode(...codes);
  let text = "";
  for (let start = 0; start < codes.length; start += MOST_UNITS) {
    text += String.fromCharCode(...codes.subarray(start, start + MOST_UNITS));
  }
  return text;
}

function fromUnits(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length * 2);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    bytes[2 * index] = unit;
    bytes[2 * index + 1] = unit >> 8;
  }
  return bytes;
}

/** Ends where the text is no hexadecimal any more. */
function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length >> 1);
  for (let index = 0; index < bytes.length; index++) {
    const pair = text.slice(2 * index, 2 * index + 2);
    if (!/^[\da-f]{2}$/i.test(pair)) return bytes.slice(0, index);
    bytes[index] = Number.parseInt(pair, 16);
  }
  return bytes;
}

/** Both alphabets; what belongs to neither is skipped, and the text ends with the first padding. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  let clean = text.replaceAll("-", "+").replaceAll("_", "/");
  const end = clean.indexOf("=");
  if (end >= 0) clean = clean.slice(0, end);
  if (/[^A-Za-z\d+/]/.test(clean)) clean = clean.replace(/[^A-Za-z\d+/]/g, "");
  // A single character has not even one byte.
  if (clean.length % 4 === 1) clean = clean.slice(0, -1);
  const binary = atob(clean);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
