// Tags: every-node
// The way from a worker's socket to its server: TLS, proxies, credentials, and the process that ends meanwhile.

import { describe } from "node:test";
import assert from "node:assert/strict";
import net from "node:net";
import { runScript } from "../support/child.mjs";
import { deferred, evaluate } from "../support/dispatch.mjs";
import { certificate, serveCounted } from "../support/server.mjs";
import { echo, OPEN, serveSockets, serveSocketsTls } from "../support/socket-server.mjs";
import { test } from "../support/test.mjs";

const run = (t, body, options) => evaluate(t, `${OPEN}${body}`, options);
const TRUSTING = { fetchCa: certificate("ca.pem") };
const TALK = `ws.send("secret"); return await next();`;

describe("TLS", () => {
  for (const http1 of [true, false]) {
    test(`protects a socket of a server ${http1 ? "that speaks HTTP/1.1" : "that would speak HTTP/2"}`, async (t) => {
      const origin = await serveSocketsTls(t, echo, { http1 });
      const seen = await run(
        t,
        `const byFetch = async () => { const { ws, next } = await open("${origin}/"); ${TALK} };
        const byClass = async () => {
          const { ws, next } = listen(new WebSocket("${origin.replace("https", "wss")}/"));
          await next();
          ${TALK}
        };
        return [await byFetch(), await byClass()];`,
        TRUSTING,
      );
      assert.deepEqual(seen, [
        ["message", "secret"],
        ["message", "secret"],
      ]);
    });
  }

  test("refuses a server that nothing vouches for", async (t) => {
    const origin = await serveSocketsTls(t, echo);
    const code = await run(t, `return open("${origin}/").catch(({ code }) => code);`);
    assert.equal(code, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  });
});

test("a user in a URL is authorized by a header", async (t) => {
  const asked = deferred();
  const origin = await serveSockets(t, (_, { headers }) => asked.resolve(headers));
  await run(t, `await open("${origin.replace("//", "//user:p%C3%A9@")}/");`);
  const { authorization, host } = await asked.promise;
  assert.deepEqual([authorization, host], [`Basic ${Buffer.from("user:pé").toString("base64")}`, new URL(origin).host]);
});

describe("a proxy in the environment", () => {
  const CLEAN = Object.fromEntries(
    ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].flatMap((name) => [
      [name, ""],
      [name.toLowerCase(), ""],
    ]),
  );

  /** A proxy whose tunnels lead to a port, and what it was asked for. */
  async function serveProxy(t, port) {
    const seen = [];
    const proxy = await serveCounted(t, (request, response) => {
      seen.push(request.method);
      response.end();
    });
    proxy.server.on("connect", ({ url, headers }, socket) => {
      seen.push(["CONNECT", url, headers["proxy-authorization"]]);
      const target = net.connect(port, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      target.on("error", () => socket.destroy()).pipe(socket);
      socket.on("error", () => target.destroy()).pipe(target);
    });
    return { ...proxy, seen };
  }

  async function talk(url, env, options = {}) {
    const script = `${OPEN}export default { async fetch() {
      try {
        const { ws, next } = await open("${url}");
        ws.send("through");
        const [, text] = await next();
        ws.close(1000);
        await next();
        return new Response(text);
      } catch (error) {
        return new Response(error.message);
      }
    } }`;
    const { stdout, stderr } = await runScript(
      `const mf = new Miniflare({ ...${JSON.stringify(options)}, modules: true, script: ${JSON.stringify(script)} });
      console.log(await (await mf.dispatchFetch("http://localhost/")).text());
      await mf.dispose();`,
      { env: { ...process.env, ...CLEAN, ...env } },
    );
    return `${stdout}${stderr}`.trim();
  }

  test("opens a tunnel, for sockets without TLS too", async (t) => {
    const origin = await serveSockets(t, echo);
    const { origin: proxy, seen } = await serveProxy(t, new URL(origin).port);
    const env = { HTTP_PROXY: proxy.replace("//", "//user:pw@") };
    assert.equal(await talk("http://example.test/", env), "through");
    assert.deepEqual(seen, [["CONNECT", "example.test:80", `Basic ${Buffer.from("user:pw").toString("base64")}`]]);
  });

  test("opens a tunnel for TLS", async (t) => {
    const origin = await serveSocketsTls(t, echo);
    const { port } = new URL(origin);
    const { origin: proxy, seen } = await serveProxy(t, port);
    assert.equal(await talk(`https://example.test:${port}/`, { HTTPS_PROXY: proxy }, TRUSTING), "through");
    assert.deepEqual(seen, [["CONNECT", `example.test:${port}`, undefined]]);
  });
});

describe("a process", () => {
  const script = `${OPEN}let socket; export default { async fetch(request) {
    socket = await open(await request.text());
    return new Response("open");
  } }`;

  test("may exit while a socket is open, in the middle of messages", async (t) => {
    const origin = await serveSockets(t, (socket) => {
      const send = () => socket.readyState === socket.OPEN && socket.send("x".repeat(10_000), () => setImmediate(send));
      send();
    });
    const { code, signal, stderr, timedOut } = await runScript(
      `const mf = new Miniflare({ modules: true, script: ${JSON.stringify(script)} });
      await mf.dispatchFetch("http://localhost/", { method: "POST", body: "${origin}" });
      process.exit(7);`,
    );
    assert.deepEqual([code, signal, stderr, timedOut], [7, null, "", false]);
  });
});
