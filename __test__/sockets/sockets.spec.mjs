// `connect()` of `cloudflare:sockets`: TCP and TLS to servers of Node's.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createFetchMock } from "../support/miniflare.mjs";
import { deferred, json, text, URL_ROOT } from "../support/dispatch.mjs";
import { certificate } from "../support/server.mjs";
import { echo, tcpServer, tlsServer } from "../support/tcp-server.mjs";
import { test } from "../support/test.mjs";

const HELPERS = `
  const { connect } = sockets;
  const encode = (value) => new TextEncoder().encode(value);
  const decode = (value) => new TextDecoder().decode(value);
  const caught = (work) => { try { return work(); } catch (error) { return [error.name, error.message]; } };
  const settled = (promise) => promise.then((value) => value ?? null, (error) => [error.name, error.message]);
  const all = async (readable) => { let read = ""; for await (const chunk of readable) read += decode(chunk); return read; };
`;

/** What the body of a handler returns, through JSON; `port` is that of a server. */
function run(t, body, { env = {}, ...options } = {}) {
  const script = `import * as sockets from "cloudflare:sockets";
    export default { async fetch(request, env) { ${HELPERS} const { port } = env; return Response.json(await (async () => { ${body} })() ?? null); } };`;
  return json(create(t, { modules: true, script, bindings: env, ...options }));
}
const FAILED = ["Error", "proxy request failed, cannot connect to the specified address"];

describe("connect()", () => {
  test("sends and receives", async (t) => {
    const { port } = await tcpServer(t, echo, { allowHalfOpen: true });
    const seen = await run(
      t,
      `const socket = connect({ hostname: "127.0.0.1", port }, { allowHalfOpen: true });
       const { remoteAddress } = await socket.opened;
       const writer = socket.writable.getWriter();
       const reader = socket.readable.getReader();
       const read = [decode((await reader.read()).value)];
       await writer.write(encode("x"));
       read.push(decode((await reader.read()).value));
       await writer.close();
       read.push(decode((await reader.read()).value), (await reader.read()).done);
       await socket.closed;
       return [remoteAddress === "127.0.0.1:" + port, read, Object.prototype.toString.call(socket)];`,
      { env: { port } },
    );
    assert.deepEqual(seen, [true, ["hello\n", "echo x", "bye", true], "[object Socket]"]);
  });

  test("takes host:port, localhost, and a reader of own buffers", async (t) => {
    const { port } = await tcpServer(t, (socket) => socket.end("abcdef"));
    const seen = await run(
      t,
      `const socket = connect("localhost:" + port);
       const reader = socket.readable.getReader({ mode: "byob" });
       const first = await reader.read(new Uint8Array(4));
       const rest = await reader.read(new Uint8Array(4));
       const end = await reader.read(new Uint8Array(4));
       return [decode(first.value), decode(rest.value), end.done, end.value.length];`,
      { env: { port } },
    );
    assert.deepEqual(seen, ["abcd", "ef", true, 0]);
  });

  test("carries much in both directions", async (t) => {
    const size = 8 * 1024 * 1024;
    const { port } = await tcpServer(t, (socket) => socket.pipe(socket), { allowHalfOpen: true });
    const seen = await run(
      t,
      `const socket = connect("127.0.0.1:" + port, { allowHalfOpen: true });
       const chunk = new Uint8Array(100_000).map((_, index) => index % 251);
       const sending = (async () => {
         const writer = socket.writable.getWriter();
         for (let sent = 0; sent < ${size}; sent += chunk.length) await writer.write(chunk);
         await writer.close();
       })();
       let [count, wrong] = [0, 0];
       for await (const bytes of socket.readable) for (const byte of bytes) if (byte !== (count++ % 100_000) % 251) wrong++;
       await sending;
       return [count >= ${size}, count % chunk.length, wrong];`,
      { env: { port } },
    );
    assert.deepEqual(seen, [true, 0, 0]);
  });

  test("does not read faster than the worker does", async (t) => {
    const blocked = deferred();
    const chunk = Buffer.alloc(1024 * 1024);
    const { port } = await tcpServer(t, (socket) => {
      let sent = 0;
      const send = () => {
        while (sent < 256) {
          sent++;
          if (!socket.write(chunk)) return socket.once("drain", send);
        }
        socket.end();
      };
      send();
      // A server that never has to wait has sent all of it to a worker that reads nothing.
      if (socket.writableNeedDrain) blocked.resolve(true);
    });
    const script = `import { connect } from "cloudflare:sockets";
      export default { async fetch(request, { port, blocked }) {
        const socket = connect("127.0.0.1:" + port);
        await socket.opened;
        await blocked();
        let count = 0;
        for await (const bytes of socket.readable) count += bytes.length;
        return Response.json(count);
      } };`;
    const mf = create(t, { script, bindings: { port, blocked: () => blocked.promise } });
    assert.equal(await json(mf), 256 * chunk.length);
  });

  test("rejects opened, closed and both streams where there is no server", async (t) => {
    const seen = await run(
      t,
      `const socket = connect("127.0.0.1:1");
       return Promise.all([settled(socket.opened), settled(socket.closed), settled(socket.readable.getReader().read()), settled(socket.writable.getWriter().write(encode("x")))]);`,
    );
    assert.deepEqual(seen, [FAILED, FAILED, FAILED, FAILED]);
  });

  test("hints at fetch for the ports of HTTP", async (t) => {
    const [name, message] = await run(t, `return settled(connect("nowhere.invalid:443").opened);`);
    assert.equal(name, "Error");
    assert.match(message, /HTTP-based service — consider using fetch instead$/);
  });

  test("refuses to connect to mail servers", async (t) => {
    assert.deepEqual(await run(t, `return settled(connect("127.0.0.1:25").opened);`), FAILED);
  });

  test("tells when the connection breaks", async (t) => {
    const { port } = await tcpServer(t, (socket) => socket.resetAndDestroy());
    const seen = await run(
      t,
      `const socket = connect("127.0.0.1:" + port);
       return (await settled(socket.closed))[1] ?? "closed";`,
      { env: { port } },
    );
    assert.match(seen, /^Network connection lost\.|^proxy request failed/);
  });

  test("closes its side when the server has", async (t) => {
    const ended = deferred();
    const { port } = await tcpServer(
      t,
      (socket) => {
        socket.on("end", ended.resolve).resume();
        socket.end("x");
      },
      { allowHalfOpen: true },
    );
    const seen = await run(
      t,
      `const socket = connect("127.0.0.1:" + port);
       const read = await all(socket.readable);
       await socket.closed;
       return [read, (await settled(socket.writable.getWriter().write(encode("x"))))[0]];`,
      { env: { port } },
    );
    assert.deepEqual(seen, ["x", "TypeError"]);
    await ended.promise;
  });

  test("keeps its side with allowHalfOpen", async (t) => {
    const received = deferred();
    const { port } = await tcpServer(
      t,
      (socket) => {
        let read = "";
        socket.on("data", (chunk) => (read += chunk));
        socket.on("end", () => received.resolve(read));
        socket.end("x");
      },
      { allowHalfOpen: true },
    );
    const seen = await run(
      t,
      `const socket = connect("127.0.0.1:" + port, { allowHalfOpen: true });
       const read = await all(socket.readable);
       const writer = socket.writable.getWriter();
       await writer.write(encode("later"));
       await writer.close();
       await socket.closed;
       return read;`,
      { env: { port } },
    );
    assert.equal(seen, "x");
    assert.equal(await received.promise, "later");
  });

  test("cannot be called outside of requests", async (t) => {
    const script = `import { connect } from "cloudflare:sockets"; let error; try { connect("127.0.0.1:1"); } catch (thrown) { error = thrown; }
      export default { fetch: () => new Response(error.message) };`;
    assert.match(await text(create(t, { script })), /can only be performed while handling a request/);
  });

  test("counts as a subrequest", async (t) => {
    const { port } = await tcpServer(t, () => {});
    const seen = await run(
      t,
      `const first = connect("127.0.0.1:" + port); await first.opened; return caught(() => connect("127.0.0.1:" + port))[1];`,
      { env: { port }, subrequestLimit: 1 },
    );
    assert.match(seen, /^Too many subrequests\./);
  });

  test("is closed when the instance is disposed of", async (t) => {
    const [opened, closed] = [deferred(), deferred()];
    const { port } = await tcpServer(t, (socket) => {
      opened.resolve();
      socket.on("close", closed.resolve);
    });
    const script = `import { connect } from "cloudflare:sockets"; let kept;
      export default { async fetch(request, { port }) { kept = connect("127.0.0.1:" + port); await kept.opened; return new Response(); } };`;
    const mf = create(t, { script, bindings: { port } });
    await text(mf);
    await opened.promise;
    await mf.dispose();
    await closed.promise;
  });

  test("obeys a mock that has disabled connections", async (t) => {
    const { port } = await tcpServer(t, echo);
    const fetchMock = createFetchMock();
    fetchMock.disableNetConnect();
    const body = `const socket = connect("127.0.0.1:" + port); const opened = await settled(socket.opened); await socket.close().catch(() => {}); return Array.isArray(opened) ? opened : "open";`;
    const refused = await run(t, body, { env: { port }, fetchMock });
    assert.deepEqual(refused, ["Error", `connection to 127.0.0.1:${port} was not allowed (net.connect disabled)`]);
    fetchMock.enableNetConnect(`127.0.0.1:${port}`);
    assert.equal(await run(t, body, { env: { port }, fetchMock }), "open");
  });

  test("works in Durable Objects, and keeps values of AsyncLocalStorage", async (t) => {
    const { port } = await tcpServer(t, echo);
    const script = `import { connect } from "cloudflare:sockets"; import { AsyncLocalStorage } from "node:async_hooks";
      const storage = new AsyncLocalStorage();
      export class Talker {
        constructor(state) { this.storage = state.storage; }
        async fetch(request) {
          const socket = connect(new URL(request.url).searchParams.get("at"));
          this.storage.put("a", 1);
          const value = await storage.run("kept", async () => { const { value } = await socket.readable.getReader().read(); return [new TextDecoder().decode(value), storage.getStore()]; });
          await socket.close();
          return Response.json(value);
        }
      }
      export default { fetch: (request, env) => env.TALKER.get(env.TALKER.idFromName("a")).fetch(request) };`;
    const mf = create(t, {
      script,
      durableObjects: { TALKER: "Talker" },
      compatibilityDate: "2025-10-01",
      compatibilityFlags: ["nodejs_compat"],
    });
    assert.deepEqual(await json(mf, `${URL_ROOT}?at=127.0.0.1:${port}`), ["hello\n", "kept"]);
  });
});

describe("TLS", () => {
  const certificates = { cert: certificate("server.pem"), key: certificate("server.key") };
  const trusting = { fetchCa: certificate("ca.pem") };

  test("is spoken from the start", async (t) => {
    const { port } = await tlsServer(t, certificates, (socket) => socket.end("secret"));
    const seen = await run(
      t,
      `const socket = connect("localhost:" + port, { secureTransport: "on" }); return [await all(socket.readable), socket.secureTransport, caught(() => socket.startTls())];`,
      { env: { port }, ...trusting },
    );
    assert.deepEqual(seen, ["secret", "on", ["TypeError", "Cannot startTls on a TLS socket."]]);
  });

  test("refuses certificates that are not trusted", async (t) => {
    const { port } = await tlsServer(t, certificates, (socket) => socket.end("secret"));
    const seen = await run(t, `return settled(connect("localhost:" + port, { secureTransport: "on" }).opened);`, {
      env: { port },
    });
    assert.deepEqual(seen, FAILED);
  });

  test("is spoken from startTls() on", async (t) => {
    const tls = await import("node:tls");
    const { port } = await tcpServer(t, (socket) => {
      socket.once("data", (chunk) => {
        socket.write(`plain ${chunk}`, () => {
          const secure = new tls.TLSSocket(socket, { isServer: true, ...certificates });
          secure.on("error", () => {});
          secure.on("data", (data) => secure.end(`secure ${data}`));
        });
      });
    });
    const seen = await run(
      t,
      `const socket = connect("localhost:" + port, { secureTransport: "starttls" });
       const writer = socket.writable.getWriter();
       const reader = socket.readable.getReader();
       await writer.write(encode("a"));
       const plain = decode((await reader.read()).value);
       const locked = caught(() => socket.startTls())[0];
       writer.releaseLock(); reader.releaseLock();
       const secure = socket.startTls();
       await socket.closed;
       const late = caught(() => socket.startTls());
       const next = secure.writable.getWriter();
       await next.write(encode("b"));
       return [plain, locked, socket.upgraded, secure.secureTransport, await all(secure.readable), late];`,
      { env: { port }, ...trusting },
    );
    const late = ["TypeError", "The connection was closed before startTls could be started."];
    assert.deepEqual(seen, ["plain a", "TypeError", true, "on", "secure b", late]);
  });

  test("fails after startTls() with a server that does not speak it", async (t) => {
    const { port } = await tcpServer(t, echo);
    const seen = await run(
      t,
      `const socket = connect("127.0.0.1:" + port, { secureTransport: "starttls" }); await socket.opened;
       const secure = socket.startTls();
       return [await settled(secure.opened), await settled(secure.closed)];`,
      { env: { port } },
    );
    assert.deepEqual(seen, [FAILED, FAILED]);
  });

  test("needs the option for startTls()", async (t) => {
    const { port } = await tcpServer(t, echo);
    const text = "The `secureTransport` socket option must be set to 'starttls' for startTls to be used.";
    const seen = await run(t, `return caught(() => connect("127.0.0.1:" + port).startTls());`, { env: { port } });
    assert.deepEqual(seen, ["TypeError", text]);
  });
});
