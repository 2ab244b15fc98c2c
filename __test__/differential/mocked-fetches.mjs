// What workers see of mocks that random scripts make, a line for each fetch: run by `mocked-fetches.spec.mjs` on either
// implementation. Not part of the scripts is what differs on purpose: bodies that are not strings or empty, statuses that are
// text, and callbacks that throw after a delay.

import zlib from "node:zlib";
import { createFetchMock, Miniflare } from "../support/miniflare.mjs";
import { randomOf } from "../support/random.mjs";

const SCRIPTS = 40;
const STEPS = 40;

const ORIGINS = ["https://a.com", "https://b.com", "http://a.com:81"];
const MATCHERS = {
  path: ["/", "/x", "/x?b=1&a=2", "/y z", /x/, /^\/x\?a=2&b=1$/, (path) => path === "/y%20z", "/x/../y", "/%41", /x/y],
  method: [undefined, "GET", "post", /^P/, (method) => method === "GET", "PATCH"],
  body: [undefined, undefined, "x", /x/, (body) => body === "y"],
  headers: [
    undefined,
    { a: "1" },
    { A: /1/ },
    { b: (value) => value === undefined },
    (headers) => headers.a === "1",
    { "content-type": /plain/ },
    { "mf-loop": "1", "accept-encoding": /br/ },
    { "content-length": "1" },
  ],
};
const REQUESTS = {
  path: ["/", "/x", "/x?a=2&b=1", "/x?b=1&a=2", "/y z", "/x?a", "/A", "/y", "/x#f", "/x?q=%20+", "//x"],
  method: ["GET", "GET", "POST", "PUT", "patch", "PATCH", "DELETE", "HEAD"],
  body: [undefined, "x", "y"],
  headers: [{}, { a: "1" }, { A: "1", b: "2" }, { a: "1", cookie: "q=1" }],
  redirect: [undefined, undefined, "manual", "error"],
};
const to = (location) => ({ headers: { location } });
const gzip = { headers: { "content-encoding": "gzip" } };
const REPLIES = [
  (on, n) => on.reply(200, `text ${n}`),
  (on, n) => on.reply(201, { n }, { headers: { h: `${n}`, L: ["1", "2"] } }),
  (on, n) => on.replyWithError(new RangeError(`error ${n}`)),
  (on) => on.defaultReplyHeaders({ d: "1", e: "2" }).reply(() => ({ statusCode: 202, responseOptions: to("3") })),
  (on, n) => on.replyContentLength().reply(200, `length ${n}`),
  (on, n) => on.defaultReplyTrailers({ a: "b" }).reply(200, `trailers ${n}`, { trailers: { c: "d" } }),
  (on) => on.reply(200, (request) => JSON.stringify(request)),
  (on) => on.reply(302, "", to("/x")),
  (on) => on.reply(307, "gone", to("https://b.com/y")),
  (on) => on.reply(303, "gone", to("/")),
  (on) => on.reply(204),
  (on) => on.reply(500, null),
  (on, n) => on.reply(299, zlib.gzipSync(`zipped ${n}`), gzip),
  (on) => on.reply(200, Buffer.from([1, 2, 255])),
];
const throwing = (on, n) =>
  on.reply(200, () => {
    throw new RangeError(`thrown ${n}`);
  });
const LIVES = [
  (scope) => scope,
  (scope) => scope.times(2),
  (scope) => scope.persist(),
  (scope) => scope.delay(1),
  (scope) => scope.times(3).persist().delay(1),
];

const script = `export default {
  async fetch(request) {
    const { url, ...init } = await request.json();
    try {
      const response = await fetch(url, init);
      const { status, statusText, redirected, headers } = response;
      const bytes = [...new Uint8Array(await response.arrayBuffer())];
      return Response.json([status, statusText, response.url, redirected, [...headers], String.fromCharCode(...bytes)]);
    } catch ({ name, message, cause }) {
      return Response.json([name, message, cause.name, cause.message, cause.code]);
    }
  }
}`;

const print = (...parts) => console.log(JSON.stringify(parts));

async function run(seed) {
  const random = randomOf(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const some = (choices) => Object.fromEntries(Object.entries(choices).map(([name, list]) => [name, pick(list)]));
  // Most that are given match much: else nearly all requests would be refused.
  const matchers = () => {
    const all = some(MATCHERS);
    return random() < 0.5 ? all : { path: /./, method: /./, headers: pick([undefined, all.headers]) };
  };
  const fetchMock = createFetchMock();
  fetchMock.disableNetConnect();
  const origins = random() < 0.3 ? [...ORIGINS, /a\.com/] : ORIGINS;
  for (const origin of origins) fetchMock.get(origin);
  const mf = new Miniflare({ modules: true, script, fetchMock });
  for (let n = 0; n < STEPS; n++) {
    if (random() < 0.45) {
      const on = fetchMock.get(pick(origins)).intercept(matchers());
      if (random() < 0.1) throwing(on, n);
      else pick(LIVES)(pick(REPLIES)(on, n));
    } else {
      const { path, ...init } = some(REQUESTS);
      if (init.method === "GET" || init.method === "HEAD") delete init.body;
      const body = JSON.stringify({ url: pick(ORIGINS) + path, ...init });
      print(seed, n, body, await (await mf.dispatchFetch("http://localhost/", { method: "POST", body })).json());
    }
  }
  const pending = fetchMock.pendingInterceptors();
  print(
    seed,
    "pending",
    pending.map(({ origin, path, timesInvoked }) => [origin, path, timesInvoked].join(" ")).sort(),
  );
  await mf.dispose();
}

for (let seed = 1; seed <= SCRIPTS; seed++) await run(seed * 7919);
process.exit();
