// Tags: oracle, every-node
// Every kind of body, in both directions: what arrives, with which content type, byte for byte.

import { createHash } from "node:crypto";
import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs, Request } from "../support/miniflare.mjs";
import { json, text, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const ECHO = `export default {
  async fetch(request) {
    const type = request.headers.get("content-type");
    return new Response(await request.arrayBuffer(), type ? { headers: { "content-type": type } } : {});
  }
}`;

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte);

const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");

async function echo(t, body, init = {}) {
  const response = await create(t, { script: ECHO }).dispatchFetch(URL_ROOT, { method: "POST", body, ...init });
  return { type: response.headers.get("content-type"), bytes: Buffer.from(await response.arrayBuffer()) };
}

describe("a request body", () => {
  test("may be text", async (t) => {
    const { type, bytes } = await echo(t, "grüße 👋 \u0000 end");
    assert.equal(type, "text/plain;charset=UTF-8");
    assert.equal(bytes.toString(), "grüße 👋 \u0000 end");
  });

  test("may be empty text", async (t) => {
    assert.equal((await echo(t, "")).bytes.length, 0);
  });

  const views = {
    Uint8Array: ALL_BYTES,
    ArrayBuffer: ALL_BYTES.slice().buffer,
    Buffer: Buffer.from(ALL_BYTES),
    DataView: new DataView(ALL_BYTES.slice().buffer),
    Float64Array: new Float64Array(ALL_BYTES.slice().buffer),
  };
  for (const [name, body] of Object.entries(views)) {
    test(`may be a ${name}`, async (t) => {
      const { type, bytes } = await echo(t, body);
      assert.equal(type, null);
      assert.deepEqual(new Uint8Array(bytes), ALL_BYTES);
    });
  }

  test("may be a part of a buffer", async (t) => {
    assert.deepEqual([...(await echo(t, ALL_BYTES.subarray(10, 13))).bytes], [10, 11, 12]);
  });

  test("may be a Blob, with its type", async (t) => {
    const { type, bytes } = await echo(t, new Blob(["a", "b"], { type: "text/x-blob" }));
    assert.equal(type, "text/x-blob");
    assert.equal(bytes.toString(), "ab");
  });

  test("may be URLSearchParams", async (t) => {
    const { type, bytes } = await echo(t, new URLSearchParams({ a: "1 2", b: "ü" }));
    assert.equal(type, "application/x-www-form-urlencoded;charset=UTF-8");
    assert.equal(bytes.toString(), "a=1+2&b=%C3%BC");
  });

  test("may be a stream", async (t) => {
    const stream = new Blob(["streamed ", "body"]).stream();
    assert.equal((await echo(t, stream, { duplex: "half" })).bytes.toString(), "streamed body");
  });

  test("keeps a content type that was given", async (t) => {
    const headers = { "content-type": "application/x-own" };
    assert.equal((await echo(t, "text", { headers })).type, "application/x-own");
  });

  test("stays the caller's: its buffer is neither changed nor detached", async (t) => {
    const body = Uint8Array.of(1, 2, 3);
    const mf = create(t, {
      script: `export default { async fetch(request) {
        const bytes = new Uint8Array(await request.arrayBuffer());
        bytes.fill(9);
        return new Response(bytes);
      } }`,
    });
    const response = await mf.dispatchFetch(URL_ROOT, { method: "POST", body });
    assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [9, 9, 9]);
    assert.deepEqual([...body], [1, 2, 3]);
  });

  test("may be left unread", async (t) => {
    const mf = create(t, { script: `export default { fetch: () => new Response("done") }` });
    assert.equal(await text(mf, URL_ROOT, { method: "POST", body: ALL_BYTES }), "done");
  });

  test("is null in the worker when there is none", async (t) => {
    const script = `export default { fetch: ({ body, bodyUsed }) => Response.json({ none: body === null, bodyUsed }) }`;
    assert.deepEqual(await json(create(t, { script })), { none: true, bodyUsed: false });
  });

  test("can be read only once", async (t) => {
    const script = `export default {
      async fetch(request) {
        const before = request.bodyUsed;
        await request.text();
        const error = await request.text().catch((error) => error.name);
        return Response.json([before, request.bodyUsed, error]);
      }
    }`;
    const seen = await json(create(t, { script }), URL_ROOT, { method: "POST", body: "once" });
    assert.deepEqual(seen, [false, true, "TypeError"]);
  });

  test("can be read through every method of Request", async (t) => {
    const script = `export default {
      async fetch(request) {
        const kind = await request.clone().blob();
        const buffer = await request.clone().arrayBuffer();
        const value = await request.clone().json();
        return Response.json([kind.type, kind.size, buffer.byteLength, value, await request.text()]);
      }
    }`;
    const init = { method: "POST", body: "[1]", headers: { "content-type": "application/json" } };
    assert.deepEqual(await json(create(t, { script }), URL_ROOT, init), ["application/json", 3, 3, [1], "[1]"]);
  });

  test("reaches the worker from a clone of a Request", async (t) => {
    const request = new Request(URL_ROOT, { method: "POST", body: "cloned" });
    const clone = request.clone();
    const mf = create(t, { script: ECHO });
    assert.equal(await text(mf, clone), "cloned");
    assert.equal(await text(mf, request), "cloned");
  });
});

describe("a form", () => {
  const FILES_SUPPORTED = "2021-11-03";
  const READ_FORM = `export default {
    async fetch(request) {
      const form = await request.formData();
      const describe = async (value) => typeof value === "string" ? value
        : { name: value.name, type: value.type, text: await value.text(), isFile: value instanceof File };
      return Response.json(await Promise.all([...form].map(async ([key, value]) => [key, await describe(value)])));
    }
  }`;

  test("arrives with fields and files", async (t) => {
    const form = new FormData();
    form.append("field", "grüße");
    form.append("field", "again");
    form.append("file", new Blob(["content"], { type: "text/csv" }), "my data.csv");
    const mf = create(t, { script: READ_FORM, compatibilityDate: FILES_SUPPORTED });
    assert.deepEqual(await json(mf, URL_ROOT, { method: "POST", body: form }), [
      ["field", "grüße"],
      ["field", "again"],
      ["file", { name: "my data.csv", type: "text/csv", text: "content", isFile: true }],
    ]);
  });

  const FORMS = {
    "of nothing": [],
    "of texts": [
      ["field", "grüße 👋"],
      ["field", "again"],
    ],
    "of names with quotes and newlines": [
      ['a "quoted"', "1"],
      ["a\nb\rc\r\nd", "2"],
    ],
    "of values with newlines": [["text", "1\n2\r3\r\n4"]],
    "of halves of surrogate pairs": [["half \ud800", "\udc00 half"]],
  };
  for (const [name, entries] of Object.entries(FORMS)) {
    test(`${name} arrives as Node sends it`, async (t) => {
      const form = new FormData();
      for (const [key, value] of entries) form.append(key, value);
      const byNode = new globalThis.Request(URL_ROOT, { method: "POST", body: form });
      const plain = (type, text) => {
        const [, boundary] = /^multipart\/form-data; boundary=(.+)$/.exec(type);
        // Node's releases do not agree on a last line break.
        return text.replaceAll(boundary, "boundary").trimEnd();
      };
      const { type, bytes } = await echo(t, form);
      const expected = plain(byNode.headers.get("content-type"), await byNode.text());
      assert.equal(plain(type, bytes.toString()), expected);
    });
  }

  test("has the content type that it is given", async (t) => {
    const form = new FormData();
    form.append("a", "b");
    const { type } = await echo(t, form, { headers: { "Content-Type": "text/plain" } });
    assert.equal(type, "text/plain");
  });

  test("arrives URL-encoded", async (t) => {
    const body = new URLSearchParams([
      ["a", "1"],
      ["a", "2"],
      ["b", "ü &="],
    ]);
    const seen = await json(create(t, { script: READ_FORM }), URL_ROOT, { method: "POST", body });
    assert.deepEqual(seen, [
      ["a", "1"],
      ["a", "2"],
      ["b", "ü &="],
    ]);
  });

  test("keeps file names beyond ASCII", differs("it reads file names as Latin-1"), async (t) => {
    const form = new FormData();
    form.append("file", new Blob([""]), "grüße \u{1f44b}.csv");
    const mf = create(t, { script: READ_FORM, compatibilityDate: FILES_SUPPORTED });
    const [[, file]] = await json(mf, URL_ROOT, { method: "POST", body: form });
    assert.equal(file.name, "grüße \u{1f44b}.csv");
  });

  test("comes back from the worker", async (t) => {
    const mf = create(t, {
      compatibilityDate: FILES_SUPPORTED,
      script: `export default {
      fetch() {
        const form = new FormData();
        form.set("text", "value");
        form.set("file", new File(["inside"], "name.txt", { type: "text/plain" }));
        return new Response(form);
      }
    }`,
    });
    const form = await (await mf.dispatchFetch(URL_ROOT)).formData();
    assert.equal(form.get("text"), "value");
    assert.equal(form.get("file").name, "name.txt");
    assert.equal(form.get("file").type, "text/plain");
    assert.equal(await form.get("file").text(), "inside");
  });
});

describe("a response body", () => {
  const kinds = {
    text: [`"grüße"`, "grüße", "text/plain;charset=UTF-8"],
    "a Uint8Array": [`new TextEncoder().encode("bytes")`, "bytes", null],
    "an ArrayBuffer": [`new TextEncoder().encode("buffer").buffer`, "buffer", null],
    "a Blob": [`new Blob(["blob"], { type: "text/x-blob" })`, "blob", "text/x-blob"],
    "a Blob of parts": [`new Blob(["a", new Uint8Array([98]), new Blob(["xcd"]).slice(1)])`, "abcd", null],
    "a slice of a Blob": [`new Blob(["grüße"]).slice(2, 6, "text/x-slice")`, "üß", "text/x-slice"],
    "an empty Blob": [`new Blob([])`, "", null],
    "a File": [`new File(["file"], "name.txt", { type: "text/x-file" })`, "file", "text/x-file"],
    URLSearchParams: [`new URLSearchParams({ a: "b" })`, "a=b", "application/x-www-form-urlencoded;charset=UTF-8"],
    "a stream": [`new Blob(["streamed"]).stream()`, "streamed", null],
    "the body of a request": [`new Request("http://x/", { method: "POST", body: "inner" }).body`, "inner", null],
    "the body of a response": [`new Response("inner").body`, "inner", null],
  };
  test("may be a large Blob", async (t) => {
    const script = `export default { fetch: () => new Response(new Blob([new Uint8Array(3 << 20).fill(7), "end"])) }`;
    const bytes = Buffer.from(await (await create(t, { script }).dispatchFetch(URL_ROOT)).arrayBuffer());
    assert.deepEqual(
      [bytes.length, bytes[0], bytes.at(-4), bytes.subarray(-3).toString()],
      [(3 << 20) + 3, 7, 7, "end"],
    );
  });

  for (const [name, [expression, content, type]] of Object.entries(kinds)) {
    test(`may be ${name}`, async (t) => {
      const mf = create(t, { script: `export default { fetch: () => new Response(${expression}) }` });
      const response = await mf.dispatchFetch(URL_ROOT);
      assert.equal(response.headers.get("content-type"), type);
      assert.equal(await response.text(), content);
    });
  }
});

describe("10 MB", () => {
  const large = Buffer.alloc(10 << 20);
  for (let index = 0; index < large.length; index += 4) large.writeUInt32LE((index * 2654435761) >>> 0, index);

  test("go in and come back unchanged", async (t) => {
    const { bytes } = await echo(t, large);
    assert.equal(bytes.length, large.length);
    assert.equal(digest(bytes), digest(large));
  });

  test("pass through as a stream unchanged", async (t) => {
    const mf = create(t, { script: `export default { fetch: (request) => new Response(request.body) }` });
    const body = new Blob([large]).stream();
    const response = await mf.dispatchFetch(URL_ROOT, { method: "POST", body, duplex: "half" });
    assert.equal(digest(Buffer.from(await response.arrayBuffer())), digest(large));
  });

  test("of text stay text", async (t) => {
    const long = "aü👋".repeat((10 << 20) / 7);
    assert.equal((await echo(t, long)).bytes.toString(), long);
  });
});
