// Tags: every-node
// Generated programs over sockets, run here and on Miniflare 2: what calls throw, which states follow, what arrives and in
// which order.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { turns } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);

/** A worker that runs a program on a pair of its own, or one call on the socket that it keeps of a client. */
const script = `
function listen(socket, name, log, answers) {
  socket.addEventListener("message", ({ data }) => log.push([name, "message", typeof data === "string" ? data : [...new Uint8Array(data)]]));
  socket.addEventListener("close", ({ code, reason }) => {
    log.push([name, "close", code, reason, socket.readyState]);
    if (answers) try { socket.close(code === 1005 ? undefined : code); } catch (error) { log.push([name, error.message]); }
  });
}
function call(socket, [method, ...args], log) {
  const given = args.map((arg) => (Array.isArray(arg) ? new Uint8Array(arg).buffer : arg === null ? undefined : arg));
  try {
    socket[method](...given);
  } catch (error) {
    log.push([error.name, error.message]);
  }
}
const names = ["one", "other"];
async function run({ calls, answers }) {
  const ends = Object.values(new WebSocketPair());
  const log = [];
  ends.forEach((end, index) => listen(end, names[index], log, answers[index]));
  for (const [who, ...rest] of calls) {
    if (who === "wait") for (let turn = 0; turn < 8; turn++) await undefined;
    else call(ends[who], rest, log);
    log.push(ends.map((end) => end.readyState).join());
  }
  for (let turn = 0; turn < 20; turn++) await undefined;
  log.push(ends.map((end) => end.readyState).join());
  return log;
}
let kept, log;
async function handle(request) {
  const { pathname } = new URL(request.url);
  if (pathname === "/run") return Response.json(await run(await request.json()));
  if (pathname === "/open") {
    const [client, server] = Object.values(new WebSocketPair());
    kept = server;
    log = [];
    listen(server, "worker", log, (await request.json()).answers[1]);
    return new Response(null, { status: 101, webSocket: client });
  }
  if (pathname === "/call") call(kept, await request.json(), log);
  return Response.json([...log, kept.readyState]);
}
addEventListener("fetch", (event) => event.respondWith(handle(event.request)));
`;

/** Calls on either end, most of which can be made. */
function program(random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const calls = [];
  const length = 3 + Math.floor(random() * 12);
  for (let made = 0; made < length; made++) {
    const who = pick([0, 1]);
    calls.push(
      pick([
        () => [who, "accept"],
        () => [who, "accept"],
        () => [who, "send", `text ${made}`],
        () => [who, "send", [made, 1, 2]],
        () => [who, "send", ""],
        () => [who, "close", ...pick([[], [], [1000], [4000, "reason"], [999], [1005], [null, "reason"], [1001, ""]])],
        () => ["wait"],
        () => ["wait"],
      ])(),
    );
  }
  return { calls, answers: [pick([true, false]), pick([true, false])] };
}

const post = (mf, path, value) =>
  mf.dispatchFetch(`http://localhost${path}`, { method: "POST", body: JSON.stringify(value) });

const inWorker = async (mf, given) => (await post(mf, "/run", given)).json();

/** The same with one end in Node: after each call, everything has arrived. */
async function acrossRealms(mf, { calls, answers }) {
  const { webSocket } = await post(mf, "/open", { answers });
  const log = [];
  webSocket.addEventListener("message", ({ data }) =>
    log.push(["message", typeof data === "string" ? data : [...new Uint8Array(data)]]),
  );
  webSocket.addEventListener("close", ({ code, reason }) => {
    log.push(["close", code, reason]);
    try {
      if (answers[0]) webSocket.close(code === 1005 ? undefined : code);
    } catch (error) {
      log.push(error.message);
    }
  });
  for (const [who, method, ...args] of calls) {
    if (who === 1) await post(mf, "/call", [method, ...args]);
    if (who === 0) {
      const given = args.map((arg) =>
        Array.isArray(arg) ? new Uint8Array(arg).buffer : arg === null ? undefined : arg,
      );
      try {
        webSocket[method](...given);
      } catch (error) {
        log.push([error.name, error.message]);
      }
    }
    await turns(2);
    log.push(webSocket.readyState);
  }
  return [log, await (await post(mf, "/log")).json()];
}

for (const [name, run] of Object.entries({ "within a worker": inWorker, "between Node and a worker": acrossRealms })) {
  test(`programs ${name} do what they do in Miniflare 2`, async (t) => {
    const { Miniflare } = createRequire(import.meta.url)("miniflare");
    const oracle = new Miniflare({ script });
    t.after(() => oracle.dispose());
    const mf = create(t, { script });
    const random = randomOf(seedOf(t));
    for (let made = 0; made < 150; made++) {
      const given = program(random);
      const [expected, got] = [await run(oracle, given), await run(mf, given)];
      assert.deepEqual(got, expected, `program ${made}: ${JSON.stringify(given)}`);
    }
  });
}
