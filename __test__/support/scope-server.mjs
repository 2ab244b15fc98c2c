// A server that says what it gets, and answers in the ways that a `fetch` may meet.

import { once } from "node:events";
import http from "node:http";
import { gzipSync } from "node:zlib";

const COOKIES = ["a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT", "b=2"];

/** Things that happen, each for one who waits for it. */
class Happenings {
  #happened = 0;
  #waiting = [];

  happen() {
    const next = this.#waiting.shift();
    if (next === undefined) this.#happened++;
    else next();
  }

  async next() {
    if (this.#happened > 0) this.#happened--;
    else await new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Listens until the test ends; resolves to the origin. */
export async function serveScope(t) {
  const silences = new Happenings();
  const closings = new Happenings();
  const bits = new Map();

  const paths = {
    // A request may break off.
    "/echo": (request, response) => void echo(request, response).catch(() => {}),
    "/full": (_, response) => {
      response.writeHead(200, { "x-full": "1", "content-type": "text/plain", "set-cookie": COOKIES });
      response.end("full");
    },
    "/json": (_, response) => response.setHeader("content-type", "application/json").end('{"a":[1]}'),
    "/form": (_, response) => response.setHeader("content-type", "application/x-www-form-urlencoded").end("a=1&b=2"),
    "/gzip": (_, response) => response.setHeader("content-encoding", "gzip").end(gzipSync("unzipped")),
    "/empty": (_, response) => response.writeHead(204).end(),
    "/redirect": (_, response) => response.writeHead(302, { location: "/echo" }).end("elsewhere"),
    "/redirects": (_, response) => response.writeHead(302, { location: "/redirects" }).end(),
    "/breaks": (_, response) => {
      response.writeHead(200, { "content-length": 10 });
      response.write("half", () => response.destroy());
    },
    "/silent": (_, response) => {
      response.on("close", () => closings.happen());
      silences.happen();
    },
    "/half": (_, response) => {
      response.on("close", () => closings.happen());
      response.write("half");
    },
    "/until-silent": (_, response) => silences.next().then(() => response.end("silent")),
    "/until-closed": (_, response) => closings.next().then(() => response.end("closed")),
    "/bits": (_, response, id) => {
      bits.set(id, { response, count: 1 });
      response.setHeader("x-id", id).write("1");
    },
    "/bit": (_, response, id) => {
      const one = bits.get(id);
      one.response.write(String(++one.count));
      if (one.count === 3) one.response.end();
      response.end();
    },
  };

  const server = http.createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    paths[pathname](request, response, searchParams.get("id"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** Headers as they were sent, in their order; the port is another one each time. */
async function echo(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { method, url, rawHeaders } = request;
  const headers = rawHeaders.map((text) => text.replace(/^127\.0\.0\.1:\d+$/, "HOST"));
  const body = Buffer.concat(chunks).toString();
  response.setHeader("content-type", "application/json").setHeader("x-method", method);
  response.end(JSON.stringify({ method, url, headers: headers.filter((text) => text !== ""), body }));
}
