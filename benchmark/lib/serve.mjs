// HTTP servers to put load on: a hello worker's, and one of Node's alone.
import http from "node:http";
import { HELLO, open } from "./instance.mjs";

/** Gives `use` the port of a worker's server. Miniflare 4 has one from the start, and no `startServer`. */
export async function withWorkerServer(Miniflare, use, script = HELLO) {
  const mf = open(Miniflare, { script, host: "127.0.0.1", port: 0, cf: false });
  try {
    const isOwn = typeof mf.startServer === "function";
    const port = isOwn ? (await mf.startServer()).address().port : Number((await mf.ready).port);
    return await use(port);
  } finally {
    await mf.dispose();
  }
}

/** Gives `use` the port of a server that does nothing else. */
export async function withBareServer(use) {
  const server = http.createServer((_, response) => response.end("hello"));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(server.address().port);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
