// `node:http` and `node:https` in a worker: clients, over `fetch`.

import { describe } from "node:test";
import assert from "node:assert/strict";
import http from "node:http";
import { once } from "node:events";
import { json } from "../support/dispatch.mjs";
import { create, createFetchMock } from "../support/miniflare.mjs";
import { FLAGS } from "../support/nodejs.mjs";
import { certificate, serveTls } from "../support/server.mjs";
import { test } from "../support/test.mjs";

/** Tells what a request was, and answers `/…` by its path. */
async function serve(t) {
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    if (request.url === "/redirect") return response.writeHead(302, { Location: "/other" }).end();
    if (request.url === "/never") return;
    response.setHeader("Set-Cookie", ["a=1", "b=2"]);
    response.setHeader("X-Method", request.method);
    response.writeHead(201, "Made");
    response.end(JSON.stringify({ url: request.url, headers: request.headers, body }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return server.address().port;
}

function run(t, body, { env = {}, ...options } = {}) {
  const script = `import http from "node:http"; import https from "node:https"; import { once } from "node:events";
    const text = async (message) => { let read = ""; for await (const chunk of message) read += chunk; return read; };
    const answer = async (request) => { const [message] = await once(request, "response"); return [message, await text(message)]; };
    export default { async fetch(request, { port }) { return Response.json(await (async () => { ${body} })() ?? null); } };`;
  return json(create(t, { script, ...FLAGS, bindings: env, ...options }));
}

describe("node:http", () => {
  test("gets", async (t) => {
    const port = await serve(t);
    const seen = await run(
      t,
      `const [message, body] = await answer(http.get({ host: "127.0.0.1", port, path: "/a?b", headers: { "X-Test": "1" }, auth: "user:password" }));
       const { url, headers } = JSON.parse(body);
       return [message.statusCode, message.statusMessage, message.headers["set-cookie"], message.headers["x-method"], message.complete, url, headers["x-test"], headers.authorization];`,
      { env: { port } },
    );
    const authorization = `Basic ${btoa("user:password")}`;
    assert.deepEqual(seen, [201, "Made", ["a=1", "b=2"], "GET", true, "/a?b", "1", authorization]);
  });

  test("posts what is written", async (t) => {
    const port = await serve(t);
    const seen = await run(
      t,
      `const request = http.request("http://127.0.0.1:" + port + "/post", { method: "post", headers: [["Content-Type", "text/plain"]] });
       request.setHeader("X-A", ["1", "2"]);
       const before = [request.method, request.path, request.host === "127.0.0.1:" + port, request.getHeader("x-a"), request.hasHeader("X-A"), request.getHeaderNames().sort(), request.headersSent];
       request.write("one ");
       request.write(new Uint8Array([116, 119, 111]));
       request.end("!");
       const [, body] = await answer(request);
       const sent = JSON.parse(body);
       let code; try { request.setHeader("late", "1"); } catch (error) { code = error.code; }
       return [before, sent.body, sent.headers["content-type"], sent.headers["x-a"], code];`,
      { env: { port } },
    );
    const before = ["POST", "/post", true, ["1", "2"], true, ["content-type", "host", "x-a"], false];
    assert.deepEqual(seen, [before, "one two!", "text/plain", "1, 2", "ERR_HTTP_HEADERS_SENT"]);
  });

  test("does not follow redirects", async (t) => {
    const port = await serve(t);
    const seen = await run(
      t,
      `const [message] = await answer(http.get("http://127.0.0.1:" + port + "/redirect")); return [message.statusCode, message.headers.location];`,
      { env: { port } },
    );
    assert.deepEqual(seen, [302, "/other"]);
  });

  test("emits errors, aborts and timeouts", async (t) => {
    const port = await serve(t);
    const seen = await run(
      t,
      `const refused = await once(http.get("http://127.0.0.1:1/"), "error");
       const aborted = http.get("http://127.0.0.1:" + port + "/never");
       aborted.on("error", () => {}).destroy();
       const lost = http.get("http://127.0.0.1:" + port + "/never");
       queueMicrotask(() => lost.destroy());
       const [hungUp] = await once(lost, "error");
       const slow = http.get("http://127.0.0.1:" + port + "/never", { timeout: 1 });
       await once(slow, "timeout");
       slow.on("error", () => {}).destroy();
       const controller = new AbortController();
       const signalled = http.get("http://127.0.0.1:" + port + "/never", { signal: controller.signal });
       controller.abort();
       const [stopped] = await once(signalled, "error");
       return [refused[0].code, aborted.destroyed, hungUp.code, hungUp.message, stopped.name];`,
      { env: { port } },
    );
    assert.deepEqual(seen, ["ECONNREFUSED", true, "ECONNRESET", "socket hang up", "AbortError"]);
  });

  test("checks what it is given, as Node does", async (t) => {
    const cases = [
      `http.request({ method: "a b" })`,
      `http.request({ path: "/a b" })`,
      `http.request({ protocol: "ftp:" })`,
      `http.request(5)`,
      `http.request({ headers: { "a b": "1" } })`,
      `http.request({ headers: { a: "\\u0000" } })`,
      `http.validateHeaderName("a:")`,
      `http.validateHeaderValue("a", undefined)`,
    ];
    const seen = await run(
      t,
      `return [${cases.map((one) => `() => ${one}`)}].map((work) => { try { work().on("error", () => {}).destroy(); } catch (error) { return error.code; } });`,
    );
    const codes = cases.map((one) => {
      try {
        new Function("http", `return ${one}`)(http)
          ?.on("error", () => {})
          .destroy();
      } catch (error) {
        return error.code;
      }
      return null;
    });
    assert.deepEqual(seen, codes);
  });

  test("goes through a mock", async (t) => {
    const fetchMock = createFetchMock();
    fetchMock.disableNetConnect();
    fetchMock.get("https://example.com").intercept({ path: "/a" }).reply(200, "mocked");
    const seen = await run(t, `return (await answer(https.get("https://example.com/a")))[1];`, { fetchMock });
    assert.equal(seen, "mocked");
  });
});

describe("node:https", () => {
  test("speaks TLS with whom fetch trusts", async (t) => {
    const { port } = await serveTls(t, (_request, response) => response.end("secret"));
    const seen = await run(
      t,
      `const [message, body] = await answer(https.get({ hostname: "localhost", port })); return [message.statusCode, body, https.globalAgent.defaultPort, new https.Agent({ keepAlive: true }).keepAlive];`,
      { env: { port }, fetchCa: certificate("ca.pem") },
    );
    assert.deepEqual(seen, [200, "secret", 443, true]);
  });
});
