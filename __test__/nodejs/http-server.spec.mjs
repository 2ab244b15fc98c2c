// Servers of `node:http` in a worker, and `cloudflare:node`, which gives them requests.

import { describe } from "node:test";
import assert from "node:assert/strict";
import http from "node:http";
import { once } from "node:events";
import { create } from "../support/miniflare.mjs";
import { json, rejection, URL_ROOT } from "../support/dispatch.mjs";
import { FLAGS, sameAsWorkers } from "../support/nodejs.mjs";
import { test } from "../support/test.mjs";

const modules = { http: "node:http", https: "node:https", cloudflare: "cloudflare:node" };

/** A server of a snippet's own, and what it answers. */
const SERVE = `
  const serve = async (handler, init = {}, url = "http://host.test/path?q=1") => {
    const server = http.createServer(handler).listen(0);
    return cloudflare.handleAsNodeRequest(server.address().port, new Request(url, init));
  };
  const shown = async (response) => {
    const { status, headers } = await response;
    return [status, [...headers], await (await response).text()];
  };
  const answer = (...args) => shown(serve(...args));
`;
const snippets = (bodies) => Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, SERVE + body]));

const ERRORS_OF_OPTIONS = [
  ...["5", '"x"', "{}, 5", '{ requestTimeout: "x" }', "{ requestTimeout: -1 }"],
  ...["{ headersTimeout: 10, requestTimeout: 5 }", '{ keepAliveTimeout: "x" }', "{ joinDuplicateHeaders: 5 }"],
  ...['{ maxHeaderSize: "x" }', '{ highWaterMark: "x" }', "{ insecureHTTPParser: 5 }", "{ requireHostHeader: 4 }"],
];

sameAsWorkers(
  "servers of node:http",
  modules,
  snippets({
    listen: `const first = http.createServer(); const before = [first.listening, first.address()];
      const events = []; first.on("listening", () => events.push("listening"));
      const same = first.listen(5001, "0.0.0.0", () => events.push("callback")) === first;
      const during = [first.listening, first.address(), events.length];
      await scheduler.wait(1);
      return [before, same, during, events, caught(() => first.listen(5002)), caught(() => http.createServer().listen(5001))];`,
    "listen at any port, unless they are told which": `return [[0], [], ["/path"], [null], [{}], [{ path: "/x" }], [{ port: 5003 }], ["5004"], [{ port: 5005, host: "1.2.3.4" }]]
      .map((args) => http.createServer().listen(...args).address()).map(({ port, ...rest }) => [port > 5005 || port < 5003 ? "any" : port, rest]);`,
    close: `const events = []; const server = http.createServer().on("close", () => events.push("close"));
      server.listen(5010).close((error) => events.push(error ?? null));
      const after = [server.listening, server.address()];
      await scheduler.wait(1);
      const none = await cloudflare.handleAsNodeRequest(5010, new Request("http://x/")).catch((error) => error);
      return [after, events, none, server.listen(5010).listening];`,
    "check their options": `return [${ERRORS_OF_OPTIONS.map((args) => `() => http.createServer(${args})`)}].map(caught).map(({ name, code, message }) => [name, code, message]);`,
    "have settings": `const { timeout, requestTimeout, headersTimeout, keepAliveTimeout, maxHeadersCount, requireHostHeader } = http.createServer();
      return [timeout, requestTimeout, headersTimeout, keepAliveTimeout, maxHeadersCount, requireHostHeader, new https.Server() instanceof http.Server];`,
    "are found by their port": `const described = [undefined, null, {}, { port: "80" }, { port: 70000 }, { port: -1 }, "80", { port: 1234 }, 1234];
      const handlers = described.map((one) => caught(() => Object.keys(cloudflare.httpServerHandler(one))));
      const missing = await cloudflare.httpServerHandler({ port: 1234 }).fetch(new Request("http://x/")).catch((error) => error);
      return [handlers, missing, Object.keys(cloudflare), Object.keys(cloudflare.httpServerHandler(http.createServer()))];`,
  }),
);

sameAsWorkers(
  "requests to a server",
  modules,
  snippets({
    "have a method, a path and headers": `let seen;
      await answer((request, response) => {
        const { method, url, headers, rawHeaders, headersDistinct, httpVersion, httpVersionMajor, aborted, trailers, statusCode } = request;
        seen = [method, url, headers, rawHeaders, headersDistinct, httpVersion, httpVersionMajor, aborted, trailers, statusCode, request instanceof http.IncomingMessage];
        response.end();
      }, { method: "POST", headers: [["A", "1"], ["a", "2"], ["content-type", "text/plain"], ["content-length", "1"], ["host", "other"]], body: "x" });
      return seen;`,
    "have a path that is encoded": `let seen; await answer((request, response) => { seen = request.url; response.end(); }, {}, "https://u:p@h.test:444/a%20b?c=d#e"); return seen;`,
    "have a body": `return answer(async (request, response) => { let body = ""; for await (const chunk of request) body += chunk; response.end(Buffer.isBuffer(body) + body); }, { method: "POST", body: "the body" });`,
    "end, and are complete": `const seen = []; await answer((request, response) => request.on("data", (chunk) => seen.push(String(chunk))).on("end", () => { seen.push(request.complete); response.end(); }), { method: "PUT", body: "x" }); return seen;`,
    "have what is known of a connection": `let seen; await answer(({ socket, connection }, response) => { const { encrypted, readable, remoteAddress, remoteFamily, localAddress } = socket; seen = [connection === socket, encrypted, readable, remoteAddress, remoteFamily, localAddress, typeof socket.on, response.socket]; response.end(); }, {}, "https://x.test/"); return seen;`,
    "bring what the handler was given": `let seen; const server = http.createServer((request, response) => { seen = request.cloudflare; response.end(); }).listen(0);
      const [env, ctx] = [{ A: 1 }, { b: 2 }];
      await cloudflare.httpServerHandler(server).fetch(new Request("http://x/"), env, ctx);
      return [Object.keys(seen).sort(), seen.env === env, seen.ctx === ctx];`,
    "emit events of the server": `const events = []; const server = http.createServer().on("connection", () => events.push("connection")).on("request", (_, response) => { events.push("request"); response.end(); }).on("checkContinue", () => events.push("continue"));
      server.listen(0);
      await cloudflare.handleAsNodeRequest(server.address().port, new Request("http://x/", { headers: { Expect: "100-continue" } }));
      return events;`,
    "can be piped": `return answer((request, response) => request.pipe(response), { method: "POST", body: "piped" });`,
  }),
);

/** A standard status text is that of Node, not "unknown". */
const STATUSES = [200, 201, 204, 299, 304, 404, 500, 599, 99, 100, 199, 1000, '"x"', "null"];

sameAsWorkers(
  "responses of a server",
  modules,
  snippets({
    "have one length when they are given at once": `return [await answer((_, response) => response.end("héllo")), await answer((_, response) => response.end(Buffer.from("x"))), await answer((_, response) => response.end("ZA==", "base64")), await answer((_, response) => response.end())];`,
    "are streamed when they are written": `const parts = []; const response = await serve(async (_, response) => { response.write("one"); await scheduler.wait(5); response.write(Buffer.from("two")); await scheduler.wait(5); response.end("three"); });
      for await (const part of response.body) parts.push(new TextDecoder().decode(part));
      return [parts, [...response.headers]];`,
    "have statuses": `const seen = []; for (const status of [${STATUSES}]) seen.push(await answer((_, response) => { try { response.writeHead(status).end(); } catch ({ name, code, message }) { response.statusCode = 500; response.end(JSON.stringify([name, code, message])); } })); return seen;`,
    "have headers": `return [
      await answer((_, response) => response.writeHead(404, "Nope", { "X-A": "1", "Set-Cookie": ["a=1", "b=2"] }).end("nf")),
      await answer((_, response) => response.writeHead(200, ["A", "1", "B", "2", "A", "3"]).end("x")),
      await answer((_, response) => response.setHeader("A", "0").setHeader("C", "0").writeHead(200, ["A", "1", "A", "3"]).end("x")),
      await answer((_, response) => response.writeHead(200, { "content-length": "3" }).end("abc")),
      await answer((_, response) => { response.setHeader("X", ["1", "2"]); response.appendHeader("X", "3"); response.setHeaders(new Map([["m", "v"]])); response.removeHeader("m"); response.end(JSON.stringify([response.getHeaders(), response.getHeaderNames(), response.getRawHeaderNames(), response.hasHeader("x")])); }),
    ];`,
    "have a text of their own": `const response = await serve((_, response) => response.writeHead(418, "Tea").end()); return response.statusText;`,
    "show their head": `let seen; await answer((_, response) => { const before = [response._header, response.headersSent, response.statusCode]; response.setHeader("a", 1); response.writeHead(201, "Hi", { b: "2" }); seen = [before, response._header, response.headersSent, response.statusMessage, response.statusCode]; response.end("x"); }); return seen;`,
    "refuse headers once they are sent": `let seen; await answer((_, response) => { response.write("x"); seen = [() => response.setHeader("a", "b"), () => response.writeHead(200), () => response.appendHeader("a", "b"), () => response.removeHeader("a"), () => response.flushHeaders()].map(caught); response.end(); }); return seen;`,
    "check headers": `let seen; await answer((_, response) => { seen = [() => response.setHeader("a b", "c"), () => response.setHeader("ab", undefined), () => response.setHeader("ab", "\\u0100"), () => response.setHeader(), () => response.setHeaders({}), () => response.getHeader(), () => response.removeHeader()].map(caught); response.end(); }); return seen;`,
    "check what is written": `let seen; await answer((_, response) => { seen = [() => response.write(5), () => response.write(null), () => response.write(), () => response.end({})].map(caught); response.end(); }); return seen;`,
    "refuse what comes after the end": `const seen = []; await answer((_, response) => { response.on("error", () => {}); response.end("y"); response.write("z", (error) => seen.push(error)); seen.push(response.end() === response, response.finished, response.writableEnded); }); await scheduler.wait(1); return seen;`,
    "finish and close": `const seen = []; await answer((_, response) => { response.on("prefinish", () => seen.push("prefinish")).on("finish", () => seen.push("finish")); response.write("a", () => seen.push("a")); response.end("e"); }); await scheduler.wait(1); return seen;`,
    "can be corked": `return answer((_, response) => { response.cork(); response.write("a"); response.write("b"); response.uncork(); response.end("c"); });`,
    "have no other kinds of messages": `let seen; await answer((_, response) => { seen = caught(() => response.writeContinue()); response.end(); }); return seen;`,
    "fail with what the handler throws": `return serve(() => { throw new Error("boom"); }).catch((error) => error);`,
    "fail when they are destroyed": `const early = await serve((_, response) => response.destroy(new Error("early"))).catch((error) => error);
      const late = await serve((_, response) => { response.write("x"); response.destroy(new Error("late")); });
      return [early, await late.text().catch((error) => error)];`,
    "are not compressed again": `return answer((_, response) => response.writeHead(200, { "Content-Encoding": "gzip", "Content-Length": 3 }).end(Buffer.from([1, 2, 3]))).then(([, headers]) => headers);`,
  }),
  {},
);

/** A worker whose handler is that of a server. */
const worker = (handler) => `import http from "node:http"; import { httpServerHandler } from "cloudflare:node";
  http.createServer(${handler}).listen(8080);
  export default httpServerHandler({ port: 8080 });`;
const served = (t, handler, options) => create(t, { script: worker(handler), ...FLAGS, ...options });

describe("a worker that is a server of node:http", () => {
  test("answers", async (t) => {
    const mf = served(
      t,
      `async (request, response) => { response.setHeader("Content-Type", "application/json"); let body = ""; for await (const chunk of request) body += chunk; response.end(JSON.stringify([request.method, request.url, request.headers.host, body, request.cloudflare.env.NAME])); }`,
      { bindings: { NAME: "value" } },
    );
    const response = await mf.dispatchFetch("http://localhost:8787/a?b", { method: "POST", body: "text" });
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.deepEqual(await response.json(), ["POST", "/a?b", "localhost:8787", "text", "value"]);
  });

  test("answers over HTTP, with a body that streams", async (t) => {
    const mf = served(
      t,
      `(request, response) => { if (request.url === "/echo") return request.pipe(response); response.write("one"); setTimeout(() => response.end("two"), 5); }`,
      { port: 0 },
    );
    const server = await mf.startServer();
    t.after(() => server.close());
    const { port } = server.address();
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "onetwo");
    const request = http.request({ port, path: "/echo", method: "PUT" });
    request.write("a");
    const [message] = await once(request, "response");
    assert.equal(String((await once(message, "data"))[0]), "a");
    request.end("b");
    assert.equal(String((await once(message, "data"))[0]), "b");
  });

  test("sends no faster than its client reads", async (t) => {
    const script = `import http from "node:http"; import { handleAsNodeRequest } from "cloudflare:node";
      const events = [];
      http.createServer((_, response) => { events.push(response.write(Buffer.alloc(100_000))); response.on("drain", () => { events.push("drain"); response.end(); }); }).listen(1);
      export default { async fetch(request) {
        const response = await handleAsNodeRequest(1, request);
        await scheduler.wait(1);
        const before = [...events];
        return Response.json([before, (await response.arrayBuffer()).byteLength, events]);
      } };`;
    assert.deepEqual(await json(create(t, { script, ...FLAGS })), [[false], 100_000, [false, "drain"]]);
  });

  test("has the headers that each request over HTTP has", async (t) => {
    const mf = served(t, `(request, response) => response.end(JSON.stringify([request.headers, request.rawHeaders]))`);
    const host = ["host", "x.test:1"];
    const chunked = ["transfer-encoding", "chunked"];
    const bare = await (await mf.dispatchFetch("http://x.test:1/")).json();
    assert.deepEqual(bare, [Object.fromEntries([host]), host]);
    const [headers] = await (await mf.dispatchFetch("http://x.test:1/", { method: "POST", body: "x" })).json();
    assert.deepEqual([headers.host, headers["transfer-encoding"]], [host[1], chunked[1]]);
  });

  test("answers HEAD without a body", async (t) => {
    const mf = served(
      t,
      `(request, response) => { if (request.url === "/end") return response.end("body"); response.setHeader("Content-Length", 7); if (request.url === "/write") response.write("body"); response.end(); }`,
    );
    for (const [path, length] of Object.entries({ end: "4", set: "7", write: "7" })) {
      const response = await mf.dispatchFetch(`${URL_ROOT}${path}`, { method: "HEAD" });
      assert.deepEqual([response.headers.get("content-length"), await response.text()], [length, ""]);
    }
  });

  test("hears that its client has gone", async (t) => {
    const script = `import http from "node:http"; import { handleAsNodeRequest } from "cloudflare:node";
      const events = [];
      http.createServer((request, response) => { request.on("aborted", () => events.push("aborted")); response.on("close", () => events.push("close", response.writableEnded)); response.write("x"); }).listen(1);
      export default { async fetch() {
        const { readable } = new TransformStream();
        const response = await handleAsNodeRequest(1, new Request("http://x/", { method: "POST", body: readable }));
        const reader = response.body.getReader();
        await reader.read();
        await reader.cancel();
        await scheduler.wait(1);
        return Response.json(events);
      } };`;
    assert.deepEqual(await json(create(t, { script, ...FLAGS })), ["aborted", "close", false]);
  });

  test("fails with what an asynchronous handler throws", async (t) => {
    const mf = served(t, `async () => { throw new TypeError("boom"); }`);
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.deepEqual([error.name, error.message], ["TypeError", "boom"]);
  });

  test("fails when it destroys a request or a response without a reason", async (t) => {
    for (const what of ["request", "response", "request.socket"]) {
      const mf = served(t, `(request, response) => { ${what}.destroy(); }`);
      const { code, message } = await rejection(mf.dispatchFetch(URL_ROOT));
      assert.deepEqual([code, message], ["ECONNRESET", "The handler destroyed the response before its end"]);
    }
  });

  test("has Node's texts of statuses", async (t) => {
    const mf = served(
      t,
      `(request, response) => { response.statusCode = Number(request.url.slice(1)); response.end(); }`,
    );
    const texts = [];
    for (const status of [200, 205, 404, 599]) texts.push((await mf.dispatchFetch(`${URL_ROOT}${status}`)).statusText);
    assert.deepEqual(texts, ["OK", "Reset Content", "Not Found", "unknown"]);
    assert.equal((await rejection(mf.dispatchFetch(`${URL_ROOT}600`))).code, "ERR_HTTP_INVALID_STATUS_CODE");
  });

  test("may listen with classes of its own", async (t) => {
    const script = `import http from "node:http"; import { httpServerHandler } from "cloudflare:node";
      class Incoming extends http.IncomingMessage { get name() { return "incoming"; } }
      class Outgoing extends http.ServerResponse { send(value) { return this.end(JSON.stringify(value)); } }
      export default httpServerHandler(http.createServer({ IncomingMessage: Incoming, ServerResponse: Outgoing }, (request, response) => response.send([request.name])));`;
    assert.deepEqual(await json(create(t, { script, ...FLAGS })), ["incoming"]);
  });

  test("refuses ports that there are not", async (t) => {
    const script = `import http from "node:http";
      const caught = (port) => { try { http.createServer().listen(port); } catch ({ name, code, message }) { return [name, code, message]; } };
      export default { fetch: () => Response.json([caught(70000), caught({ port: -1 }), caught({ port: "x" })]) };`;
    const error = (shown) => [
      "RangeError",
      "ERR_SOCKET_BAD_PORT",
      `options.port should be >= 0 and < 65536. Received ${shown}.`,
    ];
    const expected = ["type number (70000)", "type number (-1)", "type string ('x')"].map(error);
    assert.deepEqual(await json(create(t, { script, ...FLAGS })), expected);
  });
});

describe("the flag enable_nodejs_http_server_modules", () => {
  const script = `import http from "node:http"; import * as node from "cloudflare:node";
    const outcome = () => { try { return http.createServer().listen(1).listening; } catch (error) { return [error.code, error.message]; } };
    export default { fetch: () => Response.json([Object.keys(node), outcome()]) };`;
  const names = ["handleAsNodeRequest", "httpServerHandler"];
  const refused = ["ERR_METHOD_NOT_IMPLEMENTED", "The createServer method is not implemented"];
  const outcome = (t, options) => json(create(t, { script, ...options }));

  test("is on from 2025-09-01", async (t) => {
    assert.deepEqual(await outcome(t, { ...FLAGS, compatibilityDate: "2025-08-31" }), [names, refused]);
    assert.deepEqual(await outcome(t, { ...FLAGS, compatibilityDate: "2025-09-01" }), [names, true]);
  });

  test("can be set and unset", async (t) => {
    const flags = (flag) => ({ ...FLAGS, compatibilityFlags: ["nodejs_compat", flag] });
    const early = { ...flags("enable_nodejs_http_server_modules"), compatibilityDate: "2025-08-15" };
    assert.deepEqual(await outcome(t, early), [names, true]);
    assert.deepEqual(await outcome(t, flags("disable_nodejs_http_server_modules")), [names, refused]);
  });

  test("is not needed to import cloudflare:node", async (t) => {
    const script = `import * as node from "cloudflare:node"; export default { fetch: () => Response.json(Object.keys(node)) };`;
    assert.deepEqual(await json(create(t, { script, compatibilityDate: "2023-01-01" })), names);
  });
});
