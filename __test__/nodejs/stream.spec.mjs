// Tags: every-node
// `node:stream` and its parts in a worker, as in Node.

import { sameAsNode } from "../support/nodejs.mjs";

sameAsNode(
  "node:stream",
  {
    stream: "node:stream",
    promises: "node:stream/promises",
    consumers: "node:stream/consumers",
    web: "node:stream/web",
  },
  {
    "reads, transforms and writes": `const { Readable, Transform, Writable } = stream;
      const chunks = [];
      const upper = new Transform({ transform(chunk, encoding, done) { done(null, String(chunk).toUpperCase()); } });
      const sink = new Writable({ write(chunk, encoding, done) { chunks.push(String(chunk)); done(); } });
      await promises.pipeline(Readable.from(["a", "b"]), upper, sink);
      return [chunks, sink.writableFinished, upper.destroyed];`,
    "is iterated over": `const seen = [];
      for await (const chunk of stream.Readable.from([1, 2, 3]).map((value) => value * 2).filter((value) => value > 2)) seen.push(chunk);
      return [seen, await stream.Readable.from([1, 2]).toArray(), await stream.Readable.from([1, 2, 3]).reduce((a, b) => a + b)];`,
    fails: `const { Readable, Writable } = stream;
      const failing = new Readable({ read() { this.destroy(new RangeError("x")); } });
      const failure = await promises.pipeline(failing, new Writable({ write(chunk, encoding, done) { done(); } })).catch((error) => error);
      const finished = await promises.finished(new Readable({ read() { this.destroy(); } }).resume()).catch((error) => error.code);
      const ended = new Writable({ write(chunk, encoding, done) { done(); } });
      ended.end();
      const late = await new Promise((resolve) => { ended.on("error", resolve); ended.write("x"); });
      return [failure, finished, late];`,
    "tells when it is full": `const slow = new stream.Writable({ highWaterMark: 2, write(chunk, encoding, done) { setTimeout(done, 1); } });
      const results = [slow.write("a"), slow.write("b"), slow.writableLength, slow.writableNeedDrain];
      await new Promise((resolve) => slow.once("drain", resolve));
      return [...results, slow.writableLength];`,
    "passes through, and has two sides": `const pass = new stream.PassThrough();
      pass.end("abc");
      const [a, b] = stream.Duplex === undefined ? [] : [new stream.PassThrough({ objectMode: true }), 1];
      a.end({ x: 1 });
      return [await consumers.text(pass), await a.toArray(), b];`,
    "is consumed": `const from = (chunks) => stream.Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
      return [await consumers.text(from(["a", "é"])), await consumers.json(from(['{"a"', ":1}"])), await consumers.buffer(from(["ab"])), new Uint8Array(await consumers.arrayBuffer(from(["ab"]))).length, (await consumers.blob(from(["ab"]))).size];`,
    "becomes a stream of the web, and comes of one": `const { Readable, Writable } = stream;
      const toWeb = Readable.toWeb(Readable.from([Buffer.from("ab"), Buffer.from("c")]));
      const parts = [];
      for await (const part of toWeb) parts.push(...part);
      const fromWeb = Readable.fromWeb(new web.ReadableStream({ start(controller) { controller.enqueue(new Uint8Array([1])); controller.close(); } }));
      const bytes = await fromWeb.toArray();
      const written = [];
      const writer = Writable.toWeb(new Writable({ write(chunk, encoding, done) { written.push(String(chunk)); done(); } })).getWriter();
      await writer.write(Buffer.from("x"));
      await writer.close();
      const sunk = [];
      const sink = Writable.fromWeb(new web.WritableStream({ write(chunk) { sunk.push(String(chunk)); } }));
      await promises.pipeline(Readable.from(["p", "q"]), sink);
      return [parts, bytes.map((one) => [...one]), written, sunk.length, web.ReadableStream === ReadableStream];`,
    "passes errors to streams of the web, and from them": `const { Readable } = stream;
      const failing = Readable.toWeb(new Readable({ read() { this.destroy(new Error("x")); } }));
      const first = await failing.getReader().read().catch((error) => error.message);
      const second = await Readable.fromWeb(new ReadableStream({ pull(controller) { controller.error(new Error("y")); } })).toArray().catch((error) => error.message);
      return [first, second];`,
    "is inherited": `class Mine extends stream.Readable { _read() { this.push("x"); this.push(null); } }
      function Old() { stream.Writable.call(this); }
      Object.setPrototypeOf(Old.prototype, stream.Writable.prototype);
      Old.prototype._write = function (chunk, encoding, done) { this.seen = String(chunk); done(); };
      const old = new Old();
      old.end("y");
      return [await consumers.text(new Mine()), old.seen, old instanceof stream.Stream, stream.default === stream.Stream];`,
    "stops with a signal": `const controller = new AbortController();
      const reading = stream.addAbortSignal(controller.signal, new stream.Readable({ read() {} }));
      const failure = new Promise((resolve) => reading.on("error", resolve));
      controller.abort();
      return [(await failure).name, (await failure).code];`,
  },
);
