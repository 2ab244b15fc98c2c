// Tags: oracle, every-node
// Where a server listens, what the log says, and how it ends.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import https from "node:https";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as own from "../../index.mjs";
import { create, differs } from "../support/miniflare.mjs";
import { RecordingLog } from "../support/log.mjs";
import { certificate, serve } from "../support/server.mjs";
import { deferred } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { connect, get, start } from "../support/http-server.mjs";
import { test } from "../support/test.mjs";

const script = `export default { fetch: (request) => new Response(request.url) };`;

test("a server that was created listens after listen()", async (t) => {
  const mf = create(t, { script });
  const server = await mf.createServer({ keepAliveTimeout: 1234 });
  assert.ok(server instanceof http.Server);
  assert.deepEqual([server.listening, server.keepAliveTimeout], [false, 1234]);
  t.after(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  assert.equal((await get(t, server.address().port)).body, "http://example.com/");
});

test("a listener serves on a server of one's own", differs("it is in another package"), async (t) => {
  const mf = create(t, { script });
  const origin = await serve(t, own.createRequestListener(mf));
  assert.equal(await (await fetch(origin)).text(), `${origin}/`);
});

test("a listener answers with the error of a worker that cannot be loaded", async (t) => {
  const mf = new own.Miniflare({ script: "throw new Error('no start')" });
  t.after(() => mf.dispose().catch(() => {}));
  const response = await fetch(await serve(t, own.createRequestListener(mf)));
  assert.equal(response.status, 500);
  assert.match(await response.text(), /no start/);
});

test("a listener needs an instance of this package", async (t) => {
  const { Miniflare } = createRequire(import.meta.url)("miniflare");
  const other = new Miniflare({ script: "addEventListener('fetch', () => {})" });
  t.after(() => other.dispose());
  for (const [value, shown] of [
    [other, "Miniflare"],
    [{ getPlugins: async () => ({}) }, "object"],
    [undefined, "undefined"],
  ]) {
    assert.throws(() => own.createRequestListener(value), {
      name: "TypeError",
      message: new RegExp(
        `^createRequestListener\\(\\) takes an instance of this package's Miniflare, got .*${shown}`,
        "i",
      ),
    });
  }
});

test("a request that comes while the worker is reloaded waits for it", differs("it gets an error"), async (t) => {
  const { mf, server, port } = await start(t, { script });
  const [begun, ended] = [deferred(), deferred()];
  const waiting = "begin(); await end; export default { fetch: () => new Response('reloaded') }";
  const reloaded = mf.setOptions({ script: waiting, globals: { begin: begun.resolve, end: ended.promise } });
  await begun.promise;
  const asked = once(server, "request");
  const answer = get(t, port);
  await asked;
  ended.resolve();
  assert.equal((await answer).body, "reloaded");
  await reloaded;
});

describe("the log", () => {
  test("says where the server listens", async (t) => {
    const log = new RecordingLog();
    const { port } = await start(t, { script, log });
    assert.deepEqual(log.having("[mf:inf] ").slice(1), [
      `Listening on 127.0.0.1:${port}`,
      `- http://127.0.0.1:${port}`,
    ]);
  });

  test("names the addresses of the machine", async (t) => {
    const log = new RecordingLog();
    const { port } = await start(t, { script, log, host: undefined });
    const [, first, ...rest] = log.having("[mf:inf] ");
    assert.equal(first, `Listening on :${port}`);
    assert.ok(rest.includes(`- http://127.0.0.1:${port}`));
  });

  test("has a line of each request", async (t) => {
    const log = new RecordingLog();
    const { port } = await start(t, { script, log });
    await get(t, port, "/path?query");
    await get(t, port, "/cdn-cgi/x");
    const [first, second] = log.having("GET ");
    assert.match(first, /^\/path\?query 200 OK \(\d+\.\d\dms\)$/);
    assert.match(second, /^\/cdn-cgi\/x 404 Not Found \(\d+\.\d\dms\)$/);
  });

  test("waits for what the worker waits for", async (t) => {
    const log = new RecordingLog();
    const { promise, resolve } = deferred();
    const logged = deferred();
    log.log = (line) => line.includes("waitUntil") && logged.resolve(line);
    const waiting = `export default { fetch(request, env, ctx) { ctx.waitUntil(env.promise); return new Response("a"); } };`;
    const { port } = await start(t, { script: waiting, log, bindings: { promise }, inaccurateCpu: true });
    assert.equal((await get(t, port)).body, "a");
    resolve();
    assert.match(await logged.promise, /200.* OK .*\(\d+\.\d\dms.*, waitUntil: \d+\.\d\dms.*\(CPU: ~/);
  });
});

describe("a place that cannot be had", differs("the process dies"), () => {
  const taken = async (t) => {
    const { port } = await start(t, { script });
    return port;
  };

  test("a port that is in use", async (t) => {
    const port = await taken(t);
    const mf = create(t, { script, port, host: "127.0.0.1" });
    await assert.rejects(mf.startServer(), (error) => {
      assert.equal(error.code, "ERR_LISTEN");
      assert.equal(error.cause.code, "EADDRINUSE");
      assert.match(error.message, new RegExp(`port ${port} is in use.*option "port"`));
      return true;
    });
    assert.equal(await (await mf.dispatchFetch("http://localhost/")).text(), "http://localhost/");
  });

  test("an address of another machine", async (t) => {
    const mf = create(t, { script, port: 0, host: "192.0.2.1" });
    await assert.rejects(mf.startServer(), { code: "ERR_LISTEN", message: /no address 192\.0\.2\.1.*option "host"/ });
  });
});

describe("dispose()", differs("it leaves its servers as they are"), () => {
  test("ends the servers that were started, with their connections", async (t) => {
    const { mf, port, server } = await start(t, { script });
    const second = await mf.startServer();
    const idle = await connect(t, port);
    const closed = once(server, "close");
    await mf.dispose();
    await Promise.all([closed, idle.closed()]);
    assert.deepEqual([server.listening, second.listening], [false, false]);
  });

  test("ends a server whose start is under way", differs("it listens afterwards"), async (t) => {
    for (const secure of [false, true]) {
      for (const turns of [0, 1, 2, 5, 10]) {
        const mf = create(t, { script, port: 0, host: "127.0.0.1", https: secure && folder(t) });
        const started = mf.startServer().catch((error) => error);
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        await mf.dispose();
        const result = await started;
        if (result instanceof Error) assert.equal(result.code, "ERR_DISPOSED");
        else assert.equal(result.listening, false);
      }
    }
  });

  test("ends them while requests are under way", async (t) => {
    const { promise, resolve } = deferred();
    const endless = `export default { fetch(request, { begun }) { begun(); return new Promise(() => {}); } };`;
    const { mf, port } = await start(t, { script: endless, bindings: { begun: resolve } });
    const { write, closed } = await connect(t, port);
    write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await promise;
    await mf.dispose();
    assert.match(await closed(), /^HTTP\/1\.1 500 .*disposed/s);
  });

  test("of an instance ends servers of its mounts, and that of a mount only its own", async (t) => {
    const place = { host: "127.0.0.1", port: 0 };
    const mount = { script, modules: true, ...place };
    const mf = create(t, { script, mounts: { a: mount, b: mount }, ...place });
    const [a, b] = [await mf.getMount("a"), await mf.getMount("b")];
    const servers = [await mf.startServer(), await a.startServer(), await b.startServer()];
    const listening = () => servers.map((server) => server.listening);
    assert.deepEqual(listening(), [true, true, true]);
    await b.dispose();
    assert.deepEqual(listening(), [true, true, false]);
    await mf.dispose();
    assert.deepEqual(listening(), [false, false, false]);
  });

  test("lets a process end", async () => {
    const child = spawnSync(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        `
      import { Miniflare } from ${JSON.stringify(new URL("../../index.mjs", import.meta.url).href)};
      const mf = new Miniflare({ script: ${JSON.stringify(script)}, modules: true, port: 0 });
      await mf.startServer();
      await mf.dispose();
      console.log("ended");`,
      ],
      { encoding: "utf8", timeout: 60_000 },
    );
    assert.deepEqual([child.stdout, child.status], ["ended\n", 0]);
  });

  test("leaves a server that was closed already", async (t) => {
    const { mf, server } = await start(t, { script });
    await new Promise((resolve) => server.close(resolve));
    await mf.dispose();
    await assert.rejects(mf.startServer(), { code: "ERR_DISPOSED" });
  });
});

describe("HTTPS", () => {
  const secrets = { httpsCert: certificate("server.pem"), httpsKey: certificate("server.key") };
  const ca = readFileSync(new URL("../fetch/certificates/ca.pem", import.meta.url));

  function getTls(port) {
    return new Promise((resolve, reject) => {
      https
        .get({ port, host: "localhost", ca, agent: false }, async (response) => {
          let body = "";
          for await (const chunk of response) body += chunk;
          resolve(body);
        })
        .on("error", reject);
    });
  }

  test("with secrets as texts", async (t) => {
    const log = new RecordingLog();
    const { port, server } = await start(t, { script, log, ...secrets, host: "localhost" });
    assert.ok(server instanceof https.Server);
    assert.equal(await getTls(port), `https://localhost:${port}/`);
    assert.ok(log.having("[mf:inf] ").includes(`- https://localhost:${port}`));
  });

  test("with secrets in files, which texts go before", async (t) => {
    const place = folder(t);
    const [httpsCertPath, httpsKeyPath] = ["cert.pem", "key.pem"].map((name) => path.join(place, name));
    writeFileSync(httpsCertPath, secrets.httpsCert);
    writeFileSync(httpsKeyPath, "no key");
    const { port } = await start(t, {
      script,
      httpsCertPath,
      httpsKeyPath,
      httpsKey: secrets.httpsKey,
      host: "localhost",
    });
    assert.equal(await getTls(port), `https://localhost:${port}/`);
  });

  test("with a PFX in a file", differs("it takes the file for a text"), async (t) => {
    const httpsPfxPath = path.join(folder(t), "server.pfx");
    const files = ["server.pem", "server.key"].map((name) =>
      fileURLToPath(new URL(`../fetch/certificates/${name}`, import.meta.url)),
    );
    const args = [
      "pkcs12",
      "-export",
      "-in",
      files[0],
      "-inkey",
      files[1],
      "-out",
      httpsPfxPath,
      "-passout",
      "pass:secret",
    ];
    const { error, status } = spawnSync("openssl", args);
    if (error) return t.skip("there is no openssl");
    assert.equal(status, 0);
    const { port } = await start(t, { script, httpsPfxPath, httpsPassphrase: "secret", host: "localhost" });
    assert.equal(await getTls(port), `https://localhost:${port}/`);
  });

  test("with a file that is missing", differs("the process ends"), async (t) => {
    const place = folder(t);
    const [httpsKeyPath, httpsCertPath] = ["key.pem", "cert.pem"].map((name) => path.join(place, name));
    const mf = create(t, { script, httpsKeyPath, httpsCertPath, port: 0 });
    await assert.rejects(mf.startServer(), { code: "ENOENT", message: new RegExp(`'${httpsKeyPath}'`) });
  });

  test("with a folder that has a certificate", async (t) => {
    const place = folder(t);
    writeFileSync(path.join(place, "key.pem"), secrets.httpsKey);
    writeFileSync(path.join(place, "cert.pem"), secrets.httpsCert);
    const { port } = await start(t, { script, https: place, host: "localhost" });
    assert.equal(await getTls(port), `https://localhost:${port}/`);
  });
});
