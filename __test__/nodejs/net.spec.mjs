// `node:net` and `node:tls` in a worker: clients of servers of Node's, and drivers of databases that use them.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { FLAGS } from "../support/nodejs.mjs";
import { certificate } from "../support/server.mjs";
import { tcpServer, tlsServer } from "../support/tcp-server.mjs";
import { test } from "../support/test.mjs";

function run(t, body, { env = {}, ...options } = {}) {
  const script = `import net from "node:net"; import tls from "node:tls"; import { once } from "node:events";
    const text = async (socket) => { let read = ""; for await (const chunk of socket) read += chunk; return read; };
    export default { async fetch(request, { port }) { return Response.json(await (async () => { ${body} })() ?? null); } };`;
  return json(create(t, { script, ...FLAGS, bindings: env, ...options }));
}

describe("node:net", () => {
  test("connects, writes, reads and ends", async (t) => {
    const { port } = await tcpServer(t, (socket) => socket.on("data", (chunk) => socket.end(`echo ${chunk}`)));
    const seen = await run(
      t,
      `const events = [];
       const socket = net.connect({ host: "127.0.0.1", port });
       for (const name of ["connect", "ready", "end", "finish", "close"]) socket.on(name, () => events.push(name));
       const before = [socket.connecting, socket.readyState, socket.pending];
       socket.write("early");
       const read = await text(socket);
       if (!socket.closed) await once(socket, "close");
       return [before, read, events.filter((name) => name !== "finish"), socket.bytesWritten, socket.bytesRead, socket.remotePort === port, socket.readyState];`,
      { env: { port } },
    );
    const events = ["connect", "ready", "end", "close"];
    assert.deepEqual(seen, [[true, "opening", true], "echo early", events, 5, 10, true, "closed"]);
  });

  test("takes the arguments that Node's takes", async (t) => {
    const { port } = await tcpServer(t, (socket) => socket.end("x"));
    const seen = await run(
      t,
      `const read = [];
       read.push(await text(net.connect(port, "127.0.0.1")), await text(net.createConnection(port)), await text(new net.Socket().connect({ port })), await text(net.Socket().connect(port)));
       read.push(await new Promise((resolve) => { const socket = net.connect(port, () => { resolve("listener"); socket.destroy(); }); }));
       return read;`,
      { env: { port } },
    );
    assert.deepEqual(seen, ["x", "x", "x", "x", "listener"]);
  });

  test("emits an error where there is no server", async (t) => {
    const seen = await run(
      t,
      `const socket = net.connect(1, "127.0.0.1"); const [error] = await once(socket, "error"); return [error.code, error.syscall, error.message, error.port, socket.destroyed];`,
    );
    assert.deepEqual(seen, ["ECONNREFUSED", "connect", "connect ECONNREFUSED 127.0.0.1:1", 1, true]);
  });

  test("checks ports, and has no servers or paths", async (t) => {
    const seen = await run(
      t,
      `return [() => net.connect({ port: 70000 }), () => net.connect(), () => net.connect("/tmp/socket"), () => net.createServer(), () => new net.Server()].map((work) => { try { work(); } catch (error) { return error.code; } });`,
    );
    const none = "ERR_METHOD_NOT_IMPLEMENTED";
    assert.deepEqual(seen, ["ERR_SOCKET_BAD_PORT", "ERR_MISSING_ARGS", none, none, none]);
  });

  test("emits timeout when nothing is heard, on the clock", async (t) => {
    const { port } = await tcpServer(t, () => {});
    const seen = await run(
      t,
      `const socket = net.connect(port, "127.0.0.1"); await once(socket, "connect"); socket.setTimeout(1); await once(socket, "timeout"); socket.destroy(); return socket.timeout;`,
      { env: { port } },
    );
    assert.equal(seen, 1);
  });

  test("knows addresses, as Node does", async (t) => {
    const texts = [
      "1.2.3.4",
      "256.1.1.1",
      "::1",
      "1::2::3",
      "::ffff:1.2.3.4",
      "fe80::1%eth0",
      "x",
      "",
      "1:2:3:4:5:6:7:8",
    ];
    const net = await import("node:net");
    const seen = await run(t, `return ${JSON.stringify(texts)}.map((one) => net.isIP(one));`);
    assert.deepEqual(seen, texts.map(net.isIP));
  });
});

describe("node:tls", () => {
  const certificates = { cert: certificate("server.pem"), key: certificate("server.key") };
  const trusting = { fetchCa: certificate("ca.pem") };

  test("connects", async (t) => {
    const { port } = await tlsServer(t, certificates, (socket) =>
      socket.on("data", (chunk) => socket.end(`echo ${chunk}`)),
    );
    const seen = await run(
      t,
      `const socket = tls.connect({ host: "localhost", port, servername: "localhost" });
       await once(socket, "secureConnect");
       socket.write("x");
       return [await text(socket), socket.encrypted, socket.authorized];`,
      { env: { port }, ...trusting },
    );
    assert.deepEqual(seen, ["echo x", true, true]);
  });

  test("goes on with the connection of a socket", async (t) => {
    const { TLSSocket } = await import("node:tls");
    const { port } = await tcpServer(t, (socket) => {
      socket.once("data", () => {
        socket.write("S", () => {
          const secure = new TLSSocket(socket, { isServer: true, ...certificates });
          secure.on("error", () => {});
          secure.on("data", (data) => secure.end(`secure ${data}`));
        });
      });
    });
    const seen = await run(
      t,
      `const socket = net.connect(port, "localhost");
       socket.write("ssl?");
       const [answer] = await once(socket, "data");
       const secure = tls.connect({ socket, servername: "localhost" });
       await once(secure, "secureConnect");
       secure.write("x");
       return [String(answer), await text(secure)];`,
      { env: { port }, ...trusting },
    );
    assert.deepEqual(seen, ["S", "secure x"]);
  });

  test("does not accept certificates that are not trusted", async (t) => {
    const { port } = await tlsServer(t, certificates, (socket) => socket.end("x"));
    const seen = await run(
      t,
      `const refused = await once(tls.connect(port, "localhost"), "error"); let code; try { tls.connect({ port, rejectUnauthorized: false }); } catch (error) { code = error.code; } return [refused[0].name, code];`,
      { env: { port } },
    );
    assert.deepEqual(seen, ["Error", "ERR_OPTION_NOT_IMPLEMENTED"]);
  });
});
