// Tags: every-node
// `node:buffer` in a worker, as in Node.

import { sameAsNode } from "../support/nodejs.mjs";

sameAsNode(
  "node:buffer",
  { buffer: "node:buffer" },
  {
    "makes buffers of texts in every encoding": `const { Buffer } = buffer;
      return ["utf8", "UTF-8", "hex", "base64", "base64url", "latin1", "binary", "ascii", "ucs2", "utf16le"].map((encoding) =>
        ["héllo wörld €", "68656c6c6f", "aGVsbG8=", "aGVsbG8_-w", ""].map((text) => Buffer.from(text, encoding)));`,
    "makes texts of buffers in every encoding": `const { Buffer } = buffer;
      const bytes = Buffer.from([0, 1, 104, 101, 255, 128, 0xe2, 0x82, 0xac, 0xc3]);
      return ["utf8", "hex", "base64", "base64url", "latin1", "ascii", "utf16le"].map((encoding) =>
        [bytes.toString(encoding), bytes.toString(encoding, 2, 4), bytes.toString(encoding, -3, 99)]);`,
    "refuses unknown encodings and sources": `const { Buffer } = buffer;
      return [() => Buffer.from("a", "nope"), () => Buffer.from(1), () => Buffer.from(null), () => Buffer.from(undefined),
        () => Buffer.from({}), () => Buffer.from(Symbol("s")), () => Buffer.alloc("1"), () => Buffer.alloc(-1),
        () => Buffer.concat(1), () => Buffer.concat([1]), () => Buffer.byteLength(1), () => Buffer.compare(1, 2),
        () => Buffer.from("a").toString("nope"), () => Buffer.from("a").equals("a")].map(caught).map(({ name, code }) => [name, code]);`,
    "says what was wrong with an argument": `const { Buffer } = buffer;
      return [() => Buffer.from("a", "nope"), () => Buffer.from(undefined), () => Buffer.alloc("1"), () => Buffer.concat(1)].map(caught);`,
    "makes buffers of arrays, views and array buffers": `const { Buffer } = buffer;
      const shared = new Uint8Array([1, 2, 3, 4]);
      const view = Buffer.from(shared.buffer, 1, 2);
      shared[1] = 9;
      return [Buffer.from([1, 257, "3"]), view, Buffer.from(new Uint16Array([1, 300])), Buffer.from(Buffer.from("x")),
        Buffer.from({ type: "Buffer", data: [1, 2] }), Buffer.from(new String("abc")), Buffer.of(1, 2), Buffer.copyBytesFrom(new Uint16Array([1, 2]), 1)];`,
    "allocates and fills": `const { Buffer } = buffer;
      return [Buffer.alloc(3), Buffer.alloc(5, "ab"), Buffer.alloc(4, "YQ==", "base64"), Buffer.alloc(3, 7),
        Buffer.allocUnsafe(3).fill(0), Buffer.alloc(6).fill("é", 1, 4)];`,
    "writes texts, and no part of a character": `const { Buffer } = buffer;
      const target = Buffer.alloc(6);
      const written = [target.write("€€€"), target.write("ab", 4), target.write("ff", 1, "hex"), target.write("xyz", 2, 1)];
      return [written, target, caught(() => target.write(1)).code, caught(() => target.write("a", 9)).code];`,
    "reads and writes numbers": `const { Buffer } = buffer;
      const target = Buffer.alloc(8);
      const results = [target.writeUInt16BE(0x1234), target.writeInt32LE(-5, 2), target.writeUInt8(255, 7), target.writeUIntBE(0x123456, 0, 3)];
      return [results, target, target.readInt32LE(2), target.readUint8(7), target.readUIntLE(0, 3), target.readBigUInt64LE(),
        target.readDoubleBE(), target.readFloatLE(4), target.readIntBE(1, 6)];`,
    "refuses numbers and offsets out of range": `const { Buffer } = buffer;
      const target = Buffer.alloc(4);
      return [() => target.readUInt32LE(1), () => target.readDoubleLE(), () => target.readUInt8(-1), () => target.readInt8(1.5), () => target.readInt8("0"),
        () => target.writeUInt8(256), () => target.writeInt8(-129), () => target.writeUInt32BE(2 ** 32), () => target.writeInt32BE(2 ** 31),
        () => target.writeBigInt64LE(1n), () => target.writeUInt16LE(1, 4), () => target.readUIntBE(0, 7)].map(caught);`,
    finds: `const { Buffer } = buffer;
      const bytes = Buffer.from("this is a buffer, is it");
      return [bytes.indexOf("is"), bytes.indexOf("is", 3), bytes.lastIndexOf("is"), bytes.includes("buffer"), bytes.indexOf(97), bytes.indexOf(Buffer.from("it")), bytes.indexOf("x")];`,
    "compares, copies, slices and swaps": `const { Buffer } = buffer;
      const [a, b] = [Buffer.from("abc"), Buffer.from("abd")];
      const copied = a.copy(b, 1);
      const part = a.subarray(1);
      part[0] = 120;
      return [Buffer.compare(a, b), a.compare(b), a.equals(Buffer.from("axc")), copied, b, a, part, a.slice(-1), Buffer.from([1, 2, 3, 4]).swap16(), Buffer.from([1, 2, 3, 4]).swap32()];`,
    joins: `const { Buffer } = buffer;
      return [Buffer.concat([Buffer.from("a"), new Uint8Array([98])]), Buffer.concat([Buffer.from("abc")], 2), Buffer.concat([Buffer.from("a")], 3), Buffer.concat([])];`,
    "tells what is a buffer and an encoding": `const { Buffer } = buffer;
      return [Buffer.isBuffer(Buffer.alloc(1)), Buffer.isBuffer(new Uint8Array(1)), ["utf8", "BASE64URL", "nope", ""].map(Buffer.isEncoding), Buffer.byteLength("é€"), Buffer.byteLength("aGVsbG8", "base64")];`,
    "is a Uint8Array": `const { Buffer } = buffer;
      const bytes = Buffer.from("abc");
      return [bytes instanceof Uint8Array, bytes.map((byte) => byte + 1), bytes.filter((byte) => byte > 97), [...bytes.entries()], JSON.stringify(bytes)];`,
    "converts between encodings": `return [buffer.transcode(buffer.Buffer.from("€é"), "utf8", "latin1"), buffer.transcode(buffer.Buffer.from("é"), "utf8", "utf16le"),
        buffer.transcode(buffer.Buffer.from("é", "latin1"), "latin1", "utf8")];`,
    "checks UTF-8 and ASCII": `return [buffer.isUtf8(buffer.Buffer.from("é")), buffer.isUtf8(new Uint8Array([0xc3])), buffer.isAscii(buffer.Buffer.from("a")), buffer.isAscii(buffer.Buffer.from("é"))];`,
    "has atob, btoa, Blob, File and constants": `return [buffer.atob("YQ=="), buffer.btoa("a"), typeof buffer.Blob, typeof buffer.File, typeof buffer.constants.MAX_LENGTH, buffer.INSPECT_MAX_BYTES];`,
    "is shown": `return [buffer.Buffer.from("abc").inspect()];`,
  },
);
