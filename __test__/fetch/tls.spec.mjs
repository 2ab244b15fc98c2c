// HTTPS: HTTP/2 and HTTP/1.1, whom a worker's fetch trusts, and what it says of those it does not.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { constants } from "node:http2";
import { fileURLToPath } from "node:url";
import { create, createInvalid } from "../support/miniflare.mjs";
import { deferred, evaluate, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { runScript } from "../support/child.mjs";
import { certificate, serveTls } from "../support/server.mjs";
import { test } from "../support/test.mjs";

const pathOf = (file) => fileURLToPath(new URL(`certificates/${file}`, import.meta.url));
const TRUSTING = { fetchCa: certificate("ca.pem") };

const echo = (request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    response.setHeader("x-version", request.httpVersion);
    response.end(`${request.method} ${Buffer.concat(chunks)}`);
  });
};

/** `[code, message]` of the cause that a fetch of `url` fails with, or the text that it answers with. */
const askFor = (t, url, options) =>
  evaluate(
    t,
    `return fetch("${url}").then((response) => response.text(), ({ cause }) => [cause.code, cause.message]);`,
    options,
  );

describe("HTTPS", () => {
  test("speaks HTTP/2 with a server that does", async (t) => {
    const { origin } = await serveTls(t, echo);
    const seen = await evaluate(
      t,
      `
      const response = await fetch("${origin}/", { method: "POST", body: "sent" });
      return [response.headers.get("x-version"), response.status, await response.text()];`,
      TRUSTING,
    );
    assert.deepEqual(seen, ["2.0", 200, "POST sent"]);
  });

  test("speaks HTTP/1.1 with a server that speaks nothing else", async (t) => {
    const { origin } = await serveTls(t, echo, { http1: true });
    const version = await evaluate(t, `return (await fetch("${origin}/")).headers.get("x-version");`, TRUSTING);
    assert.equal(version, "1.1");
  });

  test("carries many requests over one HTTP/2 connection", async (t) => {
    const { origin, connections } = await serveTls(t, (request, response) =>
      setTimeout(() => response.end(request.url), 5),
    );
    const seen = await evaluate(
      t,
      `
      await (await fetch("${origin}/first")).text();
      const paths = Array.from({ length: 30 }, (_, n) => "/" + n);
      const texts = await Promise.all(paths.map(async (path) => (await fetch("${origin}" + path)).text()));
      return texts.join() === paths.join();`,
      TRUSTING,
    );
    assert.deepEqual([seen, connections()], [true, 1]);
  });

  test("streams a body both ways over HTTP/2", async (t) => {
    const { origin } = await serveTls(t, (request, response) => {
      response.writeHead(200);
      response.flushHeaders();
      request.pipe(response);
    });
    const seen = await evaluate(
      t,
      `
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      const response = await fetch("${origin}/", { method: "POST", body: readable });
      const reader = response.body.getReader();
      const seen = [];
      for (const part of ["one", "two"]) {
        void writer.write(new TextEncoder().encode(part));
        seen.push(new TextDecoder().decode((await reader.read()).value));
      }
      await writer.close();
      return [...seen, (await reader.read()).done];`,
      TRUSTING,
    );
    assert.deepEqual(seen, ["one", "two", true]);
  });

  test("resets a stream of HTTP/2 that is aborted, and no other of its connection", async (t) => {
    const closed = deferred();
    const [silent, slow] = [deferred(), deferred()];
    const { origin, connections } = await serveTls(t, (request, response) => {
      if (request.url === "/first") return response.end();
      if (request.url === "/slow") return slow.resolve(response);
      request.stream.on("close", () => closed.resolve(request.stream.rstCode));
      silent.resolve();
    });
    const script = `
      let slow, controller, silent;
      const caught = (promise) => promise.catch((reason) => reason);
      export default { async fetch({ url }) {
        const { pathname } = new URL(url);
        if (pathname === "/begin") {
          await (await fetch("${origin}/first")).text();
          slow = fetch("${origin}/slow").then((response) => response.text());
          controller = new AbortController();
          silent = caught(fetch("${origin}/silent", { signal: controller.signal }));
          return new Response();
        }
        if (pathname === "/abort") controller.abort("enough");
        return new Response(await (pathname === "/abort" ? silent : slow));
      } }`;
    const mf = create(t, { script, ...TRUSTING });
    const ask = (path) => text(mf, `http://localhost${path}`);
    await ask("/begin");
    await silent.promise;
    assert.equal(await ask("/abort"), "enough");
    assert.equal(await closed.promise, constants.NGHTTP2_CANCEL);
    (await slow.promise).end("slow, but there");
    assert.deepEqual([await ask("/slow"), connections()], ["slow, but there", 1]);
  });

  test("holds a server of HTTP/2 back that sends faster than the worker reads", async (t) => {
    const megabyte = 1024 * 1024;
    const paused = deferred();
    let sent = 0;
    const { origin } = await serveTls(t, async (_, response) => {
      while (sent++ < 64) {
        if (response.write(Buffer.alloc(megabyte))) continue;
        const timer = setTimeout(paused.resolve, 300);
        await once(response, "drain");
        clearTimeout(timer);
      }
      response.end();
    });
    const script = `let held;
      export default { async fetch({ url }) {
        if (url.endsWith("/start")) return new Response((held = await fetch("${origin}")).status);
        return new Response((await held.arrayBuffer()).byteLength);
      } }`;
    const mf = create(t, { script, heapLimitMb: 512, ...TRUSTING });
    await text(mf, `${URL_ROOT}start`);
    await paused.promise;
    assert.ok(sent < 48, `${sent} MB were sent though nobody read`);
    assert.equal(await text(mf), String(64 * megabyte));
  });

  test("tells of a stream that an HTTP/2 server resets", async (t) => {
    const { origin } = await serveTls(t, (_, response) => response.stream.close(2));
    const [code, message] = await askFor(t, `${origin}/`, TRUSTING);
    assert.equal(code, "ERR_HTTP2_STREAM_ERROR");
    assert.match(message, /INTERNAL_ERROR.*\(localhost:\d+\)/);
  });
});

describe("a certificate", () => {
  const refused = {
    "from an unknown authority": ["server", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", {}],
    "that is signed with its own key": ["self", "DEPTH_ZERO_SELF_SIGNED_CERT", {}],
    "that has expired": ["expired", "CERT_HAS_EXPIRED", TRUSTING],
    "of another host": ["elsewhere", "ERR_TLS_CERT_ALTNAME_INVALID", TRUSTING],
  };
  for (const [what, [name, code, options]] of Object.entries(refused)) {
    test(`${what} is refused`, async (t) => {
      const { origin, port } = await serveTls(t, echo, { name });
      const [seen, message] = await askFor(t, `${origin}/`, options);
      assert.equal(seen, code);
      assert.ok(message.includes(`localhost:${port}`), message);
      if (name === "server" || name === "self") assert.match(message, /fetchCaPath.*NODE_EXTRA_CA_CERTS/);
    });
  }

  test("is trusted when `fetchCaPath` names its authority", async (t) => {
    const { origin } = await serveTls(t, echo);
    assert.equal(await askFor(t, `${origin}/`, { fetchCaPath: pathOf("ca.pem") }), "GET ");
  });

  test("is trusted when it is named itself", async (t) => {
    const { origin } = await serveTls(t, echo, { name: "self" });
    assert.equal(await askFor(t, `${origin}/`, { fetchCa: [certificate("self.pem")] }), "GET ");
  });

  test("that is named itself is good for its own host only", async (t) => {
    const { port } = await serveTls(t, echo, { name: "elsewhere" });
    const options = { fetchCa: certificate("elsewhere.pem") };
    assert.equal((await askFor(t, `https://127.0.0.1:${port}/`, options))[0], "ERR_TLS_CERT_ALTNAME_INVALID");
  });

  test("does not make the well-known authorities less known", async (t) => {
    const { origin } = await serveTls(t, echo, { name: "self" });
    assert.equal((await askFor(t, `${origin}/`, TRUSTING))[0], "DEPTH_ZERO_SELF_SIGNED_CERT");
  });

  test("that is invalid in an option is refused at the start", async (t) => {
    const error = await rejection(createInvalid(t, { script: "", fetchCa: "secret" }).dispatchFetch(URL_ROOT));
    assert.deepEqual(
      [error.code, error.message],
      ["ERR_INVALID_OPTION", 'Invalid option "fetchCa": expected certificates in PEM, got none'],
    );
    const missing = await rejection(createInvalid(t, { script: "", fetchCaPath: "no.pem" }).dispatchFetch(URL_ROOT));
    assert.match(missing.message, /ENOENT.*no\.pem.*\(named by the option "fetchCaPath"\)/);
  });
});

describe("the environment", () => {
  /** What a process with this environment gets from a worker that fetches `url`, and what it says on standard error. */
  const inProcess = (url, env) =>
    runScript(
      `const mf = new Miniflare({ modules: true, script: \`export default {
        fetch: () => fetch("${url}").then(
          (response) => response, ({ cause }) => new Response(cause.code + " " + cause.message)) }\` });
      console.log(await (await mf.dispatchFetch("http://localhost/")).text());
      await mf.dispose();`,
      { env: { ...process.env, ...env }, nodeArgs: ["--warnings"] },
    );

  test("names authorities by NODE_EXTRA_CA_CERTS", async (t) => {
    const { origin } = await serveTls(t, echo);
    const { stdout } = await inProcess(`${origin}/`, { NODE_EXTRA_CA_CERTS: pathOf("ca.pem") });
    assert.equal(stdout.trim(), "GET");
  });

  test("is warned of, when NODE_EXTRA_CA_CERTS names no certificates", async (t) => {
    const { origin } = await serveTls(t, echo);
    const { stdout, stderr } = await inProcess(`${origin}/`, { NODE_EXTRA_CA_CERTS: "/nowhere/ca.pem" });
    assert.match(stdout, /^UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
    assert.match(stderr, /Ignoring extra certs from `\/nowhere\/ca\.pem`, load failed/);
  });

  test("turns verification off by NODE_TLS_REJECT_UNAUTHORIZED=0, with a warning", async (t) => {
    const { origin } = await serveTls(t, echo, { name: "expired" });
    const { stdout, stderr } = await inProcess(`${origin}/`, { NODE_TLS_REJECT_UNAUTHORIZED: "0" });
    assert.equal(stdout.trim(), "GET");
    assert.match(stderr, /NODE_TLS_REJECT_UNAUTHORIZED environment variable to '0' makes TLS connections/);
  });
});
