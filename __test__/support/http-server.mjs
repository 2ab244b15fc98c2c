// Servers over workers, of this package and of Miniflare 2, and clients that see each byte of what they answer.

import { once } from "node:events";
import { createRequire } from "node:module";
import net from "node:net";
import { create, isOracle } from "./miniflare.mjs";
import { tell } from "./test.mjs";

const LOCAL = { host: "127.0.0.1", port: 0, cfFetch: false };

/** A server that listens until the test ends. */
export async function start(t, options) {
  const mf = create(t, { ...LOCAL, ...options });
  const server = await mf.startServer();
  if (isOracle) t.after(closing(server));
  return { mf, ...placeOf(server) };
}

/** The same, of Miniflare 2, whose worker is a service worker. */
export async function startOracle(t, options) {
  const { Miniflare } = createRequire(import.meta.url)("miniflare");
  const mf = new Miniflare({ ...LOCAL, ...options });
  const server = await mf.startServer();
  t.after(() => mf.dispose());
  t.after(closing(server));
  return { mf, ...placeOf(server) };
}

/** Ends a server of Miniflare 2, which leaves it as it is, with its connections: Node forgets those that are upgraded. */
function closing(server) {
  const sockets = new Set();
  server.on("connection", (socket) => sockets.add(socket));
  return () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
}

function placeOf(server) {
  const { port } = server.address();
  return { server, port, origin: `http://127.0.0.1:${port}` };
}

/** A connection; `until(text)` resolves to all that has arrived once it has that text, and `closed()` at its end. */
export async function connect(t, port) {
  const socket = net.connect(port, "127.0.0.1").setNoDelay(true);
  let all = "";
  let isClosed = false;
  let look = () => {};
  socket.setEncoding("latin1").on("data", (text) => {
    all += text;
    look();
  });
  socket
    .on("error", () => {})
    .on("close", () => {
      isClosed = true;
      look();
    });
  t.after(() => socket.destroy());
  tell(t, () => `a connection that ${isClosed ? "is closed" : "is open"} after ${JSON.stringify(all)}`);
  await once(socket, "connect");
  const waitFor = (isThere) =>
    new Promise((resolve, reject) => {
      look = () => {
        if (isThere()) resolve(all);
        else if (isClosed) reject(new Error(`closed after ${JSON.stringify(all)}`));
      };
      look();
    });
  return {
    socket,
    write: (text) => socket.write(text, "latin1"),
    until: (text) => waitFor(() => all.includes(text)),
    closed: () => waitFor(() => isClosed),
  };
}

/** Sends lines, with an empty one behind them and `Connection: close` unless they say more; the answer in its parts. */
export async function ask(t, port, lines, body = "") {
  const connection = await connect(t, port);
  connection.write(`${[...lines, "Connection: close", "", ""].join("\r\n")}${body}`);
  return partsOf(await connection.closed());
}

/** A response that has arrived: its status line, headers by their names (with repeated ones in a list), and its body. */
export function partsOf(text) {
  const end = text.indexOf("\r\n\r\n");
  const [line, ...fields] = text.slice(0, end).split("\r\n");
  const headers = {};
  for (const field of fields) {
    const [, name, value] = /^([^:]+): ?(.*)$/.exec(field);
    const known = headers[name.toLowerCase()];
    headers[name.toLowerCase()] = known === undefined ? value : [known, value].flat();
  }
  return { line, status: Number(line.split(" ")[1]), headers, body: text.slice(end + 4) };
}

/** A GET of a path, with further header lines. */
export const get = (t, port, path = "/", lines = []) =>
  ask(t, port, [`GET ${path} HTTP/1.1`, "Host: example.com", ...lines]);
