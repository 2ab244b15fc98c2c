// Tags: oracle, every-node
// Bodies of the form and blob classes that libraries bring: what a worker reads, and what requests and responses give.

import assert from "node:assert/strict";
import buffer from "node:buffer";
import { createRequire } from "node:module";
import { describe } from "node:test";
import * as fetchBlob from "fetch-blob";
import { File as FetchBlobFile } from "fetch-blob/file.js";
import * as formdataNode from "formdata-node";
import * as formdataPolyfill from "formdata-polyfill/esm.min.js";
import { create, differs, Request, Response } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";
import { undicis } from "../support/undici.mjs";

const require = createRequire(import.meta.url);
const undici5 = require("undici");
const { FormData, Blob, File = buffer.File } = globalThis;

/** By library: its form, and a file class to append to it. */
const forms = {
  Node: [FormData, File],
  ...Object.fromEntries(undicis.map(([name, undici]) => [name, [undici.FormData, undici.File ?? File]])),
  "formdata-node": [formdataNode.FormData, formdataNode.File],
  "formdata-polyfill": [formdataPolyfill.FormData, formdataPolyfill.File],
};
const blobs = {
  "node:buffer": (parts, options) => new buffer.Blob(parts, options),
  Node: (parts, options) => new Blob(parts, options),
  "Node, as a file": (parts, options) => new File(parts, "f.txt", options),
  "fetch-blob": (parts, options) => new fetchBlob.Blob(parts, options),
  "fetch-blob, as a file": (parts, options) => new FetchBlobFile(parts, "f.txt", options),
  "formdata-node": (parts, options) => new formdataNode.Blob(parts, options),
  "formdata-node, as a file": (parts, options) => new formdataNode.File(parts, "f.txt", options),
  "formdata-polyfill": (parts, options) => new formdataPolyfill.File(parts, "f.txt", options),
  "undici 5": (parts, options) => new undici5.File(parts, "f.txt", options),
};

const FORM_SCRIPT = `export default { async fetch(request) {
  const entries = [];
  for (const [name, value] of await request.formData()) {
    const isFile = value instanceof File;
    entries.push([name, isFile ? [value.name, value.type, await value.text()] : value]);
  }
  return Response.json(entries);
} }`;
const ECHO = `export default { async fetch(request) {
  return Response.json([request.headers.get("content-type"), await request.text()]);
} }`;

const NAME = 'a "quoted"\nname';
const ENTRIES = [
  [NAME.replace("\n", "\r\n"), "1\r\n2"],
  ["empty", ""],
  ["file", ['f"1".txt', "text/x-own", "content \u{1f44b}"]],
  ["binary", ["blob.bin", "application/octet-stream", "\0\r\n--"]],
  ["none", ["none.txt", "text/plain", ""]],
];

function fill([Form, FileClass]) {
  const form = new Form();
  form.append(NAME, "1\n2");
  form.append("empty", "");
  form.append(
    "file",
    new FileClass(["content ", new TextEncoder().encode("\u{1f44b}")], 'f"1".txt', { type: "text/x-own" }),
  );
  form.append("binary", new FileClass(["\0\r\n--"], "blob.bin"));
  form.append("none", new FileClass([], "none.txt", { type: "text/plain" }));
  return form;
}

async function entriesOf(form) {
  const read = async (value) => (typeof value === "string" ? value : [value.name, value.type, await value.text()]);
  return Promise.all([...form].map(async ([name, value]) => [name, await read(value)]));
}

// Undici's parsers leave names as they are sent; by the HTML standard a worker undoes what the form did.
const sent = (entries) => entries.map(([name, value]) => [name.replace(/%22/g, '"').replace(/%0D%0A/g, "\r\n"), value]);
const named = (entries) =>
  sent(entries).map(([name, value]) => [name, [value].flat().map((part) => part.replace(/%22/g, '"'))]);

for (const [library, classes] of Object.entries(forms)) {
  describe(`a form of ${library}`, differs("it takes forms of undici 5 alone"), () => {
    test("arrives in the worker with its files", async (t) => {
      const mf = create(t, { script: FORM_SCRIPT, compatibilityDate: "2022-01-01" });
      const response = await mf.dispatchFetch("http://localhost/", { method: "POST", body: fill(classes) });
      assert.deepEqual(named(await response.json()), named(ENTRIES));
    });

    test("is a body of requests and responses", async () => {
      for (const message of [
        new Request("http://localhost/", { method: "POST", body: fill(classes) }),
        new Response(fill(classes)),
      ]) {
        assert.match(message.headers.get("content-type"), /^multipart\/form-data; ?boundary=./);
        assert.deepEqual(named(await entriesOf(await message.formData())), named(ENTRIES));
      }
    });

    test("of texts alone arrives, too", async (t) => {
      const form = new classes[0]();
      form.append("a", "1");
      form.append("a", "2");
      const mf = create(t, { script: FORM_SCRIPT, compatibilityDate: "2022-01-01" });
      const response = await mf.dispatchFetch("http://localhost/", { method: "POST", body: form });
      assert.deepEqual(await response.json(), [
        ["a", "1"],
        ["a", "2"],
      ]);
    });

    test("goes by a request, and keeps a content type that it is given", async (t) => {
      const mf = create(t, { script: ECHO });
      const request = new Request("http://localhost/", {
        method: "POST",
        body: fill(classes),
        headers: { "Content-Type": "text/plain" },
      });
      const [type, text] = await (await mf.dispatchFetch(request)).json();
      assert.equal(type, "text/plain");
      assert.ok(text.includes("content \u{1f44b}"), text);
    });
  });
}

for (const [library, make] of Object.entries(blobs)) {
  describe(`a blob of ${library}`, differs("it takes blobs of Node's alone"), () => {
    test("arrives in the worker with its type", async (t) => {
      const mf = create(t, { script: ECHO });
      const post = async (body) => (await mf.dispatchFetch("http://localhost/", { method: "POST", body })).json();
      assert.deepEqual(await post(make(["a", "b"], { type: "text/x-own" })), ["text/x-own", "ab"]);
      assert.deepEqual(await post(make(["a"])), [null, "a"]);
    });

    test("is a body of requests and responses", async () => {
      const blob = () => make(["a", "b"], { type: "text/x-own" });
      for (const message of [
        new Request("http://localhost/", { method: "POST", body: blob() }),
        new Response(blob()),
      ]) {
        assert.equal(message.headers.get("content-type"), "text/x-own");
        assert.equal(await message.text(), "ab");
      }
    });
  });
}

describe("a value that is not a form or blob", differs("it is a text"), () => {
  test("is refused when it says that it is one", () => {
    const form = { append() {}, [Symbol.toStringTag]: "FormData" };
    const blob = { [Symbol.toStringTag]: "Blob" };
    assert.throws(() => new Response(form), { name: "TypeError", message: /^A form as a body can be iterated/ });
    assert.throws(() => new Response(blob), {
      name: "TypeError",
      message: /^A blob as a body has stream\(\) or arrayB/,
    });
  });

  test("fails where it breaks off", async (t) => {
    const blob = {
      [Symbol.toStringTag]: "Blob",
      type: "",
      arrayBuffer: async () => Promise.reject(new RangeError("lost")),
    };
    await assert.rejects(new Response(blob).text(), { name: "RangeError", message: "lost" });
    const mf = create(t, { script: ECHO });
    await assert.rejects(mf.dispatchFetch("http://localhost/", { method: "POST", body: blob }), { message: "lost" });
  });
});

describe("what libraries have in the place of Node's fetch classes", differs("the worker shares some of them"), () => {
  const SHOW = `export default { async fetch(request, env) {
    const response = await env.make("Response");
    const made = await env.make("Request");
    const headers = await env.make("Headers");
    return Response.json([
      [response instanceof Response, response.status, await response.text()],
      [made instanceof Request, made.method, await made.text()],
      [headers instanceof Headers, headers.get("a")],
    ]);
  } }`;
  for (const [library, undici] of [["Node", globalThis], ...undicis]) {
    test(`enters a worker as the worker's own: ${library}`, async (t) => {
      const make = (name) => {
        if (name === "Response") return new undici.Response("from the library", { status: 201 });
        if (name === "Request") return new undici.Request("http://localhost/", { method: "PUT", body: "body" });
        return new undici.Headers({ a: "1" });
      };
      const mf = create(t, { script: SHOW, bindings: { make } });
      assert.deepEqual(await (await mf.dispatchFetch("http://localhost/")).json(), [
        [true, 201, "from the library"],
        [true, "PUT", "body"],
        [true, "1"],
      ]);
    });
  }
});
