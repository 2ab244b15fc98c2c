// Tags: every-node
// The same random scripts on undici's MockAgent and on ours, both as dispatchers: what they answer, refuse and leave
// pending is the same. Where ours differs on purpose, the scripts do not go: bodies that are not strings, origins that a
// pattern takes only after they were fetched from, and the order in which pending origins are listed.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { stripVTControlCharacters } from "node:util";
import { createFetchMock } from "../support/miniflare.mjs";
import { randomOf } from "../support/random.mjs";
import { test } from "../support/test.mjs";

const require = createRequire(import.meta.url);
const { MockAgent } = createRequire(require.resolve("miniflare"))("undici");

const ORIGINS = ["https://a.com", "https://b.com", "http://a.com:81"];
const PATTERNS = [/a\.com/, (origin) => origin.startsWith("https")];
const MATCHERS = {
  path: ["/", "/x", "/x?b=1&a=2", "/y z", /x/, /^\/x\?a=2&b=1$/, (path) => path === "/y%20z", "/x?a", "/x??", "rel"],
  method: [undefined, "GET", "post", /^P/, (method) => method === "GET"],
  body: [undefined, undefined, "x", /x/, (body) => body === "y"],
  headers: [undefined, { a: "1" }, { A: /1/ }, { b: (value) => value === undefined }, (headers) => headers.a === "1"],
};
const REQUESTS = {
  path: ["/", "/x", "//x", "/x?a=2&b=1", "/x?b=1&a=2", "/y%20z", "/x?a", "/x?a=", "/rel"],
  method: ["GET", "GET", "POST", "PUT"],
  body: [null, "x", "y"],
  headers: [{}, { a: "1" }, { A: "1", b: "2" }],
};
const REPLIES = [
  (on, n) => on.reply(200, `reply ${n}`),
  (on, n) => on.reply(201, { n }, { headers: { h: `${n}` } }),
  (on, n) => on.replyWithError(new Error(`error ${n}`)),
  (on, n) => on.defaultReplyHeaders({ d: "1" }).reply(() => ({ statusCode: 202, data: `callback ${n}` })),
  (on, n) => on.replyContentLength().reply(200, `length ${n}`),
  (on) => on.reply(200, (request) => JSON.stringify(request)),
];
const LIVES = [
  (scope) => scope,
  (scope) => scope.times(2),
  (scope) => scope.persist(),
  (scope) => scope.times(3).persist(),
];

function script(random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const some = (choices) => Object.fromEntries(Object.entries(choices).map(([name, list]) => [name, pick(list)]));
  const patterns = PATTERNS.slice(0, Math.floor(random() * 3));
  const steps = [(agent) => void agent.disableNetConnect(), ...patterns.map((one) => (agent) => void agent.get(one))];
  for (let n = 0; n < 30; n++) {
    const choice = random();
    if (choice < 0.4) {
      const [origin, options, reply, life] = [
        pick([...ORIGINS, ...patterns]),
        some(MATCHERS),
        pick(REPLIES),
        pick(LIVES),
      ];
      steps.push((agent) => void life(reply(agent.get(origin).intercept({ ...options }), n)));
    } else if (choice < 0.95) {
      const request = { origin: pick(ORIGINS), ...some(REQUESTS) };
      steps.push((agent) => send(agent, request));
    } else {
      steps.push(pending);
    }
  }
  return [...steps, pending, table];
}

function send(agent, request) {
  const seen = [];
  const handler = {
    onConnect() {},
    onHeaders: (status, headers, _resume, text) => void seen.push(status, headers.map(String), text),
    onData: (chunk) => void seen.push(String(chunk)),
    onComplete: () => void seen.push("end"),
    onError: ({ name, message }) => void seen.push(name, message),
  };
  try {
    agent.dispatch({ ...request, headers: { ...request.headers } }, handler);
  } catch ({ name, message }) {
    seen.push(name, message);
  }
  // What a callback gets, undici passes on as it was dispatched; ours is as a worker's fetch makes it.
  return seen.map((one) => (String(one).startsWith('{"') ? JSON.parse(one).path : one));
}

function pending(agent) {
  const shown = ({ origin, path, timesInvoked, times, persist }) =>
    [origin, path, timesInvoked, times, persist].map(String);
  return agent.pendingInterceptors().map(shown).sort();
}

function table(agent) {
  try {
    agent.assertNoPendingInterceptors();
    return "none";
  } catch ({ message }) {
    const lines = stripVTControlCharacters(message).split("\n");
    return lines.map((line) => line.replace(/│\s+\d+\s+│/, "│ index │")).sort();
  }
}

const run = (agent, steps) => steps.map((step) => step(agent));

test("scripts go as with undici's own mock", async () => {
  for (let seed = 1; seed <= 150; seed++) {
    const steps = script(randomOf(seed));
    const theirs = new MockAgent();
    assert.deepEqual(run(createFetchMock(), steps), run(theirs, steps), `seed ${seed}`);
    await theirs.close();
  }
});
