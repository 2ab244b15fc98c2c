// Clients of a worker's WebSockets, in a process of their own, so that they cost every implementation the same.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import WebSocket from "ws";

/** A worker that sends back what it receives. */
export const ECHO = `export default {
  fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener("message", ({ data }) => server.send(data));
    return new Response(null, { status: 101, webSocket: client });
  },
};`;

const TEXT = "a message of thirty characters";

/** Microseconds per message and echo, with so many connections and so many messages under way on each. */
export async function microsPerMessage(port, { connections, underWay, messages }) {
  const args = [fileURLToPath(import.meta.url), port, connections, underWay, messages];
  const child = spawn(process.execPath, args.map(String), { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the clients ended with status ${code}: ${output}`);
  return Number(output);
}

async function open(port) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  await once(socket, "open");
  return socket;
}

/** Sends so many messages over the sockets; resolves when the last has come back. */
function exchange(sockets, underWay, count) {
  let begun = 0;
  let done = 0;
  return new Promise((resolve, reject) => {
    for (const socket of sockets) {
      const next = () => {
        if (begun++ < count) socket.send(TEXT);
      };
      socket.removeAllListeners("message");
      socket.on("message", (data) => {
        if (String(data) !== TEXT) return reject(new Error(`wrong echo: ${data}`));
        if (++done === count) return resolve();
        next();
      });
      for (let index = 0; index < underWay; index++) next();
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port, connections, underWay, messages] = process.argv.slice(2).map(Number);
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  await exchange(sockets, underWay, Math.ceil(messages / 5));
  const start = performance.now();
  await exchange(sockets, underWay, messages);
  process.stdout.write(String((1000 * (performance.now() - start)) / messages));
  for (const socket of sockets) socket.terminate();
}
