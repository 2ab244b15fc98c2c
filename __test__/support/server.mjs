// Servers on this machine, for workers that fetch: HTTP, HTTP over TLS, and sockets that say whatever a test wants.

import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";

/**
 * A port of this machine where nobody listens, and nobody will while this process runs: it is the near end of a connection, which
 * the system lends to no other.
 */
export async function closedPort() {
  const server = net.createServer((socket) => socket.unref()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: serverPort } = server.address();
  const client = net.connect(serverPort, "127.0.0.1");
  await once(client, "connect");
  server.unref();
  return client.unref().localPort;
}

/**
 * A port that nobody listens on, and that the system lends to no connection: it stays free until the test's own server
 * takes it, and while that is stopped.
 */
export async function freePort() {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const server = net.createServer().listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
    } catch (error) {
      if (error.code !== "EADDRINUSE") throw error;
      continue;
    }
    server.close();
    await once(server, "close");
    return port;
  }
}

/** A port whose listener is stopped, with its queue full: the system answers nobody who connects. */
export async function deafPort(t) {
  const listener = `require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function () {
    console.log(this.address().port);
    process.kill(process.pid, "SIGSTOP");
  })`;
  const child = spawn(process.execPath, ["--eval", listener], { stdio: ["ignore", "pipe", "inherit"] });
  const sockets = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    child.kill("SIGKILL");
  });
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  const port = Number(line);
  for (let index = 0; index < 4; index++) sockets.push(net.connect(port, "127.0.0.1").on("error", () => {}));
  await Promise.all(sockets.slice(0, 2).map((socket) => once(socket, "connect")));
  return port;
}

/** Listens on a free port until the test ends; resolves to that port. `server.connections` counts connections. */
async function listen(t, server, host = "127.0.0.1") {
  const sockets = new Set();
  server.connections = 0;
  server.on("connection", (socket) => {
    server.connections++;
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  server.listen(0, host);
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return server.address().port;
}

/** Serves `handler` on a free port until the test ends, and resolves to the server's origin. */
export async function serve(t, handler) {
  return (await serveCounted(t, handler)).origin;
}

/** As `serve`; `connections()` tells how many connections were made. */
export async function serveCounted(t, handler) {
  const server = http.createServer(handler);
  const port = await listen(t, server);
  return { origin: `http://127.0.0.1:${port}`, port, server, connections: () => server.connections };
}

const CERTIFICATES = new URL("../fetch/certificates/", import.meta.url);
export const certificate = (file) => readFileSync(new URL(file, CERTIFICATES), "utf8");

/** Serves `handler` over TLS with a certificate of `certificates/`: by HTTP/2 and HTTP/1.1, or by the latter alone. */
export async function serveTls(t, handler, { name = "server", http1 = false } = {}) {
  const secrets = { cert: certificate(`${name}.pem`), key: certificate(`${name}.key`) };
  const server = http1
    ? https.createServer(secrets, handler)
    : http2.createSecureServer({ allowHTTP1: true, ...secrets }, handler);
  server.on("sessionError", () => {});
  server.on("tlsClientError", () => {});
  const port = await listen(t, server);
  return { origin: `https://localhost:${port}`, port, server, connections: () => server.connections };
}

/** Hands each connection to `onSocket`, without any protocol; resolves to the origin by `http:`. */
export async function serveSocket(t, onSocket) {
  const port = await listen(t, net.createServer(onSocket));
  return `http://127.0.0.1:${port}`;
}

/** Answers each connection's first bytes with `text`, and then calls `after(socket)`. */
export function serveText(t, text, after = () => {}) {
  return serveSocket(t, (socket) =>
    socket.once("data", () => {
      if (text === "") after(socket);
      else socket.write(text, () => after(socket));
    }),
  );
}
