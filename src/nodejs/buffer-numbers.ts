// The methods of buffers that read and write numbers: the library's, behind checks with Node's errors.

import { invalidArgType, nodeError, outOfRange } from "./errors.ts";

type Method = (this: Uint8Array, ...args: unknown[]) => unknown;
interface Kind {
  bytes: number;
  /** Undefined where any number can be written. */
  least?: number | bigint;
  most?: number | bigint;
}

const signed = (bytes: number): Kind => ({ bytes, least: -(2 ** (8 * bytes - 1)), most: 2 ** (8 * bytes - 1) - 1 });
const unsigned = (bytes: number): Kind => ({ bytes, least: 0, most: 2 ** (8 * bytes) - 1 });
const KINDS: Record<string, Kind> = {
  UInt8: unsigned(1),
  UInt16LE: unsigned(2),
  UInt16BE: unsigned(2),
  UInt32LE: unsigned(4),
  UInt32BE: unsigned(4),
  Int8: signed(1),
  Int16LE: signed(2),
  Int16BE: signed(2),
  Int32LE: signed(4),
  Int32BE: signed(4),
  BigUInt64LE: { bytes: 8, least: 0n, most: 2n ** 64n - 1n },
  BigUInt64BE: { bytes: 8, least: 0n, most: 2n ** 64n - 1n },
  BigInt64LE: { bytes: 8, least: -(2n ** 63n), most: 2n ** 63n - 1n },
  BigInt64BE: { bytes: 8, least: -(2n ** 63n), most: 2n ** 63n - 1n },
  FloatLE: { bytes: 4 },
  FloatBE: { bytes: 4 },
  DoubleLE: { bytes: 8 },
  DoubleBE: { bytes: 8 },
};
/** Of as many bytes as the caller says. */
const VARIABLE: Record<string, (bytes: number) => Kind> = {
  UIntLE: unsigned,
  UIntBE: unsigned,
  IntLE: signed,
  IntBE: signed,
};

function checkOffset(target: Uint8Array, offset: unknown, bytes: number) {
  if (typeof offset !== "number") throw invalidArgType("offset", "number", offset);
  const last = target.length - bytes;
  if (Number.isInteger(offset) && offset >= 0 && offset <= last) return;
  if (Math.floor(offset) !== offset) throw outOfRange("offset", "an integer", offset);
  if (last < 0) {
    throw nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", "Attempt to access memory outside buffer bounds");
  }
  throw outOfRange("offset", `>= 0 and <= ${last}`, offset);
}

function checkValue(value: unknown, { bytes, least, most }: Kind) {
  if (least === undefined || most === undefined) return;
  const isBig = typeof least === "bigint";
  if (isBig && typeof value !== "bigint") throw invalidArgType("value", "bigint", value);
  const number = (isBig ? value : Number(value)) as number;
  if (!(number > most || number < least)) return;
  const bits = 8 * bytes - (least === 0 || least === 0n ? 0 : 1);
  const n = isBig ? "n" : "";
  const power = `2${n} ** ${bits}${n}`;
  const floor = least === 0 || least === 0n ? `0${n}` : `-(${power})`;
  const range = bytes > 4 ? `>= ${floor} and < ${power}` : `>= ${least} and <= ${most}`;
  throw outOfRange("value", range, value);
}

function checkBytes(bytes: unknown): asserts bytes is number {
  if (typeof bytes !== "number") throw invalidArgType("byteLength", "number", bytes);
  if (Math.floor(bytes) !== bytes) throw outOfRange("byteLength", "an integer", bytes);
  if (bytes < 1 || bytes > 6) throw outOfRange("byteLength", ">= 1 and <= 6", bytes);
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Numbers of floating point as the realm has them: the library's lack the smallest. */
function readFloat(bytes: Uint8Array, name: string, offset: number): number {
  const isLittle = name.endsWith("LE");
  return name.startsWith("Float")
    ? viewOf(bytes).getFloat32(offset, isLittle)
    : viewOf(bytes).getFloat64(offset, isLittle);
}

function writeFloat(bytes: Uint8Array, name: string, value: number, offset: number) {
  const isLittle = name.endsWith("LE");
  if (name.startsWith("Float")) viewOf(bytes).setFloat32(offset, value, isLittle);
  else viewOf(bytes).setFloat64(offset, value, isLittle);
}

/** Puts checks before the library's methods. */
export function checkNumbers(prototype: Record<string, unknown>) {
  const define = (name: string, method: Method) => {
    for (const alias of [name, name.replace("UInt", "Uint")]) {
      Object.defineProperty(prototype, alias, { value: method, writable: true, configurable: true, enumerable: true });
    }
  };
  for (const [name, kind] of Object.entries(KINDS)) {
    const [read, write] = [prototype[`read${name}`] as Method, prototype[`write${name}`] as Method];
    const isFloat = kind.least === undefined;
    define(`read${name}`, function (offset = 0) {
      checkOffset(this, offset, kind.bytes);
      return isFloat ? readFloat(this, name, offset as number) : read.call(this, offset);
    });
    define(`write${name}`, function (value, offset = 0) {
      checkValue(value, kind);
      checkOffset(this, offset, kind.bytes);
      if (!isFloat) return write.call(this, value, offset);
      writeFloat(this, name, Number(value), offset as number);
      return (offset as number) + kind.bytes;
    });
  }
  for (const [name, kindOf] of Object.entries(VARIABLE)) {
    const [read, write] = [prototype[`read${name}`] as Method, prototype[`write${name}`] as Method];
    define(`read${name}`, function (offset, bytes) {
      if (offset === undefined) throw invalidArgType("offset", "number", offset);
      checkBytes(bytes);
      checkOffset(this, offset, bytes);
      return read.call(this, offset, bytes);
    });
    define(`write${name}`, function (value, offset, bytes) {
      checkBytes(bytes);
      checkValue(value, kindOf(bytes));
      checkOffset(this, offset, bytes);
      return write.call(this, value, offset, bytes);
    });
  }
}
