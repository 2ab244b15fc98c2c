// What the snippets fetch from: an HTTP server whose paths answer in the ways that matter.

import { createServer } from "node:http";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";

const COMPRESSORS = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync, "deflate-raw": deflateRawSync };

const PATHS = {
  "/text": (_, response) => response.setHeader("X-Custom-Name", "Value").end("text"),
  "/json": (_, response) => response.setHeader("content-type", "application/json").end('{"a":[1,2]}'),
  "/empty": (_, response) => response.end(),
  "/status": ({ searchParams }, response) => response.writeHead(Number(searchParams.get("code")), "Reason").end(),
  "/cookies": (_, response) => {
    response.setHeader("Set-Cookie", ["a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT; Path=/", "b=2, c", "d=3"]).end();
  },
  "/twice": (_, response) => response.setHeader("x-twice", ["1", "2"]).end(),
  "/latin1": (_, response) => response.setHeader("x-name", Buffer.from("café").toString("latin1")).end(),
  "/headers": (_, response, request) => {
    const { host, connection, ...headers } = request.headers;
    response.end(JSON.stringify(headers));
  },
  "/echo": (_, response, request) => {
    response.setHeader("content-type", request.headers["content-type"] ?? "application/octet-stream");
    response.setHeader("x-method", request.method);
    response.setHeader("x-length", request.headers["content-length"] ?? "none");
    request.pipe(response);
  },
  "/compressed": ({ searchParams }, response) => {
    const encoding = searchParams.get("with");
    response.setHeader("content-encoding", encoding).end(COMPRESSORS[encoding]("compressed ".repeat(50)));
  },
  "/broken": (_, response) => response.setHeader("content-encoding", "gzip").end("no gzip at all"),
  "/redirect": ({ searchParams }, response) => {
    const status = Number(searchParams.get("status") ?? 302);
    response.writeHead(status, { location: searchParams.get("to") ?? "/headers" }).end("moved");
  },
  "/loop": (_, response) => response.writeHead(302, { location: "/loop" }).end(),
  "/lost": (_, response) => response.writeHead(302).end("nowhere"),
  "/late": (_, response) => void setTimeout(() => response.end("late"), 30_000).unref(),
  "/slow": (_, response) => void response.write("first "),
  "/cut": (_, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("some", () => response.destroy());
  },
};

/** Starts the server; resolves to `{ origin, close }`. */
export async function startServer() {
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://localhost");
    const answer = PATHS[url.pathname];
    if (answer === undefined) response.writeHead(404).end("Not found");
    else answer(url, response, request);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, close };
}
