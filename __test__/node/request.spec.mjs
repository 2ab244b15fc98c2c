// Tags: every-node
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import internals from "../../lib/node/internals.js";

const { Request, splitRequest } = internals;

const bytes = new Uint8Array([65, 66, 67, 68]);
const URL_ENCODED = "application/x-www-form-urlencoded;charset=UTF-8";

async function readBody(body) {
  if (body === null || typeof body === "string") return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  return new Response(body).text();
}

// A split with its body as text, or the error, in a form that can be compared.
async function outcome(input, init) {
  try {
    const { method, url, headers, body, cf, redirect } = splitRequest(input, init);
    return { method, url, headers, body: await readBody(body), cf, redirect };
  } catch (error) {
    return { name: error.name, message: error.message, cause: error.cause?.code };
  }
}

// `keepalive` says nothing to a worker, but makes the call one that needs Node's Request.
function unusual(init) {
  return { ...init, keepalive: false };
}

function post(body, headers) {
  return headers === undefined ? { method: "POST", body } : { method: "POST", body, headers };
}

const calls = [
  ["http://x"],
  ["HTTP://EXAMPLE.com:80/a/../b?q=é#frag"],
  ["http://gläd.se/ü"],
  ["ftp://x/y"],
  [new URL("http://x/y?q#f")],
  [{ toString: () => "http://x/" }],
  ["/relative"],
  [""],
  [undefined],
  [null],
  [5],
  [Symbol("s")],
  ["http://user:pass@x/"],
  [new URL("http://user@x/")],
  [{ url: "http://x/", method: "POST", headers: [] }],
  ["http://x/", {}],
  ["http://x/", { method: undefined, headers: undefined, body: undefined, cf: undefined, redirect: undefined }],
  ["http://x/", { method: "get" }],
  ["http://x/", { method: "gEt" }],
  ["http://x/", { method: "PATCH" }],
  ["http://x/", { method: "PURGE" }],
  ["http://x/", { method: "a b" }],
  ["http://x/", { method: "trace" }],
  ["http://x/", { method: "" }],
  ["http://x/", { method: null }],
  ["http://x/", { redirect: "manual" }],
  ["http://x/", { redirect: "sideways" }],
  ["http://x/", { redirect: null }],
  ["http://x/", { cf: { a: 1, f() {}, d: new Date(0) } }],
  ["http://x/", { cf: "text" }],
  ["http://x/", { headers: { B: "1", a: "", "Set-Cookie": "p=1" } }],
  ["http://x/", { headers: { a: " padded\t" } }],
  ["http://x/", { headers: { a: "ü" } }],
  ["http://x/", { headers: { a: "€" } }],
  ["http://x/", { headers: { a: "1\n2" } }],
  ["http://x/", { headers: { a: "1\x012" } }],
  ["http://x/", { headers: { "a b": "1" } }],
  ["http://x/", { headers: { a: 1, b: undefined, c: null } }],
  ["http://x/", { headers: { a: "1", A: "2" } }],
  ["http://x/", { headers: { [Symbol("s")]: "1" } }],
  ["http://x/", { headers: { Host: "h", Connection: "close", Cookie: "a=1" } }],
  [
    "http://x/",
    {
      headers: [
        ["B", "1"],
        ["a", "2"],
        ["b", "3"],
        ["set-cookie", "p=1"],
        ["set-cookie", "q=2"],
      ],
    },
  ],
  [
    "http://x/",
    {
      headers: [
        ["B", "1"],
        ["a", "2"],
      ],
    },
  ],
  ["http://x/", { headers: [["B"]] }],
  [
    "http://x/",
    {
      headers: new Headers([
        ["set-cookie", "p"],
        ["set-cookie", "q"],
        ["A", "2"],
      ]),
    },
  ],
  ["http://x/", { headers: new Map([["a", "b"]]) }],
  ["http://x/", { headers: "text" }],
  ["http://x/", { headers: null }],
  ["http://x/", { body: "x" }],
  ["http://x/", { body: null }],
  ["http://x/", post("hé")],
  ["http://x/", post("")],
  ["http://x/", post(null)],
  ["http://x/", post("x", { "Content-Type": "a/b", "Content-Length": "77" })],
  ["http://x/", post("x", new Headers({ "content-type": "a/b" }))],
  ["http://x/", post("x", new Headers({ z: "1", a: "2" }))],
  ["http://x/", post(bytes)],
  ["http://x/", post(Buffer.from("abc"))],
  ["http://x/", post(bytes.buffer)],
  ["http://x/", post(new DataView(bytes.buffer, 1, 2))],
  ["http://x/", post(new Uint16Array(bytes.buffer, 2))],
  ["http://x/", post(new URLSearchParams({ a: "b c" }))],
  ["http://x/", post(new URLSearchParams({ a: "b" }), { a: "1" })],
  ["http://x/", post(new Blob(["q"], { type: "x/y" }))],
  ["http://x/", post(new Blob(["q"]))],
  ["http://x/", post(5)],
  ["http://x/", post({})],
];

test("a plain call means what it means to Node's Request", async () => {
  for (const [input, init] of calls) {
    const label = `${String(input)} ${JSON.stringify(init)}`;
    assert.deepEqual(await outcome(input, init), await outcome(input, unusual(init)), label);
  }
});

test("a URL alone is a GET without headers", async () => {
  assert.deepEqual(splitRequest("http://localhost"), {
    method: "GET",
    url: "http://localhost/",
    headers: "",
    body: null,
    cf: undefined,
    redirect: "follow",
    signal: null,
  });
  assert.equal(splitRequest("http://localhost/", null).method, "GET");
});

test("headers are sorted, lower-case and flat", () => {
  const { headers } = splitRequest("http://x/", { headers: { B: "1", a: "", "Set-Cookie": "p=1" } });
  assert.equal(headers, "a\n\nb\n1\nset-cookie\np=1");
  const repeated = [
    ["set-cookie", "p"],
    ["b", "1"],
    ["set-cookie", "q"],
    ["B", "2"],
  ];
  assert.equal(splitRequest("http://x/", { headers: repeated }).headers, "b\n1, 2\nset-cookie\np\nset-cookie\nq");
});

test("bodies in memory are handed on without a stream", () => {
  assert.equal(splitRequest("http://x/", post("text")).body, "text");
  assert.equal(splitRequest("http://x/", post(new URLSearchParams({ a: "b c" }))).body, "a=b+c");
  assert.equal(splitRequest("http://x/", post(bytes)).body, bytes);
  assert.deepEqual(splitRequest("http://x/", unusual(post(bytes))).body, bytes);
  assert.equal(splitRequest(new Request("http://x/", post("text"))).body, "text");
});

test("the type of a body becomes a header, its length does not", () => {
  const headersOf = (body) => splitRequest("http://x/", post(body)).headers;
  assert.equal(headersOf("text"), "content-type\ntext/plain;charset=UTF-8");
  assert.equal(headersOf(new URLSearchParams()), `content-type\n${URL_ENCODED}`);
  assert.equal(headersOf(new Blob(["q"], { type: "x/y" })), "content-type\nx/y");
  assert.equal(headersOf(bytes), "");
  assert.match(headersOf(new FormData()), /^content-type\nmultipart\/form-data; boundary=.+$/);
});

test("form data is a multipart stream", async () => {
  const form = new FormData();
  form.set("a", "b");
  form.set("f", new File(["zz"], "n.txt", { type: "text/x" }));
  const { headers, body } = splitRequest("http://x/", post(form));
  const type = headers.split("\n")[1];
  const parsed = await new Response(body, { headers: { "content-type": type } }).formData();
  assert.equal(parsed.get("a"), "b");
  assert.equal(await parsed.get("f").text(), "zz");
});

test("streams need no duplex option", async () => {
  const { body } = splitRequest("http://x/", post(new Blob(["streamed"]).stream()));
  assert.equal(await readBody(body), "streamed");
  assert.equal(await new Request("http://x/", post(Readable.from([Buffer.from("r")]))).text(), "r");
});

test("an invalid URL is named", () => {
  const invalid = { name: "TypeError", message: "Failed to parse URL from /foo" };
  assert.throws(() => splitRequest("/foo"), invalid);
  assert.throws(() => splitRequest(undefined), { message: "Failed to parse URL from undefined" });
  assert.throws(
    () => splitRequest("/foo"),
    (error) => error.cause.code === "ERR_INVALID_URL",
  );
});

test("Node's Request is taken as it is", async () => {
  const request = new globalThis.Request("http://x/n#f", post("zz", { q: "1" }));
  assert.deepEqual(await outcome(request), {
    method: "POST",
    url: "http://x/n#f",
    headers: "content-type\ntext/plain;charset=UTF-8\nq\n1",
    body: "zz",
    cf: undefined,
    redirect: "follow",
  });
  const { method, headers } = splitRequest(new globalThis.Request("http://x/"), { method: "PUT", headers: { a: "1" } });
  assert.deepEqual([method, headers], ["PUT", "a\n1"]);
});

test("a Request without a body can be dispatched again", () => {
  const request = new Request("http://x/", { headers: { a: "1" } });
  assert.deepEqual(splitRequest(request), splitRequest(request));
});

test("a body is handed on once", async () => {
  const message = "Cannot construct a Request with a Request object that has already been used.";
  const used = { name: "TypeError", message };
  for (const Class of [Request, globalThis.Request]) {
    const read = new Class("http://x/", post("zz"));
    await read.text();
    assert.throws(() => splitRequest(read), used);
    assert.throws(() => splitRequest(read, {}), used);

    const locked = new Class("http://x/", post("zz"));
    locked.body.getReader();
    assert.throws(() => splitRequest(locked), used);
  }
  const request = new Request("http://x/", post("zz"));
  splitRequest(request);
  assert.equal(request.bodyUsed, true);
  assert.throws(() => splitRequest(request), used);
  assert.equal(splitRequest(request, post("new")).body, "new");
});

// What another library's Request looks like from here: the same members, another class.
function foreign({ url = "http://x/f", method = "POST", headers = [["a", "1"]], body = null, ...rest } = {}) {
  return { url, method, headers: new Map(headers), body, bodyUsed: false, redirect: "manual", ...rest };
}

test("requests of other realms and libraries are accepted", async () => {
  const request = foreign({ body: new Blob(["far"]).stream(), cf: { colo: "x" } });
  assert.deepEqual(await outcome(request), {
    method: "POST",
    url: "http://x/f",
    headers: "a\n1",
    body: "far",
    cf: { colo: "x" },
    redirect: "manual",
  });
  assert.equal((await outcome(foreign({ body: Readable.from([Buffer.from("node")]) }))).body, "node");
  assert.equal((await outcome(foreign(), { method: "PUT", body: "mine" })).body, "mine");
  assert.equal((await outcome(foreign(), { method: undefined })).method, "POST");
  const used = foreign({ body: new Blob(["x"]).stream(), bodyUsed: true });
  assert.match((await outcome(used)).message, /already been used/);
  assert.equal((await outcome(foreign({ url: "/relative" }))).message, "Failed to parse URL from /relative");
});

test("a signal is handed on when the caller gave one", () => {
  const { signal } = new AbortController();
  assert.equal(splitRequest("http://x/", {}).signal, null);
  assert.equal(splitRequest("http://x/", { keepalive: true }).signal, null);
  assert.equal(splitRequest("http://x/", { signal: AbortSignal.abort("stop") }).signal.reason, "stop");
  assert.ok(splitRequest(new Request("http://x/", { signal })).signal instanceof AbortSignal);
});

test("cf is a copy, kept by clone, and overridden by init", () => {
  const cf = { colo: "LHR", nested: { a: 1 } };
  const request = new Request("http://x/", { cf });
  cf.nested.a = 2;
  assert.deepEqual(request.cf, { colo: "LHR", nested: { a: 1 } });
  assert.deepEqual(request.clone().cf, request.cf);
  assert.deepEqual(new Request(request).cf, request.cf);
  assert.deepEqual(new Request(request, { method: "POST" }).cf, request.cf);
  assert.deepEqual(new Request(request, { cf: { b: 1 } }).cf, { b: 1 });
  assert.deepEqual(new Request("http://y/", request).cf, request.cf);
  assert.deepEqual(splitRequest(request).cf, request.cf);
  assert.equal(new Request("http://x/").cf, undefined);
  const circular = {};
  circular.self = circular;
  assert.throws(() => new Request("http://x/", { cf: circular }), /circular structure/);
  assert.throws(() => splitRequest("http://x/", { cf: circular }), /circular structure/);
});

test("Request is Node's Request", async () => {
  const request = new Request("http://x/", post("body"));
  assert.ok(request instanceof globalThis.Request);
  const copy = request.clone();
  assert.ok(copy instanceof Request);
  assert.deepEqual([await request.text(), await copy.text()], ["body", "body"]);
  const moved = new Request(new Request("http://x/", post("moved")));
  assert.equal(splitRequest(moved).body, "moved");
});

test("formData says what is wrong with the content type", async () => {
  const form = (headers) => new Request("http://x/", post(bytes, headers)).formData();
  await assert.rejects(form({}), { message: "Parsing a Body as FormData requires a Content-Type header." });
  await assert.rejects(form({ "content-type": "a/b" }), { message: "Unsupported content type: a/b" });
  await assert.rejects(form({ "content-type": "multipart/form-data" }), { message: "Multipart: Boundary not found" });
  const parsed = await new Request("http://x/", post(new URLSearchParams({ a: "b" }))).formData();
  assert.equal(parsed.get("a"), "b");
});
