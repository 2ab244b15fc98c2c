// TCP servers of Node's, for workers that connect to them.

import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";

async function listen(t, server) {
  const sockets = new Set();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: server.address().port, sockets };
}

/** Serves each connection with `serve(socket)` until the test ends: `{ port, sockets }`. */
export const tcpServer = (t, serve, options = {}) => listen(t, net.createServer(options, serve));

/** The same over TLS. */
export const tlsServer = (t, certificate, serve) => listen(t, tls.createServer(certificate, serve));

/** Answers each chunk with "echo " and the chunk, and the end with "bye". */
export function echo(socket) {
  socket.write("hello\n");
  socket.on("data", (chunk) => socket.write(`echo ${chunk}`));
  socket.on("end", () => socket.end("bye"));
}
