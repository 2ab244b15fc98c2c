// Tags: every-node
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import internals from "../../lib/node/internals.js";

const { lightResponse, Response, splitResponse } = internals;
import { create } from "../support/miniflare.mjs";

const NodeResponse = globalThis.Response;
const USED = { name: "TypeError", message: "Body is unusable: Body has already been read" };
const encode = (text) => new TextEncoder().encode(text);

function light(body, parts) {
  return lightResponse({
    status: 200,
    statusText: "",
    headers: "",
    body,
    waitUntil: () => Promise.resolve([]),
    ...parts,
  });
}

function byteStream(...chunks) {
  const pull = (controller) => {
    if (chunks.length > 0) return controller.enqueue(encode(chunks.shift()));
    controller.close();
    controller.byobRequest?.respond(0);
  };
  return new ReadableStream({ type: "bytes", pull });
}

// The same body in each form in which a dispatch can answer.
function everyForm(text) {
  const opened = light(text);
  assert.ok(opened.body instanceof ReadableStream);
  return { text: light(text), bytes: light(encode(text)), stream: light(byteStream(text)), opened };
}

async function forEachForm(text, run) {
  for (const [form, response] of Object.entries(everyForm(text))) {
    await assert.doesNotReject(async () => run(response, form), form);
  }
}

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

async function drain(stream) {
  const chunks = [];
  for await (const chunk of stream) {
    assert.ok(chunk instanceof Uint8Array);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

test("an answer is an instance of Node's Response and of ours", () => {
  const response = light("a");
  assert.ok(response instanceof NodeResponse);
  assert.ok(response instanceof Response);
  assert.equal(response.constructor, Response);
  assert.equal(Object.prototype.toString.call(response), "[object Response]");
});

// Node's own members throw on an answer, which was not made by Node's constructor.
test("an answer has every member of Node's Response, none of them Node's own", () => {
  const response = light("a");
  for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(NodeResponse.prototype))) {
    assert.notEqual(response[key], undefined, key);
    if (typeof value === "function") assert.notEqual(response[key], value, key);
  }
});

test("status, texts, url and headers are those of the answer", () => {
  const parts = { status: 404, statusText: "Nope", headers: "a\n\nset-cookie\np\nset-cookie\nq", url: "http://x/" };
  const response = light(null, { ...parts, redirected: true });
  assert.equal(response.status, 404);
  assert.equal(response.statusText, "Nope");
  assert.equal(response.ok, false);
  assert.equal(response.url, "http://x/");
  assert.equal(response.redirected, true);
  assert.equal(response.type, "default");
  assert.equal(response.webSocket, null);
  assert.equal(response.encodeBody, "automatic");
  assert.deepEqual(
    [...response.headers],
    [
      ["a", ""],
      ["set-cookie", "p"],
      ["set-cookie", "q"],
    ],
  );
  assert.equal(light("a").ok, true);
  assert.deepEqual([...light("a").headers], []);
});

test("headers are Node's, made once, and can be changed", () => {
  const response = light("a", { headers: "a\n1" });
  assert.ok(response.headers instanceof Headers);
  response.headers.set("b", "2");
  assert.equal(response.headers.get("b"), "2");
});

test("a body can be read in every way, whatever its form", async () => {
  await forEachForm('{"a":"é"}', async (response) => assert.equal(await response.text(), '{"a":"é"}'));
  await forEachForm('{"a":"é"}', async (response) => assert.deepEqual(await response.json(), { a: "é" }));
  await forEachForm("é", async (response) => assert.deepEqual(await response.bytes(), encode("é")));
  await forEachForm("é", async (response) => {
    const buffer = await response.arrayBuffer();
    assert.ok(buffer instanceof ArrayBuffer);
    assert.deepEqual(new Uint8Array(buffer), encode("é"));
  });
  await forEachForm("é", async (response) => assert.equal(await (await response.blob()).text(), "é"));
  await forEachForm("é", async (response) => assert.equal(await drain(response.body), "é"));
  await forEachForm("é", async (response) => assert.deepEqual(await collect(response.textStream()), ["é"]));
});

test("textStream() leaves out the byte order mark, is empty without a body, and reads the body", async () => {
  assert.deepEqual(await collect(light(new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff])).textStream()), ["a\ufffd"]);
  assert.deepEqual(await collect(light(null).textStream()), []);
  const response = light("a");
  response.textStream();
  assert.throws(() => response.textStream(), { name: "TypeError", message: /already been read/ });
  await assert.rejects(response.text(), { name: "TypeError", message: /already been read/ });
});

test("blobs and form data have the type the headers say", async () => {
  const blob = await light("x", { headers: "content-type\ntext/PLAIN ; Charset=UTF-8" }).blob();
  assert.equal(blob.type, "text/plain;charset=utf-8");
  assert.equal((await light("x").blob()).type, "");
  const form = await light("a=b", { headers: "content-type\napplication/x-www-form-urlencoded" }).formData();
  assert.equal(form.get("a"), "b");

  const sent = new FormData();
  sent.set("f", new File(["zz"], "n.txt"));
  const real = new NodeResponse(sent);
  const headers = `content-type\n${real.headers.get("content-type")}`;
  const received = await light(new Uint8Array(await real.arrayBuffer()), { headers }).formData();
  assert.equal(await received.get("f").text(), "zz");

  const unsupported = { name: "TypeError", message: "Unsupported content type: text/plain" };
  await assert.rejects(light("x", { headers: "content-type\ntext/plain" }).formData(), unsupported);
  await assert.rejects(light("x").formData(), /requires a Content-Type header/);
});

test("a text has no byte order mark and no half surrogate pairs", async () => {
  assert.equal(await light("\ufeffa\ud800").text(), "a\ufffd");
  assert.equal(await light(encode("\ufeffa")).text(), "a");
});

test("a body is read once", async () => {
  await forEachForm("x", async (response) => {
    assert.equal(response.bodyUsed, false);
    const reading = response.text();
    assert.equal(response.bodyUsed, true);
    await reading;
    for (const read of ["text", "json", "bytes", "arrayBuffer", "blob"]) await assert.rejects(response[read](), USED);
    assert.throws(() => response.clone(), { name: "TypeError", message: /already been consumed/ });
    assert.equal(response.body.locked, true);
    assert.throws(() => new NodeResponse(response.body), TypeError);
  });
});

test("an empty text is a body, null is no body", async () => {
  const empty = light("");
  assert.equal(await empty.text(), "");
  assert.equal(empty.bodyUsed, true);

  const none = light(null);
  assert.equal(none.body, null);
  assert.equal(await none.text(), "");
  assert.equal(await none.text(), "");
  assert.equal((await none.arrayBuffer()).byteLength, 0);
  assert.equal(none.bodyUsed, false);
  await assert.rejects(none.json(), SyntaxError);
});

test("a stream that someone holds or has read from cannot be read otherwise", async () => {
  await forEachForm("x", async (response) => {
    assert.equal(response.body, response.body);
    const reader = response.body.getReader();
    assert.equal(response.bodyUsed, false);
    await assert.rejects(response.text(), USED);
    assert.throws(() => response.clone(), TypeError);
    await reader.read();
    reader.releaseLock();
    assert.equal(response.bodyUsed, true);
    await assert.rejects(response.text(), USED);
  });
});

test("a stream reads into a buffer of the reader's", async () => {
  await forEachForm("abc", async (response) => {
    const reader = response.body.getReader({ mode: "byob" });
    const first = await reader.read(new Uint8Array(2));
    assert.deepEqual([...first.value], [97, 98]);
    const second = await reader.read(new Uint8Array(2));
    assert.deepEqual([...second.value], [99]);
    assert.equal((await reader.read(new Uint8Array(2))).done, true);
  });
  const empty = light("").body.getReader({ mode: "byob" });
  assert.equal((await empty.read(new Uint8Array(1))).done, true);
});

test("a stream that fails rejects the read", async () => {
  const pull = (controller) => controller.error(new RangeError("broken"));
  const broken = new ReadableStream({ type: "bytes", pull });
  await assert.rejects(light(broken).text(), { name: "RangeError", message: "broken" });
});

test("clones are read independently", async () => {
  await forEachForm("twice", async (response) => {
    const copy = response.clone();
    assert.ok(copy instanceof Response);
    const first = new Uint8Array(await response.arrayBuffer());
    first.fill(0);
    assert.equal(await copy.text(), "twice");
  });
  const bytes = light(encode("twice"));
  const streamed = bytes.clone();
  assert.equal(await drain(bytes.body), "twice");
  assert.equal(await drain(streamed.body), "twice");

  const changed = light("a", { headers: "a\n1" });
  changed.headers.set("b", "2");
  const copy = changed.clone();
  copy.headers.set("b", "3");
  assert.equal(changed.headers.get("b"), "2");
  assert.equal(light(null).clone().body, null);
});

test("bytes that share their memory leave the rest of it alone", async () => {
  const pool = encode("--part--");
  assert.equal(await drain(light(pool.subarray(2, 6)).body), "part");
  const { byteLength } = await light(pool.subarray(2, 6)).arrayBuffer();
  assert.equal(byteLength, 4);
  assert.equal(Buffer.from(pool).toString(), "--part--");
});

test("waitUntil resolves to what the worker waited for", async () => {
  const response = light("a", { waitUntil: () => Promise.resolve([1, "2"]) });
  assert.deepEqual(await response.waitUntil(), [1, "2"]);
  assert.deepEqual(await response.clone().waitUntil(), [1, "2"]);
  assert.deepEqual(await new Response("a").waitUntil(), []);
});

test("Node's Response can be made of an answer", async () => {
  for (const Class of [NodeResponse, Response]) {
    const response = light("x", { status: 201, statusText: "Made", headers: "a\n1" });
    const made = new Class(response.body, response);
    assert.deepEqual([made.status, made.statusText, made.headers.get("a")], [201, "Made", "1"]);
    assert.equal(await made.text(), "x");
  }
});

test("an answer is shown as Node shows a Response, and cloned as Node clones one", () => {
  const node = new NodeResponse("x", { headers: { a: "1", "content-type": "t/t" } });
  assert.equal(inspect(light("x", { headers: "a\n1\ncontent-type\nt/t" })), inspect(node));
  const cloned = (value) => {
    try {
      return structuredClone(value);
    } catch (error) {
      return error.name;
    }
  };
  assert.deepEqual(cloned(light("x")), cloned(node));
});

test("Response is Node's Response, with encodeBody, webSocket and waitUntil", async () => {
  const response = new Response("a", { status: 201, encodeBody: "manual" });
  assert.ok(response instanceof NodeResponse);
  assert.equal(response.encodeBody, "manual");
  assert.equal(response.webSocket, null);
  assert.equal(response.clone().encodeBody, "manual");
  assert.ok(response.clone() instanceof Response);
  assert.equal(new Response("b", response).encodeBody, "manual");
  assert.equal(new Response().encodeBody, "automatic");
  assert.throws(() => new Response("a", { encodeBody: "x" }), {
    name: "TypeError",
    message: "encodeBody: unexpected value: x",
  });
  await assert.rejects(new Response("a").formData(), { message: "Unsupported content type: text/plain;charset=UTF-8" });
});

test("an empty text is no body where the status allows none", () => {
  assert.equal(new Response("", { status: 204 }).body, null);
  assert.throws(() => new Response("x", { status: 204 }), /Invalid response status code 204/);
});

test("Response.json and Response.redirect make our Response", async () => {
  const json = Response.json({ a: 1 }, { status: 201 });
  assert.ok(json instanceof Response);
  assert.equal(json.headers.get("content-type"), "application/json");
  assert.deepEqual([json.status, await json.text()], [201, '{"a":1}']);
  const redirect = Response.redirect("http://x/a");
  assert.ok(redirect instanceof Response);
  assert.deepEqual([redirect.status, redirect.headers.get("location"), redirect.body], [302, "http://x/a", null]);
  redirect.headers.set("a", "1");
  assert.throws(() => Response.redirect("http://x/", 200), { name: "RangeError", message: "Invalid status code 200" });
});

test("a response of Node code is split into its parts", async () => {
  const init = {
    status: 201,
    statusText: "Made",
    headers: [
      ["set-cookie", "p"],
      ["set-cookie", "q"],
      ["a", "1"],
    ],
  };
  const headers = "a\n1\ncontent-type\ntext/plain;charset=UTF-8\nset-cookie\np\nset-cookie\nq";
  const ours = new Response("text", init);
  assert.deepEqual(splitResponse(ours), { status: 201, statusText: "Made", headers, body: "text" });
  assert.equal(ours.bodyUsed, true);
  assert.equal(splitResponse(new Response("text").clone()).body, "text");
  assert.deepEqual(splitResponse(new NodeResponse()), { status: 200, statusText: "", headers: "", body: null });

  const node = splitResponse(new NodeResponse("text", init));
  assert.equal(node.headers, headers);
  assert.equal(await drain(node.body), "text");
});

test("an answer is split without work, changed headers included", async () => {
  assert.deepEqual(splitResponse(light("x", { headers: "a\n1" })), {
    status: 200,
    statusText: "",
    headers: "a\n1",
    body: "x",
  });
  const changed = light(encode("x"), { headers: "a\n1" });
  changed.headers.append("b", "2");
  assert.equal(splitResponse(changed).headers, "a\n1\nb\n2");
  assert.equal(changed.bodyUsed, true);
  assert.equal(await drain(splitResponse(light(byteStream("x", "y"))).body), "xy");
});

test("a response that was read, and a value that is not a response, are refused", async () => {
  for (const response of [new Response("x"), new NodeResponse("x"), light("x")]) {
    await response.text();
    assert.throws(() => splitResponse(response), USED);
  }
  for (const value of [undefined, null, "x", {}, { status: 200 }]) {
    assert.throws(() => splitResponse(value), { name: "TypeError", message: /^Expected a Response, got / });
  }
});

test("responses of other realms and libraries are accepted", async () => {
  const parts = { status: 202, statusText: "", headers: new Map([["a", "1"]]), bodyUsed: false };
  const split = splitResponse({ ...parts, body: byteStream("far") });
  assert.deepEqual([split.status, split.headers], [202, "a\n1"]);
  assert.equal(await drain(split.body), "far");
});

describe("what Workers add to a response", () => {
  test("its encodeBody crosses from the worker", async (t) => {
    const script = `export default { fetch: () => new Response("x", { encodeBody: "manual" }) }`;
    const response = await create(t, { script }).dispatchFetch("http://localhost/");
    assert.equal(response.encodeBody, "manual");
    assert.equal(response.clone().encodeBody, "manual");
  });

  test("its cookies are listed one by one, wherever it was constructed", async (t) => {
    const headers = `[["set-cookie", "a=1"], ["set-cookie", "b=2"]]`;
    const script = `export default { fetch: () => new Response("x", { headers: ${headers} }) }`;
    const response = await create(t, { script }).dispatchFetch("http://localhost/");
    assert.deepEqual(response.headers.getAll("Set-Cookie"), ["a=1", "b=2"]);
    const own = new Response("x", { headers: JSON.parse(headers) });
    assert.deepEqual(own.headers.getAll("set-cookie"), ["a=1", "b=2"]);
    assert.ok(own.headers instanceof Headers);
  });
});

test("a response to a handshake has status 101 and a webSocket", async (t) => {
  const webSocket = {};
  const response = new Response(null, { status: 101, webSocket, headers: { a: "b" } });
  assert.deepEqual([response.status, response.ok, response.body, response.headers.get("a")], [101, false, null, "b"]);
  assert.equal(response.webSocket, webSocket);
  assert.equal(new Response(null, response).status, 101);
  assert.throws(() => response.clone(), { message: "Cannot clone a response to a WebSocket handshake." });
  const refused = { name: "RangeError", message: "Responses with a WebSocket must have status code 101." };
  assert.throws(() => new Response(null, { webSocket }), refused);
  assert.throws(() => new Response(null, { status: 200, webSocket }), refused);
  assert.throws(() => new Response(null, { status: 101 }), RangeError);
  const mf = create(t, {
    script: "export default { fetch: (request, env) => env.answer() }",
    bindings: { answer: () => response },
  });
  await assert.rejects(mf.dispatchFetch("http://localhost/"), {
    name: "TypeError",
    message: /^The webSocket of a Response must be a WebSocket/,
  });
});

test("a Response keeps its cf", () => {
  const response = new Response("a", { cf: { colo: "LHR" } });
  assert.deepEqual(
    [response.cf, response.clone().cf, new Response().cf],
    [{ colo: "LHR" }, { colo: "LHR" }, undefined],
  );
});
