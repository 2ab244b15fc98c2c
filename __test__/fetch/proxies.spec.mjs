// Proxies that the environment names, as other HTTP clients take them from there.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { runScript } from "../support/child.mjs";
import { certificate, serveCounted, serveSocket, serveTls } from "../support/server.mjs";
import { test } from "../support/test.mjs";

const CLEAN = {
  ALL_PROXY: "",
  HTTP_PROXY: "",
  HTTPS_PROXY: "",
  NO_PROXY: "",
  all_proxy: "",
  http_proxy: "",
  https_proxy: "",
  no_proxy: "",
};

/** What a worker in a process with this environment gets for `url`, and what the process warns of. */
async function asked(url, env, options = {}) {
  const result = await runScript(
    `
    const mf = new Miniflare({ ...${JSON.stringify(options)}, modules: true, script: \`export default {
      fetch: () => fetch("${url}").catch(({ cause }) => new Response(cause.code + " " + cause.message)) }\` });
    console.log(await (await mf.dispatchFetch("http://localhost/")).text());
    await mf.dispose();`,
    { env: { ...process.env, ...CLEAN, ...env }, nodeArgs: ["--warnings"] },
  );
  return { text: result.stdout.trim(), warnings: result.stderr };
}

const ask = async (...args) => (await asked(...args)).text;

/** A proxy that answers requests itself and says what they were; tunnels lead to `port`. */
async function serveProxy(t, port = 0, status = 200) {
  const seen = [];
  const proxy = await serveCounted(t, (request, response) => {
    seen.push([request.url, request.headers["proxy-authorization"]]);
    response.end("proxied");
  });
  proxy.server.on("connect", (request, socket) => {
    seen.push([request.url, request.headers["proxy-authorization"]]);
    if (status !== 200) return socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const target = net.connect(port, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    target.on("error", () => socket.destroy()).pipe(socket);
    socket.on("error", () => target.destroy()).pipe(target);
  });
  return { ...proxy, seen };
}

/** A SOCKS 5 proxy; whoever asks gets a connection to `port`, and `seen` has the host and port that were asked for. */
async function serveSocks(t, port, { user, password } = {}) {
  const seen = [];
  const origin = await serveSocket(t, async (socket) => {
    const receive = async () => (await once(socket, "data"))[0];
    const methods = await receive();
    assert.equal(methods[0], 5);
    socket.write(Buffer.from([5, user === undefined ? 0 : 2]));
    if (user !== undefined) {
      const login = await receive();
      const length = login[1];
      seen.push([login.subarray(2, 2 + length).toString(), login.subarray(3 + length).toString()]);
      socket.write(Buffer.from([1, seen.at(-1).join() === `${user},${password}` ? 0 : 1]));
    }
    const request = await receive();
    const name = request.subarray(5, 5 + request[4]).toString();
    seen.push([request[3] === 3 ? name : "an address", request.readUInt16BE(request.length - 2)]);
    const target = net.connect(port, "127.0.0.1", () => socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])));
    target.on("error", () => socket.destroy()).pipe(socket);
    socket.on("error", () => target.destroy()).pipe(target);
  });
  return { host: new URL(origin).host, seen };
}

describe("a proxy in the environment", () => {
  test("is asked for what is on plain HTTP", async (t) => {
    const { origin, seen } = await serveProxy(t);
    assert.equal(await ask("http://example.test/a?b", { HTTP_PROXY: origin }), "proxied");
    assert.equal(await ask("http://example.test/c", { http_proxy: origin.replace("//", "//user:secret@") }), "proxied");
    const authorization = `Basic ${btoa("user:secret")}`;
    assert.deepEqual(seen, [
      ["http://example.test/a?b", undefined],
      ["http://example.test/c", authorization],
    ]);
  });

  test("is asked for a tunnel to what is on HTTPS", async (t) => {
    const { port } = await serveTls(t, (request, response) => response.end(`tunnelled ${request.httpVersion}`));
    const { origin, seen } = await serveProxy(t, port);
    const trusting = { fetchCa: certificate("ca.pem") };
    assert.equal(await ask("https://example.test/", { HTTPS_PROXY: origin }, trusting), "tunnelled 2.0");
    assert.deepEqual(seen, [["example.test:443", undefined]]);
  });

  test("may be one of SOCKS 5, which finds the host itself", async (t) => {
    const server = await serveCounted(t, (request, response) => response.end(`${request.headers.host}${request.url}`));
    const { host, seen } = await serveSocks(t, server.port);
    assert.equal(await ask("http://example.test/a", { ALL_PROXY: `socks5h://${host}` }), "example.test/a");
    const trusting = { fetchCa: certificate("ca.pem") };
    const { port } = await serveTls(t, (request, response) => response.end(`tunnelled ${request.httpVersion}`));
    const secure = await serveSocks(t, port, { user: "me", password: "secret" });
    const proxy = `socks5h://me:secret@${secure.host}`;
    assert.equal(await ask("https://example.test/", { HTTPS_PROXY: proxy }, trusting), "tunnelled 2.0");
    assert.deepEqual(seen, [["example.test", 80]]);
    assert.deepEqual(secure.seen, [
      ["me", "secret"],
      ["example.test", 443],
    ]);
  });

  test("may be reached over TLS itself", async (t) => {
    const { origin } = await serveTls(t, (request, response) => response.end(`${request.url} ${request.httpVersion}`));
    const trusting = { fetchCa: certificate("ca.pem") };
    assert.equal(await ask("http://example.test/a", { HTTP_PROXY: origin }, trusting), "http://example.test/a 1.1");
    assert.match(
      await ask("http://example.test/a", { HTTP_PROXY: origin }),
      /^UNABLE_TO_VERIFY_LEAF_SIGNATURE by the proxy https:\/\/localhost:\d+\/: unable to verify/,
    );
  });

  test("is not asked for hosts that NO_PROXY names, nor for this machine", async (t) => {
    const { origin, seen } = await serveProxy(t);
    const server = await serveCounted(t, (_, response) => response.end("direct"));
    assert.equal(await ask(server.origin, { ALL_PROXY: origin }), "direct");
    assert.match(await ask("http://host.invalid/", { ALL_PROXY: origin, NO_PROXY: "invalid" }), /^E\w+ getaddrinfo/);
    assert.deepEqual(seen, []);
  });

  test("that is invalid causes a warning, and is not used", async (t) => {
    const { origin, seen } = await serveProxy(t);
    for (const value of ["ftp://me:secret@proxy.test", "socks4://proxy.test", "http://["]) {
      const { text, warnings } = await asked("http://host.invalid/", { HTTPS_PROXY: origin, HTTP_PROXY: value });
      assert.match(text, /^E\w+ getaddrinfo/);
      assert.match(warnings, /Ignoring the environment variable HTTP_PROXY: it is no URL of a proxy \(http:\/\/, /);
      assert.doesNotMatch(warnings, /secret|HTTPS_PROXY/);
    }
    assert.deepEqual(seen, []);
  });

  test("may be named without its protocol", async (t) => {
    const { origin } = await serveProxy(t);
    assert.equal(await ask("http://example.test/", { http_proxy: new URL(origin).host }), "proxied");
  });

  test("is named when it refuses, or is not there", async (t) => {
    const { origin } = await serveProxy(t, 0, 407);
    assert.match(await ask("https://example.test/", { HTTPS_PROXY: origin }), /^ERR_PROXY_TUNNEL by the proxy http:/);
    assert.match(
      await ask("http://example.test/", { HTTP_PROXY: "http://127.0.0.1:1" }),
      /^ECONNREFUSED by the proxy http:\/\/127\.0\.0\.1:1\/: connect ECONNREFUSED 127\.0\.0\.1:1 \(example\.test:80\)$/,
    );
  });
});
