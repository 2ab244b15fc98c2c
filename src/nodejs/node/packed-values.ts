// Plain data, bytes and keys as they cross between a module of Node's in a worker and Node: `../packed.ts` is the other half.

import crypto from "node:crypto";
import { PACKED } from "../../protocol.ts";
import type { WireValue } from "../../node/binding/exports.d.ts";

type Views = Record<string, new (buffer: ArrayBuffer, offset?: number, length?: number) => ArrayBufferView>;

/** What crosses for a value. */
function pack(value: unknown): WireValue {
  if (typeof value !== "object" || value === null) return value as WireValue;
  // A copy, since buffers of Node's are parts of larger ones.
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (value instanceof ArrayBuffer) return [PACKED.BUFFER, new Uint8Array(value)];
  if (Array.isArray(value)) return [PACKED.LIST, ...value.map(pack)];
  if (value instanceof crypto.KeyObject) return packKey(value);
  const entries = Object.entries(value).filter(([, item]) => typeof item !== "function");
  return [PACKED.RECORD, ...entries.flatMap(([name, item]) => [name, pack(item)])];
}

function packKey(key: crypto.KeyObject): WireValue {
  if (key.type === "secret") return [PACKED.KEY, "type", "secret", "data", new Uint8Array(key.export() as Buffer)];
  const type = key.type === "public" ? "spki" : "pkcs8";
  const data = new Uint8Array(key.export({ format: "der", type } as never) as unknown as Buffer);
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  const known = ["asymmetricKeyType", asymmetricKeyType, "asymmetricKeyDetails", pack(asymmetricKeyDetails)];
  return [PACKED.KEY, "type", key.type, "data", data, ...known];
}

/** The value of what crossed. Functions and symbols come as others of the same name. */
function unpack(wire: WireValue): unknown {
  if (wire instanceof Uint8Array) return Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength);
  if (!Array.isArray(wire)) return wire;
  const [tag, ...items] = wire;
  switch (tag) {
    case PACKED.LIST:
      return items.map(unpack);
    case PACKED.BUFFER:
      return (items[0] as Uint8Array).slice().buffer;
    case PACKED.VIEW:
      return viewOf(items[0] as string, (items[1] as Uint8Array).slice().buffer);
    case PACKED.FUNCTION:
      return Object.defineProperty(() => {}, "name", { value: items[0] });
    case PACKED.SYMBOL:
      return Symbol(items[0] as string);
    case PACKED.KEY:
      return keyOf(items[0] as string, Buffer.from(items[1] as Uint8Array));
    default:
      return recordOf(items);
  }
}

const VIEWS = [
  ...["BigInt64Array", "BigUint64Array", "DataView", "Float32Array", "Float64Array", "Int16Array"],
  ...["Int32Array", "Int8Array", "Uint16Array", "Uint32Array", "Uint8ClampedArray"],
];

function viewOf(name: string, buffer: ArrayBuffer): ArrayBufferView {
  const View = VIEWS.includes(name) ? (globalThis as unknown as Views)[name] : Uint8Array;
  return new View(buffer);
}

function keyOf(type: string, data: Buffer): crypto.KeyObject {
  if (type === "secret") return crypto.createSecretKey(data);
  if (type === "public") return crypto.createPublicKey({ key: data, format: "der", type: "spki" });
  return crypto.createPrivateKey({ key: data, format: "der", type: "pkcs8" });
}

function recordOf(items: WireValue[]): object {
  const record = {};
  for (let index = 0; index < items.length; index += 2) {
    const value = unpack(items[index + 1]);
    const descriptor = { value, writable: true, enumerable: true, configurable: true };
    Object.defineProperty(record, items[index] as string, descriptor);
  }
  return record;
}

export { pack, unpack };
