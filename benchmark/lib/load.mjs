// Load on an HTTP server: keep-alive connections that each have one request under way, in a process of their own. The
// clients read as little of HTTP as answers of a known ending allow, so that the server is what is measured.
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { fileURLToPath } from "node:url";

const CONNECTIONS = 32;
const WARM_UP = 3_000;
const REQUESTS = 12_000;

/** Microseconds per request of a server on this machine whose answers end with "hello". */
export async function microsPerRequest(port) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the clients ended with status ${code}: ${output}`);
  return Number(output);
}

/** Sends so many requests over all connections; resolves when the last is answered. */
function send(port, count) {
  const request = `GET / HTTP/1.1\r\nHost: localhost:${port}\r\nAccept: */*\r\nAccept-Encoding: gzip, br\r\nUser-Agent: benchmark\r\n\r\n`;
  let begun = 0;
  let done = 0;
  return new Promise((resolve, reject) => {
    const sockets = Array.from({ length: CONNECTIONS }, () => {
      const socket = net.connect(port, "127.0.0.1").setNoDelay(true);
      let answer = "";
      const next = () => {
        if (begun++ < count) socket.write(request);
      };
      socket.setEncoding("latin1").on("connect", next);
      socket.on("data", (text) => {
        answer += text;
        if (!isWhole(answer)) return;
        if (!answer.startsWith("HTTP/1.1 200 ")) return reject(new Error(`wrong answer: ${answer}`));
        answer = "";
        if (++done === count) {
          for (const one of sockets) one.destroy();
          return resolve();
        }
        next();
      });
      return socket.on("error", reject);
    });
  });
}

const isWhole = (answer) => answer.endsWith("hello") || answer.endsWith("0\r\n\r\n");

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.argv[2]);
  await send(port, WARM_UP);
  const start = performance.now();
  await send(port, REQUESTS);
  process.stdout.write(String((1000 * (performance.now() - start)) / REQUESTS));
}
