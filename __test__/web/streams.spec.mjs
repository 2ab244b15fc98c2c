// Tags: oracle, every-node
// Streams in a worker: the standard's classes and what Workers add: identity, fixed length, readAtLeast.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { CAUGHT, evaluate, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const HELPERS = `
  const bytes = (text) => new TextEncoder().encode(text);
  const read = async (stream) => { const all = []; for await (const chunk of stream) all.push(chunk); return all; };
  const text = (stream) => new Response(stream).text();
`;

const inWorker = (t, body) => evaluate(t, CAUGHT + HELPERS + body, { compatibilityDate: "2023-05-18" });

describe("streams", () => {
  test("are read, piped and teed", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const numbers = () => new ReadableStream({
        start(controller) { for (const n of [1, 2, 3]) controller.enqueue(n); controller.close(); }
      });
      const double = new TransformStream({ transform: (n, controller) => controller.enqueue(n * 2) });
      const written = [];
      await numbers().pipeTo(new WritableStream({ write: (n) => void written.push(n) }));
      const [left, right] = numbers().tee();
      const doubled = await read(numbers().pipeThrough(double));
      return [await read(numbers()), doubled, written, await read(left), await read(right)];`,
      ),
      [
        [1, 2, 3],
        [2, 4, 6],
        [1, 2, 3],
        [1, 2, 3],
        [1, 2, 3],
      ],
    );
  });

  test("lock, cancel and fail as the standard says", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      let cancelled;
      const stream = new ReadableStream({ cancel: (reason) => { cancelled = reason; } });
      const reader = stream.getReader();
      const locked = [stream.locked, (await caught(() => stream.getReader()))[0]];
      await reader.cancel("why");
      const failing = new ReadableStream({ start: (controller) => controller.error(new RangeError("broken")) });
      return [locked, cancelled, await caught(() => failing.getReader().read())];`,
      ),
      [[true, "TypeError"], "why", ["RangeError", "broken"]],
    );
  });

  test("of bytes fill the reader's buffer", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const stream = new ReadableStream({ type: "bytes", start(c) { c.enqueue(bytes("abcdef")); c.close(); } });
      const reader = stream.getReader({ mode: "byob" });
      const first = await reader.read(new Uint8Array(4));
      const second = await reader.read(new Uint8Array(4));
      return [reader instanceof ReadableStreamBYOBReader, new TextDecoder().decode(first.value), second.value.length];`,
      ),
      [true, "abcd", 2],
    );
  });

  test("count by their strategies", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const count = new CountQueuingStrategy({ highWaterMark: 3 });
      const sizes = [count, new ByteLengthQueuingStrategy({ highWaterMark: 9 })];
      const desired = sizes.map((strategy) => {
        let controller;
        new ReadableStream({ start: (given) => { controller = given; } }, strategy);
        controller.enqueue(bytes("abcd"));
        return controller.desiredSize;
      });
      return [desired, sizes.map(({ highWaterMark }) => highWaterMark)];`,
      ),
      [
        [2, 5],
        [3, 9],
      ],
    );
  });

  test("compress and decompress", async (t) => {
    for (const format of ["gzip", "deflate", "deflate-raw"]) {
      assert.deepEqual(
        await inWorker(
          t,
          `
        const body = "compress me ".repeat(1000);
        const packing = new Response(body).body.pipeThrough(new CompressionStream("${format}"));
        const packed = await new Response(packing).arrayBuffer();
        const unpacked = new Response(packed).body.pipeThrough(new DecompressionStream("${format}"));
        return [packed.byteLength < 200, await text(unpacked) === body];`,
        ),
        [true, true],
        format,
      );
    }
  });

  test("encode and decode text", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const { readable, writable } = new TextEncoderStream();
      const writer = writable.getWriter();
      void writer.write("gr\\u00fc\\u00dfe");
      void writer.close();
      const parts = [new Uint8Array([0xc3]), new Uint8Array([0xbc])];
      const source = new ReadableStream({ pull(c) { parts.length ? c.enqueue(parts.shift()) : c.close(); } });
      return [await text(readable), (await read(source.pipeThrough(new TextDecoderStream()))).join("")];`,
      ),
      ["grüße", "ü"],
    );
  });
});

describe("IdentityTransformStream", () => {
  test("passes bytes on", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const stream = new IdentityTransformStream();
      const writer = stream.writable.getWriter();
      void writer.write(bytes("one,"));
      void writer.write(bytes("two").buffer);
      void writer.close();
      return [await text(stream.readable), stream instanceof TransformStream];`,
      ),
      ["one,two", true],
    );
  });

  test("refuses text and other values, and says what to do", async (t) => {
    const [string, object] = await inWorker(
      t,
      `
      const attempt = (chunk) => caught(() => {
        const { readable, writable } = new IdentityTransformStream();
        writable.getWriter().write(chunk).catch(() => {});
        return readable.getReader().read();
      });
      return [await attempt("text"), await attempt({})];`,
    );
    assert.deepEqual(string, [
      "TypeError",
      "This TransformStream is being used as a byte stream, but received a string on its " +
        "writable side. If you wish to write a string, you'll probably want to explicitly UTF-8-encode it " +
        "with TextEncoder.",
    ]);
    assert.equal(object[0], "TypeError");
    assert.match(object[1], /received an object of non-ArrayBuffer\/ArrayBufferView type on its writable side/);
  });

  test("holds a write back until somebody reads", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const { readable, writable } = new IdentityTransformStream();
      const chunk = bytes("abc");
      let written = false;
      const writing = writable.getWriter().write(chunk).then(() => { written = true; });
      await scheduler.wait(1);
      const before = written;
      const { value } = await readable.getReader().read();
      await writing;
      return [before, written, value.length];`,
      ),
      [false, true, 3],
    );
  });

  test("leaves the writer its buffer", differs("the reader takes it"), async (t) => {
    assert.equal(
      await inWorker(
        t,
        `
      const { readable, writable } = new IdentityTransformStream();
      const chunk = bytes("abc");
      const writing = writable.getWriter().write(chunk);
      await readable.getReader().read();
      await writing;
      return chunk.length;`,
      ),
      3,
    );
  });

  test("tells each end what happened at the other", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const cancelled = new IdentityTransformStream();
      const writing = cancelled.writable.getWriter().write(bytes("unread"));
      await cancelled.readable.cancel(new Error("not wanted"));
      const aborted = new IdentityTransformStream();
      const writer = aborted.writable.getWriter();
      writer.write(bytes("unread")).catch(() => {});
      await writer.abort(new Error("not ready"));
      return [await caught(() => writing), await caught(() => aborted.readable.getReader().read())];`,
      ),
      [
        ["Error", "not wanted"],
        ["Error", "not ready"],
      ],
    );
  });

  test("fills the buffers of a reader that brings its own", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const { readable, writable } = new IdentityTransformStream();
      const writer = writable.getWriter();
      void writer.write(bytes("abcdef"));
      void writer.close();
      const reader = readable.getReader({ mode: "byob" });
      const seen = [];
      for (;;) {
        const { value, done } = await reader.read(new Uint8Array(4));
        if (done) return seen;
        seen.push(new TextDecoder().decode(value));
      }`,
      ),
      ["abcd", "ef"],
    );
  });

  test("is what TransformStream is before its flag", async (t) => {
    const options = { compatibilityDate: "2022-01-01" };
    assert.equal(
      await evaluate(
        t,
        `
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      void writer.write(new TextEncoder().encode("through"));
      void writer.close();
      return new Response(readable).text();`,
        options,
      ),
      "through",
    );
  });
});

describe("FixedLengthStream", () => {
  test("gives a body its Content-Length", async (t) => {
    const mf = create(t, {
      script: `export default {
      fetch() {
        const { readable, writable } = new FixedLengthStream(5);
        const writer = writable.getWriter();
        writer.write(new TextEncoder().encode("fixed"));
        writer.close();
        return new Response(readable);
      }
    }`,
    });
    const response = await mf.dispatchFetch(URL_ROOT);
    assert.equal(response.headers.get("content-length"), "5");
    assert.equal(await response.text(), "fixed");
  });

  test("keeps its length through tee and clone", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const response = () => new Response(new Response("12345").body.pipeThrough(new FixedLengthStream(5)));
      const [left, right] = response().body.tee();
      const request = new Request("http://x/", { method: "POST", body: left });
      const bodies = [request, new Response(right), response().clone()];
      const texts = await Promise.all(bodies.map((each) => each.text()));
      return [...bodies.map((each) => each.headers.get("content-length")), ...texts];`,
      ),
      ["5", "5", "5", "12345", "12345", "12345"],
    );
  });

  test("refuses too many bytes, too few, and invalid lengths", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const attempt = (length, data) => caught(() => {
        const { readable, writable } = new FixedLengthStream(length);
        const writer = writable.getWriter();
        writer.closed.catch(() => {});
        writer.write(bytes(data)).catch(() => {});
        writer.close().catch(() => {});
        return read(readable);
      });
      return [await attempt(2, "abc"), await attempt(4, "abc"), await attempt(-1, ""), await attempt("5", "")];`,
      ),
      [
        ["TypeError", "Attempt to write too many bytes through a FixedLengthStream."],
        ["TypeError", "FixedLengthStream did not see all expected bytes before close()."],
        ["TypeError", "FixedLengthStream requires a non-negative integer expected length."],
        ["TypeError", "FixedLengthStream requires a non-negative integer expected length."],
      ],
    );
  });
});

describe("readAtLeast", () => {
  const READER = `const source = () => {
    const parts = ["a", "bc", "def"].map(bytes);
    return new ReadableStream({ type: "bytes", pull(c) {
      if (parts.length) return c.enqueue(parts.shift());
      c.close();
      c.byobRequest?.respond(0);
    } });
  };`;

  test("waits until there is enough, or the end", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `${READER}
      const reader = source().getReader({ mode: "byob" });
      const seen = [];
      for (const least of [3, 5, 1]) {
        const { value, done } = await reader.readAtLeast(least, new Uint8Array(8));
        seen.push([value?.length ?? 0, done]);
      }
      return seen;`,
      ),
      [
        [3, false],
        [3, false],
        [0, true],
      ],
    );
  });

  for (const [what, stream] of [
    ["a body in memory", `new Response("abcde").body`],
    ["a copy of a body", `new Response("abcde").clone().body`],
    ["a stream that was closed at once", `closed("ab", "cd", "e")`],
    ["an identity stream", `identity("ab", "cd", "e")`],
    ["a cached body", `await cached("abcde")`],
  ]) {
    test(`gives what is left of ${what}`, async (t) => {
      assert.deepEqual(
        await inWorker(
          t,
          `
        const closed = (...parts) => new ReadableStream({ type: "bytes", start(c) {
          for (const part of parts) c.enqueue(bytes(part));
          c.close();
        } });
        const identity = (...parts) => {
          const { readable, writable } = new IdentityTransformStream();
          const writer = writable.getWriter();
          for (const part of parts) writer.write(bytes(part));
          writer.close();
          return readable;
        };
        const cached = async (text) => {
          await caches.default.put("http://a/", new Response(text, { headers: { "Cache-Control": "max-age=9" } }));
          return (await caches.default.match("http://a/")).body;
        };
        const reader = (${stream}).getReader({ mode: "byob" });
        const seen = [];
        for (const least of [4, 4, 4]) {
          const { value, done } = await reader.readAtLeast(least, new Uint8Array(4));
          seen.push([new TextDecoder().decode(value), done]);
        }
        return seen;`,
        ),
        [
          ["abcd", false],
          ["e", false],
          ["", true],
        ],
      );
    });
  }

  test("fills a part of a buffer, and wide elements whole", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `${READER}
      const ask = async (least, view) => {
        const { value } = await source().getReader({ mode: "byob" }).readAtLeast(least, view);
        return [value.constructor.name, value.byteOffset, value.length, new TextDecoder().decode(value)];
      };
      const partly = () => new Response("abc").body.getReader({ mode: "byob" }).readAtLeast(4, new Uint16Array(2));
      return [
        await ask(2, new Uint8Array(new ArrayBuffer(8), 2, 3)),
        await ask(1, new Uint16Array(2)),
        (await caught(partly))[0],
      ];`,
      ),
      [["Uint8Array", 2, 3, "abc"], ["Uint16Array", 0, 2, "abcd"], "TypeError"],
    );
  });

  test("refuses sizes that cannot be", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `${READER}
      const ask = (least, size) => source().getReader({ mode: "byob" }).readAtLeast(least, new Uint8Array(size));
      const attempt = (least, size) => caught(() => ask(least, size));
      return [await attempt(0, 8), await attempt(1, 0), await attempt(9, 8)];`,
      ),
      [
        ["TypeError", "Requested invalid minimum number of bytes to read (0)."],
        ["TypeError", `You must call read() on a "byob" reader with a positive-sized TypedArray object.`],
        ["TypeError", "Minimum bytes to read (9) exceeds size of buffer (8)."],
      ],
    );
  });
});

describe("stream constructors before their flag", () => {
  test("are simply there", differs("a flag hides them"), async (t) => {
    assert.equal(
      await evaluate(
        t,
        `
      const stream = new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode("there")); c.close(); } });
      return new Response(stream).text();`,
      ),
      "there",
    );
  });
});
