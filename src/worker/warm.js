// What every worker does first, done once while the snapshot is made: the snapshot keeps the code that was compiled for it,
// so that no isolate has to parse it again. Nothing of it may leave a trace in the realm.

import { core } from "ext:core/mod.js";
import { dispatch } from "ext:miniflare/worker/dispatch.js";
import { worker } from "ext:miniflare/worker/worker.js";

const { CALL, TRAP } = core.loadExtScript("ext:miniflare/membrane/membrane.js");

/** Starts an empty worker and answers requests, through the same doors as Node's side. */
export function warmUp(enter) {
  const trap = (...args) => enter(CALL.TRAP, ...args);
  const data = (value) => ["d", core.serialize(value)];
  const [, [, start]] = trap(1, TRAP.GET, "start");
  const settings = {
    path: "",
    text: "",
    fromFile: false,
    modules: false,
    rules: [],
    flags: [],
    durableObjects: [],
    services: [],
    missing: [],
    limits: {},
    proxies: false,
  };
  trap(start, TRAP.APPLY, undefined, [data(settings), data([]), data([]), data([])]);
  worker.handlers = { fetch: answer, scheduled() {} };
  request("GET", "", null);
  request("POST", "content-type\ntext/plain", "text");
  request("POST", "", new Uint8Array(2));
  worker.handlers = undefined;
}

function request(method, headers, body) {
  dispatch(0, 0, null, method, "http://localhost/path?query=1", headers, body);
}

async function answer(request, env, ctx) {
  ctx.waitUntil(Promise.resolve());
  const { pathname } = new URL(request.url);
  const text = await request.text();
  const kind = request.headers.get("content-type") ?? "text/plain";
  return new Response(JSON.stringify({ pathname, text }), { status: 201, headers: { "content-type": kind } });
}
