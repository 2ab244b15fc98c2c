// Plain data, bytes and keys as they cross to Node and back: a list begins with what it is. `node/packed-values.ts` is the
// other half.

import { PACKED } from "ext:miniflare/realm/port.ts";
import type { WireValue } from "../wire.ts";

/** A key as it crosses: its type, its bytes, and what is known of it. */
export interface KeyParts {
  type: "secret" | "public" | "private";
  data: Uint8Array;
  asymmetricKeyType?: string;
  asymmetricKeyDetails?: object;
}
/** What makes a key of its parts; the module of keys gives it. */
export const keys: { make(parts: KeyParts): object; partsOf(key: object): KeyParts | undefined } = {
  make: (parts) => parts,
  partsOf: () => undefined,
};
/** What makes a buffer of bytes. */
export const buffers: { make(bytes: Uint8Array): Uint8Array } = { make: (bytes) => bytes };

type Kept = (bytes: Uint8Array) => Uint8Array;

/** What crosses for a value. Of a function the name does, for texts of errors. */
export function pack(value: unknown, kept: Kept): WireValue {
  if (typeof value === "function") return [PACKED.FUNCTION, value.name];
  if (typeof value === "symbol") return [PACKED.SYMBOL, value.description ?? ""];
  if (typeof value !== "object" || value === null) return value as WireValue;
  if (value instanceof Uint8Array) return kept(value) as WireValue;
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return [PACKED.VIEW, value.constructor.name, kept(bytes) as WireValue];
  }
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return [PACKED.BUFFER, kept(new Uint8Array(value)) as WireValue];
  }
  if (Array.isArray(value)) return [PACKED.LIST, ...value.map((item) => pack(item, kept))];
  const parts = keys.partsOf(value);
  if (parts !== undefined) return [PACKED.KEY, parts.type, kept(parts.data) as WireValue];
  const entries = Object.entries(value).flatMap(([name, item]) => [name, pack(item, kept)]);
  return [PACKED.RECORD, ...entries];
}

/** The value of what crossed. */
export function unpack(wire: WireValue): unknown {
  if (wire instanceof Uint8Array) return buffers.make(wire);
  if (!Array.isArray(wire)) return wire;
  const [tag, ...items] = wire;
  if (tag === PACKED.LIST) return items.map(unpack);
  if (tag === PACKED.BUFFER) {
    const bytes = items[0] as Uint8Array;
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  }
  const record: Record<string, unknown> = {};
  for (let index = 0; index < items.length; index += 2) record[items[index] as string] = unpack(items[index + 1]);
  return tag === PACKED.KEY ? keys.make(record as unknown as KeyParts) : record;
}
