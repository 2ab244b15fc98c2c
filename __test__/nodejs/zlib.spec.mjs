// Tags: every-node
// `node:zlib` in a worker, as in Node.

import { sameAsNode } from "../support/nodejs.mjs";

const PAIRS = `const pairs = [["gzip", "gunzip"], ["deflate", "inflate"], ["deflateRaw", "inflateRaw"], ["brotliCompress", "brotliDecompress"], ["gzip", "unzip"]];
  const text = "hello hello hello ".repeat(100);`;

sameAsNode(
  "node:zlib",
  { zlib: "node:zlib", stream: "node:stream", util: "node:util" },
  {
    "compresses and decompresses in one call": `${PAIRS}
      return pairs.map(([pack, unpack]) => { const packed = zlib[pack + "Sync"](text); return [packed.length < text.length, String(zlib[unpack + "Sync"](packed)) === text, Buffer.isBuffer(packed)]; });`,
    "takes options": `return [zlib.deflateSync("aaaa", { level: 0 }).length, zlib.deflateSync(Buffer.alloc(1000), { level: 9 }).length, zlib.brotliCompressSync("x".repeat(1000), { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }).length, String(zlib.gunzipSync(zlib.gzipSync("abc").subarray(0, 15), { finishFlush: zlib.constants.Z_SYNC_FLUSH })).slice(0, 1)];`,
    "calls back": `${PAIRS}
      return Promise.all(pairs.map(async ([pack, unpack]) => String(await util.promisify(zlib[unpack])(await util.promisify(zlib[pack])(text))) === text));`,
    fails: `const later = await new Promise((resolve) => zlib.gunzip(Buffer.from("nope"), resolve));
      return [() => zlib.gunzipSync("nope"), () => zlib.inflateSync(Buffer.from([1, 2, 3])), () => zlib.gzipSync(1), () => zlib.gunzipSync(zlib.gzipSync("a").subarray(0, 10)), () => zlib.brotliDecompressSync("nope"), () => zlib.gzip("x")].map(caught).concat(later).map(({ name, code, errno }) => [name, code, errno ?? null]);`,
    streams: `${PAIRS}
      const classes = [["Gzip", "Gunzip"], ["Deflate", "Inflate"], ["DeflateRaw", "InflateRaw"], ["BrotliCompress", "BrotliDecompress"], ["Gzip", "Unzip"]];
      return Promise.all(classes.map(async ([pack, unpack]) => {
        const chunks = Array.from({ length: 50 }, () => Buffer.from(text));
        const parts = await stream.Readable.from(chunks).pipe(zlib["create" + pack]()).pipe(new zlib[unpack]()).toArray();
        return String(Buffer.concat(parts)) === text.repeat(50);
      }));`,
    "streams what is large": `const bytes = Buffer.alloc(2 * 1024 * 1024);
      for (let i = 0; i < bytes.length; i++) bytes[i] = (i * i) >> 5;
      const gzip = zlib.createGzip();
      gzip.end(bytes);
      const packed = Buffer.concat(await gzip.toArray());
      return zlib.gunzipSync(packed).equals(bytes);`,
    flushes: `const deflate = zlib.createDeflateRaw();
      const inflated = [];
      deflate.write("abc");
      await new Promise((resolve) => deflate.flush(resolve));
      const first = deflate.read();
      deflate.end("def");
      const rest = await deflate.toArray();
      return String(zlib.inflateRawSync(Buffer.concat([first, ...rest])));`,
    "fails as a stream": `const gunzip = zlib.createGunzip();
      const failure = new Promise((resolve) => gunzip.on("error", resolve));
      gunzip.end("nope");
      const { message, code, errno } = await failure;
      return [message, code, errno];`,
    sums: `return [zlib.codes.Z_DATA_ERROR, zlib.codes["-3"], zlib.constants.Z_BEST_SPEED];`,
  },
);

sameAsNode(
  "streams of node:zlib and what they are given",
  { zlib: "node:zlib", util: "node:util" },
  {
    "take bytes and texts alone, whatever their mode": `const seen = [];
      for (const value of [{}, 5, true, null]) { const stream = new zlib.Gunzip({ objectMode: true }).on("error", () => {}); seen.push(caught(() => stream.write(value)).code); }
      return seen;`,
    "check their options": `return [{ chunkSize: 10 }, { level: 99 }, { windowBits: "x" }, { strategy: -1 }, { flush: "x" }, { dictionary: 5 }].map((options) => caught(() => new zlib.Deflate(options))).map(({ name, code, message }) => [name, code, message]);`,
    "take no object for no options": `return [new zlib.Gzip(15), zlib.createGzip(null), zlib.Gzip()].map((stream) => stream instanceof zlib.Gzip);`,
    "are inherited as old code does": `function Mine(options) { zlib.DeflateRaw.call(this, options); } util.inherits(Mine, zlib.DeflateRaw);
      const mine = new Mine(); const chunks = []; mine.on("data", (chunk) => chunks.push(chunk)); mine.end("abc");
      await new Promise((resolve) => mine.on("end", resolve));
      return [mine instanceof zlib.DeflateRaw, String(zlib.inflateRawSync(Buffer.concat(chunks)))];`,
    "begin again": `const stream = zlib.createDeflate(); const chunks = []; stream.reset(); stream.on("data", (chunk) => chunks.push(chunk)); stream.end("abc");
      await new Promise((resolve) => stream.on("end", resolve));
      return String(zlib.inflateSync(Buffer.concat(chunks)));`,
    "have checksums": `return [zlib.crc32("hello"), zlib.crc32(Buffer.from("lo"), zlib.crc32("hel")), zlib.crc32("", 5), caught(() => zlib.crc32("x", -1)).code, caught(() => zlib.crc32(5)).code];`,
  },
);
