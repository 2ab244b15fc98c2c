// Tags: oracle, every-node
// R2 buckets: values of each type, what is known of objects, digests, and lists.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { inBothRealms } from "../support/both.mjs";
import { deepEqualOutside, evaluate, json } from "../support/dispatch.mjs";
import { create, differs } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const r2Buckets = ["BUCKET"];
const compatibilityFlags = ["streams_enable_constructors", "r2_list_honor_include"];
const base = { r2Buckets, compatibilityFlags };
const both = inBothRealms("bucket", "env.BUCKET", (mf) => mf.getR2Bucket("BUCKET"), base);
const HELPERS = `const bytes = (buffer) => [...new Uint8Array(buffer)];
const hex = (buffer) => bytes(buffer).map((byte) => byte.toString(16).padStart(2, "0")).join("");
const streamOf = (...chunks) => new ReadableStream({
  start(controller) {
    for (const chunk of chunks) controller.enqueue(chunk);
    controller.close();
  },
});
const textOf = async (key) => (await bucket.get(key)).text();`;
const MD5 = "2063c1608d6e0baf80249c42e2be5804"; // of "value"

describe("an R2 bucket", () => {
  both(
    "gives back what was put",
    `${HELPERS} const buffer = new Uint8Array([97, 98, 99, 100]).buffer;
    const values = {
      text: "grüße 👋", empty: "", nothing: null, buffer, view: new Uint8Array(buffer, 1, 2), data: new DataView(buffer, 3),
      blob: new Blob(["a blob"]), stream: streamOf(new Uint8Array([120]), new Uint8Array([121, 122])), none: streamOf(),
    };
    for (const [key, value] of Object.entries(values)) await bucket.put(key, value);
    return Promise.all(Object.keys(values).map(textOf));`,
    ["grüße 👋", "", "", "abcd", "bc", "d", "a blob", "xyz", ""],
  );

  both(
    "refuses other values",
    `const refused = async (value) => (await caught(() => bucket.put("key", value)));
    return [await refused(undefined), await refused(1), await refused({}), await refused(new Response("a"))].map(String);`,
    Array(4).fill(
      "TypeError,R2 put() accepts only nulls, strings, Blobs, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.",
    ),
  );

  both(
    "gives back text, JSON, buffers, blobs and streams, once",
    `await bucket.put("key", '{"a":1}');
    const get = () => bucket.get("key");
    const object = await get();
    const before = object.bodyUsed;
    const read = [await object.text(), object.bodyUsed];
    return [before, ...read, await caught(() => object.json()), await (await get()).json(),
      new TextDecoder().decode(await (await get()).arrayBuffer()), await (await (await get()).blob()).text(),
      await new Response((await get()).body).text()];`,
    [false, '{"a":1}', true, ["TypeError", "Body already used."], { a: 1 }, '{"a":1}', '{"a":1}', '{"a":1}'],
  );

  both(
    "gives a byte stream as the body, and knows when it was used",
    `await bucket.put("key", "abc");
    const object = await bucket.get("key");
    const { value } = await object.body.getReader({ mode: "byob" }).read(new Uint8Array(2));
    return [[...value], object.bodyUsed, await caught(() => object.text())];`,
    [[97, 98], true, ["TypeError", "Body already used."]],
  );

  both(
    "returns bytes as well",
    `await bucket.put("key", "abc");
    const object = await bucket.get("key");
    const bytes = await object.bytes();
    return [bytes instanceof Uint8Array, [...bytes], object.bodyUsed];`,
    [true, [97, 98, 99], true],
    differs("it has no bytes()"),
  );

  both(
    "tells what it knows of an object",
    `const options = { httpMetadata: { contentType: "text/plain" }, customMetadata: { a: "1" } };
    const put = await bucket.put("key", "value", options);
    const [head, got] = [await bucket.head("key"), await bucket.get("key")];
    const shown = ({ key, size, etag, httpEtag, httpMetadata, customMetadata, range }) =>
      ({ key, size, etag, httpEtag, httpMetadata, customMetadata, range });
    const isSame = put.version === head.version && head.version === got.version && head.version.length === 32;
    const times = [put, head, got].map(({ uploaded }) => uploaded.getTime());
    return [Object.keys(put), Object.keys(got), shown(put), shown(head), shown(got), isSame, new Set(times).size];`,
    (() => {
      const keys = [
        "key",
        "version",
        "size",
        "etag",
        "httpEtag",
        "uploaded",
        "httpMetadata",
        "customMetadata",
        "range",
      ];
      const metadata = { httpMetadata: { contentType: "text/plain" }, customMetadata: { a: "1" } };
      const object = { key: "key", size: 5, etag: MD5, httpEtag: `"${MD5}"`, ...metadata };
      return [keys, [...keys, "body"], object, object, { ...object, range: { offset: 0, length: 5 } }, true, 1];
    })(),
  );

  both(
    "has none of what was never put or was deleted",
    `await bucket.put("a", "1");
    await bucket.put("b", "1");
    await bucket.put("c", "1");
    const deleted = [await bucket.delete("a"), await bucket.delete(["b", "missing"]), await bucket.delete([])];
    return [deleted, await bucket.head("a"), await bucket.get("b"), (await bucket.head("c")).key];`,
    [[null, null, null], null, null, "c"],
  );

  both(
    "takes any key for text",
    `await bucket.put(undefined, "1");
    await bucket.put([1, [2, 3]], "2");
    await bucket.put("", "3");
    await bucket.put("..", "4");
    return (await bucket.list()).objects.map(({ key }) => key);`,
    ["", "..", "1,2,3", "undefined"],
  );

  both(
    "gives nothing of what is replaced",
    `await bucket.put("key", "first", { customMetadata: { a: "1" } });
    await bucket.put("key", "2nd");
    const object = await bucket.get("key");
    return [await object.text(), object.size, object.customMetadata];`,
    ["2nd", 3, {}],
  );

  both(
    "reads metadata from headers, and writes it to headers",
    `const { constructor: Headers } = new Response().headers;
    const headers = new Headers({
      "Content-Type": "text/html", "Content-Language": "de", "Content-Disposition": "inline", "Content-Encoding": "gzip",
      "Cache-Control": "no-store", "Cache-Expiry": "Wed, 01 Jan 2025 00:00:00 GMT", "x-other": "1",
    });
    await bucket.put("key", "value", { httpMetadata: headers });
    const object = await bucket.head("key");
    const written = new Headers();
    object.writeHttpMetadata(written);
    return [{ ...object.httpMetadata }, written.get("content-type"), written.get("cache-control"),
      new Date(written.get("cache-expiry")).getTime()];`,
    [
      {
        contentType: "text/html",
        contentLanguage: "de",
        contentDisposition: "inline",
        contentEncoding: "gzip",
        cacheControl: "no-store",
        cacheExpiry: "2025-01-01T00:00:00.000Z",
      },
      "text/html",
      "no-store",
      1735689600000,
    ],
  );

  both(
    "writes the time of expiry as HTTP has it, and nothing that is not there",
    `const object = await bucket.put("key", "value", {
      httpMetadata: new Headers({ expires: "Wed, 01 Jan 2025 00:00:00 GMT" }),
    });
    const written = new Headers();
    object.writeHttpMetadata(written);
    return [written.get("expires"), written.has("content-type")];`,
    ["Wed, 01 Jan 2025 00:00:00 GMT", false],
    differs("it writes undefined, and a time that is not of HTTP"),
  );

  both(
    "keeps the storage class",
    `await bucket.put("key", "value", { storageClass: "InfrequentAccess" });
    await bucket.put("other", "value");
    return [(await bucket.head("key")).storageClass, (await bucket.head("other")).storageClass];`,
    ["InfrequentAccess", "Standard"],
    differs("it has no storage classes"),
  );

  both(
    "keeps a value as it was when it was put",
    `const view = new Uint8Array([1]);
    const put = bucket.put("key", view);
    view[0] = 2;
    await put;
    return [...new Uint8Array(await (await bucket.get("key")).arrayBuffer())];`,
    [1],
    differs("it reads the value after others have run"),
  );
});

describe("checksums of an object", () => {
  both(
    "are its MD5, and the one that it was put with",
    `${HELPERS} const digest = async (name) => hex(await crypto.subtle.digest(name, new TextEncoder().encode("value")));
    const found = {};
    for (const [field, name] of [["sha1", "SHA-1"], ["sha256", "SHA-256"], ["sha384", "SHA-384"], ["sha512", "SHA-512"]]) {
      const digits = await digest(name);
      await bucket.put(field, "value", { [field]: digits.toUpperCase() });
      const { checksums } = await bucket.head(field);
      found[field] = [hex(checksums[field]) === digits, hex(checksums.md5), Object.keys(checksums.toJSON()).sort()];
    }
    const { checksums } = await bucket.put("md5", "value", { md5: new Uint8Array(
      "${MD5}".match(/../g).map((digits) => Number.parseInt(digits, 16))).buffer });
    return [found, checksums.toJSON(), checksums.sha1 === undefined, checksums.md5 === checksums.md5];`,
    [
      Object.fromEntries(["sha1", "sha256", "sha384", "sha512"].map((name) => [name, [true, MD5, ["md5", name]]])),
      { md5: MD5 },
      true,
      false,
    ],
  );

  both(
    "that are not those of the value are refused, and nothing is stored",
    `await bucket.put("key", "before");
    const refused = [];
    for (const [field, length] of [["md5", 32], ["sha1", 40], ["sha256", 64], ["sha384", 96], ["sha512", 128]]) {
      refused.push(await caught(() => bucket.put("key", "value", { [field]: "0".repeat(length) })));
    }
    return [refused, await (await bucket.get("key")).text()];`,
    [
      ["MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"].map((name) => [
        "Error",
        `put: The ${name} checksum you specified did not match what we received.`,
      ]),
      "before",
    ],
  );
});

describe("a list of objects", () => {
  const FILL = `for (const key of ["a", "b/1", "b/2", "c", "d/x/1", "d/x/2", "d/y", "é", "👋"]) await bucket.put(key, "value");`;
  const SHOWN = `const shown = ({ objects, truncated, delimitedPrefixes }) =>
    [objects.map(({ key }) => key).join(" "), delimitedPrefixes.join(" "), truncated];`;

  both(
    "has the keys in the order of their bytes, without bodies",
    `${FILL} const page = await bucket.list();
    return [Object.keys(page), page.objects.map(({ key }) => key), page.truncated, page.objects.some((one) => "body" in one)];`,
    [
      ["objects", "truncated", "cursor", "delimitedPrefixes"],
      ["a", "b/1", "b/2", "c", "d/x/1", "d/x/2", "d/y", "é", "👋"],
      false,
      false,
    ],
  );

  both(
    "has what begins with a prefix, or comes after a key",
    `${FILL} ${SHOWN}
    return [shown(await bucket.list({ prefix: "b" })), shown(await bucket.list({ prefix: "x" })),
      shown(await bucket.list({ startAfter: "c" })), shown(await bucket.list({ startAfter: "b/1", prefix: "b" }))];`,
    [
      ["b/1 b/2", "", false],
      ["", "", false],
      ["d/x/1 d/x/2 d/y é 👋", "", false],
      ["b/2", "", false],
    ],
  );

  both(
    "folds keys at a delimiter",
    `${FILL} ${SHOWN}
    return [shown(await bucket.list({ delimiter: "/" })), shown(await bucket.list({ delimiter: "/", prefix: "d/" })),
      shown(await bucket.list({ delimiter: "/x/" })), shown(await bucket.list({ delimiter: "" }))];`,
    [
      ["a c é 👋", "b/ d/", false],
      ["d/y", "d/x/", false],
      ["a b/1 b/2 c d/y é 👋", "d/x/", false],
      ["a b/1 b/2 c d/x/1 d/x/2 d/y é 👋", "", false],
    ],
  );

  both(
    "goes on page by page, each folded prefix counting as one",
    `${FILL} const pages = [];
    let cursor;
    do {
      const page = await bucket.list({ limit: 2, delimiter: "/", cursor });
      pages.push([...page.objects.map(({ key }) => key), ...page.delimitedPrefixes].join(" "));
      cursor = page.cursor;
    } while (cursor !== undefined && pages.length < 9);
    return pages;`,
    ["a b/", "c d/", "é 👋"],
  );

  both(
    "goes on after a key that was deleted, and finds keys that were added",
    `for (const key of ["a", "b", "d"]) await bucket.put(key, "value");
    const { cursor } = await bucket.list({ limit: 2 });
    await bucket.delete("b");
    await bucket.put("c", "value");
    return (await bucket.list({ cursor })).objects.map(({ key }) => key);`,
    ["c", "d"],
    differs("it gives nothing after a cursor whose key is gone"),
  );

  both(
    "begins after any key, whether it exists or not",
    `for (const key of ["b", "d", "e"]) await bucket.put(key, "value");
    const after = async (startAfter, limit) => (await bucket.list({ startAfter, limit })).objects.map(({ key }) => key);
    return [await after("c", 1), await after("a", 5), await after("e", 5)];`,
    [["d"], ["b", "d", "e"], []],
    differs("it leaves objects out, or fails"),
  );

  both(
    "has the metadata that is included",
    `await bucket.put("key", "value", { httpMetadata: { contentType: "a/b" }, customMetadata: { a: "1" } });
    const shown = async (include) => {
      const [{ httpMetadata, customMetadata }] = (await bucket.list({ include })).objects;
      return [httpMetadata, customMetadata];
    };
    return [await shown(undefined), await shown([]), await shown(["httpMetadata"]),
      await shown(["customMetadata", "httpMetadata"])];`,
    [
      [{}, {}],
      [{}, {}],
      [{ contentType: "a/b" }, {}],
      [{ contentType: "a/b" }, { a: "1" }],
    ],
  );

  test("has all metadata before the flag r2_list_honor_include", async (t) => {
    const list = `await env.BUCKET.put("key", "value", { customMetadata: { a: "1" } });
      return (await env.BUCKET.list()).objects[0].customMetadata;`;
    const found = [];
    for (const compatibilityDate of ["2022-08-03", "2022-08-04"]) {
      found.push(await evaluate(t, list, { r2Buckets, compatibilityDate }));
    }
    deepEqualOutside(found, [{ a: "1" }, {}]);
  });

  test("has at most 1000 objects, and 100 with metadata", async (t) => {
    const count = `async (bucket, options) => (await bucket.list(options)).objects.length`;
    const script = `export default { async fetch(request, { BUCKET }) {
      return Response.json(await (${count})(BUCKET, await request.json()));
    } };`;
    const mf = create(t, { ...base, script });
    const bucket = await mf.getR2Bucket("BUCKET");
    for (let index = 0; index < 1001; index++) await bucket.put(`key${index}`, null);
    const list = new Function(`return ${count};`)();
    for (const [options, length] of [
      [{}, 1000],
      [{ limit: 1000 }, 1000],
      [{ include: ["customMetadata"], limit: 500 }, 100],
      [{ limit: 1.5 }, 2],
    ]) {
      const init = { method: "POST", body: JSON.stringify(options) };
      const inside = await json(mf, "http://localhost/", init);
      assert.deepEqual([inside, await list(bucket, options)], [length, length]);
    }
  });
});

describe("buckets", () => {
  test("of one name are one, in the worker and in Node, and others are others", async (t) => {
    const script = `export default { async fetch(request, { A, B }) {
      await A.put("inside", "1");
      return Response.json([await (await A.get("outside")).text(), await B.get("outside")]);
    } };`;
    const mf = create(t, { script, r2Buckets: ["A", "B"] });
    const [a, unbound] = [await mf.getR2Bucket("A"), await mf.getR2Bucket("C")];
    await a.put("outside", "2");
    assert.deepEqual(await json(mf), ["2", null]);
    assert.equal(await (await a.get("inside")).text(), "1");
    assert.equal(await unbound.get("outside"), null);
  });

  test("keep their objects when the worker is loaded again", async (t) => {
    const script = `export default { fetch: async (request, env) => Response.json(await (await env.A.get("key")).text()) };`;
    const mf = create(t, { script, r2Buckets: ["A"] });
    const bucket = await mf.getR2Bucket("A");
    await bucket.put("key", "value");
    await mf.reload();
    assert.equal(await json(mf), "value");
    assert.equal((await bucket.head("key")).size, 5);
  });
});
