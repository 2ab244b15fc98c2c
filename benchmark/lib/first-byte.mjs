// A client that waits for the first byte of a long body, in a process of its own, so that it costs every implementation the
// same.
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { fileURLToPath } from "node:url";

const WARM_UP = 5;
const REQUESTS = 21;

/** Microseconds from a request to the first byte of its answer's body, which has so many bytes; the median of several. */
export async function microsToFirstByte(port, length) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), String(port), String(length)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the client ended with status ${code}: ${output}`);
  return Number(output);
}

async function toFirstByte(agent, port, length) {
  const start = performance.now();
  const request = http.get({ port, host: "127.0.0.1", agent });
  const [response] = await once(request, "response");
  let first;
  let received = 0;
  for await (const chunk of response) {
    first ??= performance.now() - start;
    received += chunk.length;
  }
  if (received !== length) throw new Error(`${received} of ${length} bytes arrived`);
  return 1000 * first;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port, length] = process.argv.slice(2).map(Number);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const times = [];
  for (let index = 0; index < WARM_UP + REQUESTS; index++) times.push(await toFirstByte(agent, port, length));
  const measured = times.slice(WARM_UP).sort((a, b) => a - b);
  process.stdout.write(String(measured[measured.length >> 1]));
  agent.destroy();
}
