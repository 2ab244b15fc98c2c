// Tags: oracle, every-node
// Documents that come in chunks and go in chunks: what becomes of characters, encodings and bytes, of backpressure and of
// cancellation.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { deferred, rejection, turns } from "../support/dispatch.mjs";
import { inWorkerAndNode as both } from "../support/html.mjs";
import { create, differs, Response } from "../support/miniflare.mjs";
import { HTMLRewriter } from "../support/names.mjs";
import { countingStream, encode } from "../support/streams.mjs";
import { test } from "../support/test.mjs";

const BYTES = `const bytesOf = async (response) => [...new Uint8Array(await response.arrayBuffer())];
const split = (bytes) => [...bytes].map((byte) => new Uint8Array([byte]));
`;

describe("chunks", () => {
  both(
    "are buffers and views of them",
    `const bytes = new TextEncoder().encode("<p>t</p><q>u</q>");
    const chunks = [bytes.slice(0, 4).buffer, new DataView(bytes.slice(4, 7).buffer), bytes.slice(7, 9),
      new Uint16Array(bytes.slice(9, 13).buffer), bytes.slice(13)];
    return rewrite(chunks, { "*": element((one) => void one.append("!")) });`,
    "<p>t!</p><q>u!</q>",
  );

  both(
    "are no more of a buffer than the view has, and may be empty",
    `const bytes = new TextEncoder().encode("<p>t</p><q>u</q>");
    const chunks = [bytes.subarray(0, 4), new Uint8Array(0), new DataView(bytes.buffer, 4, 6), new Uint16Array(bytes.buffer, 10, 1),
      bytes.subarray(12)];
    return rewrite(chunks, { "*": element((one) => void one.append("!")) });`,
    "<p>t!</p><q>u!</q>",
    differs("it takes a DataView for its whole buffer"),
  );

  both(
    "that are text, or no bytes at all, are what reading rejects for",
    `const of = (chunk) => caught(() => rewriter().transform(new Response(new ReadableStream({
      start(controller) { controller.enqueue(chunk); controller.close(); },
    }))).text());
    return [await of("text"), await of({}), await of(5)];`,
    [
      [
        "TypeError",
        "This TransformStream is being used as a byte stream, but received a string on its writable side. If you wish to write a string, you'll probably want to explicitly UTF-8-encode it with TextEncoder.",
      ],
      [
        "TypeError",
        "This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.",
      ],
      [
        "TypeError",
        "This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.",
      ],
    ],
  );

  both(
    "may end anywhere, in tags and in characters",
    `${BYTES}
    const html = "<!DOCTYPE html><p a='ä'>é€😀</p><!--ü--><br/>";
    const seen = [];
    const response = rewriter({
      p: { element: (p) => void p.setAttribute("b", p.getAttribute("a")), text: ({ text }) => void seen.push(text) },
    }, { comments: (comment) => void (comment.text += "ö") }).transform(responseOf(split(new TextEncoder().encode(html))));
    return [await response.text(), seen.join("")];`,
    ["<!DOCTYPE html><p a='ä' b=\"ä\">é€😀</p><!--üö--><br/>", "é€😀"],
  );

  both(
    "pass byte for byte where nothing is changed, invalid ones too",
    `${BYTES}
    const bytes = Array.from({ length: 256 }, (_, index) => index).filter((byte) => byte !== 60);
    const html = new Uint8Array([...bytes, ...new TextEncoder().encode("<p  A = b >"), ...bytes]);
    const response = rewriter({ p: element(() => {}) }).transform(new Response(html));
    return String(await bytesOf(response)) === String([...html]);`,
    true,
  );

  both(
    "that are invalid arrive as U+FFFD where text is handled",
    `${BYTES}
    const seen = [];
    const response = rewriter({ p: { text: ({ text }) => void seen.push(text) } })
      .transform(new Response(new Uint8Array([60, 112, 62, 0xff, 60, 47, 112, 62])));
    return [await bytesOf(response), seen.join("")];`,
    [[60, 112, 62, 0xef, 0xbf, 0xbd, 60, 47, 112, 62], "\ufffd"],
  );

  both(
    "are passed on as they come",
    `let send;
    const source = new ReadableStream({ start: (controller) => void (send = (text) => controller.enqueue(new TextEncoder().encode(text))) });
    const reader = rewriter({ p: element((p) => void p.append("!")) }).transform(new Response(source)).body.getReader();
    const read = async () => new TextDecoder().decode((await reader.read()).value);
    send("<i>1</i>");
    const first = await read();
    send("2");
    const second = await read();
    await reader.cancel();
    return [first, second];`,
    ["<i>1</i>", "2"],
  );

  both(
    "that come before the element of a slow handler do not wait for it",
    `let settle;
    const slow = new Promise((resolve) => (settle = resolve));
    const reader = rewriter({ p: element((p) => slow.then(() => void p.append("!"))) })
      .transform(new Response("<i>1</i><p>2</p>")).body.getReader();
    const read = async () => new TextDecoder().decode((await reader.read()).value);
    const first = await read();
    settle();
    let rest = "";
    for (let text; (text = await read()) !== ""; ) rest += text;
    return [first, rest];`,
    ["<i>1</i>", "<p>2!</p>"],
  );
});

describe("the charset of Content-Type", () => {
  both(
    "is the encoding of the document, of what handlers read and of what they write",
    `${BYTES}
    const seen = [];
    const of = async (type, bytes) => {
      const made = rewriter({ p: { element(p) { seen.push(p.getAttribute("a")); p.setAttribute("b", "é"); p.append("ü€"); },
        text: ({ text }) => void seen.push(text) } });
      return bytesOf(made.transform(new Response(new Uint8Array(bytes), { headers: { "Content-Type": type } })));
    };
    const html = [...new TextEncoder().encode("<p a="), 0xe9, 62, 0xe4, ...new TextEncoder().encode("</p>")];
    const latin = String.fromCharCode(...(await of("text/html; charset=iso-8859-1", html)));
    const quoted = String.fromCharCode(...(await of('text/html;x=y; Charset="windows-1252"', html)));
    const cyrillic = String.fromCharCode(...(await of("text/html; charset=koi8-r", html)));
    return [latin, quoted === latin, cyrillic, seen.filter((one) => one !== "")];`,
    [
      '<p a=\u00e9 b="\u00e9">\u00e4\u00fc\u0080</p>',
      true,
      // What an encoding does not have is a character reference.
      '<p a=\u00e9 b="&#233;">\u00e4&#252;&#8364;</p>',
      ["é", "ä", "é", "ä", "И", "Д"],
    ],
    differs("every document is UTF-8"),
  );

  both(
    "is UTF-8 by default",
    `const types = ["text/html", "", "text/html; charset=", 'text/html; charset="utf-8"', "text/html; CHARSET=UTF-8"];
    const texts = [];
    for (const type of types) {
      const response = new Response("<p>é</p>", { headers: { "Content-Type": type } });
      texts.push(await rewrite(response, { p: element((p) => void p.append("ü")) }));
    }
    return [...new Set(texts)];`,
    ["<p>éü</p>"],
  );

  both(
    "that is unknown, or no superset of ASCII, is what reading rejects for",
    `const of = (charset) => caught(() => rewrite(new Response("t", { headers: { "Content-Type": "text/html; charset=" + charset } })));
    return [await of("unknown"), await of("utf-16")];`,
    [
      ["TypeError", "Parser error: Unknown character encoding has been provided."],
      ["TypeError", "Parser error: Expected ASCII-compatible encoding."],
    ],
    differs("every document is UTF-8"),
  );
});

describe("a source that fails", () => {
  both(
    "is what reading rejects with",
    `const error = new RangeError("message");
    const source = new ReadableStream({ pull: (controller) => controller.error(error) });
    return rewrite(new Response(source), {}).then(() => "resolved", (reason) => reason === error);`,
    true,
  );
});

/** The same rewriter in the worker, whose response Node reads, and in Node. */
const REALMS = {
  "in the worker"(t, handlers, stream) {
    const script = `export default { async fetch(request, env) {
      return new HTMLRewriter().on("p", (${handlers})(env.wait)).transform(new Response(request.body));
    } }`;
    return (wait) =>
      create(t, { script, compatibilityDate: "2022-11-30", bindings: { wait } }).dispatchFetch("http://localhost/", {
        method: "POST",
        body: stream,
        duplex: "half",
      });
  },
  "in Node"(_, handlers, stream) {
    // biome-ignore lint/security/noGlobalEval: the same source as in the worker
    const made = (0, eval)(handlers);
    return async (wait) => new HTMLRewriter().on("p", made(wait)).transform(new Response(stream));
  },
};

for (const [realm, prepare] of Object.entries(REALMS)) {
  describe(`a response ${realm}`, differs("it reads ahead, and cancelling ends the process"), () => {
    test("is read no further than its reader does", async (t) => {
      const counter = countingStream();
      const response = await prepare(t, "() => ({})", counter.stream)();
      await turns();
      const before = counter.pulled;
      const reader = response.body.getReader();
      await reader.read();
      await turns();
      const { pulled } = counter;
      assert.ok(before <= 16 && pulled <= 32, `${before}, ${pulled}`);
      await turns();
      assert.equal(counter.pulled, pulled);
      await reader.cancel("reason");
    });

    test("that is cancelled cancels its source", async (t) => {
      const counter = countingStream();
      const response = await prepare(t, "() => ({})", counter.stream)();
      const reader = response.body.getReader();
      await reader.read();
      await reader.cancel("reason");
      assert.equal(await counter.cancelled.promise, "reason");
    });

    test("that is cancelled while a handler waits goes no further, and the token is gone", async (t) => {
      const called = deferred();
      const waits = deferred();
      const seen = [];
      const wait = async (what) => {
        if (what !== undefined) return seen.push(what);
        called.resolve();
        await waits.promise;
      };
      const source = new ReadableStream({ start: (controller) => controller.enqueue(encode("<p>1</p><p>2</p>")) });
      const handlers = `(wait) => ({ async element(p) {
        await wait();
        try { await wait(p.tagName); } catch (error) { await wait(error.name); }
      } })`;
      const response = await prepare(t, handlers, source)(wait);
      const reader = response.body.getReader();
      const read = reader.read();
      await called.promise;
      await reader.cancel("reason");
      assert.equal((await read).done, true);
      waits.resolve();
      while (seen.length === 0) await turns(1);
      await turns();
      assert.deepEqual(seen, ["TypeError"]);
    });

    test("whose handler cancels it ends", async (t) => {
      const response = await prepare(
        t,
        "(wait) => ({ element: () => wait() })",
        encode("<p>1</p><p>2</p>"),
      )(async () => {
        await reader.cancel("reason");
      });
      const reader = response.body.getReader();
      assert.equal((await reader.read()).done, true);
    });

    test("fails when its source does, and not before what came before has been read", async (t) => {
      let fail;
      const source = new ReadableStream({
        start: (controller) => {
          controller.enqueue(encode("<p>1</p>"));
          fail = () => controller.error(new RangeError("message"));
        },
      });
      const response = await prepare(t, "() => ({ element: (p) => void p.append('!') })", source)();
      const reader = response.body.getReader();
      assert.equal(new TextDecoder().decode((await reader.read()).value), "<p>1!</p>");
      const rest = rejection(reader.read());
      fail();
      assert.equal((await rest).message, "message");
    });
  });
}
