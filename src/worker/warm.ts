// What every worker does first, done once while the snapshot is made: the snapshot keeps the code that was compiled for it,
// so that no isolate has to parse it again. Nothing of it may leave a trace in the realm.

import { useModules } from "ext:miniflare/web/events.ts";
import { dispatch } from "ext:miniflare/worker/dispatch.ts";
import { CALL } from "ext:miniflare/realm/port.ts";
import { ofRooms } from "ext:miniflare/worker/rooms.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { listed } from "ext:miniflare/membrane/membrane-data.ts";
import { TRAP } from "ext:miniflare/membrane/membrane.ts";
import type { ExecutionContext } from "ext:miniflare/web/scope.ts";
import type { Settings } from "ext:miniflare/worker/start.ts";
import type { WireValue } from "../wire.ts";

const SETTINGS: Settings = {
  path: "",
  text: "",
  fromFile: false,
  modules: false,
  rules: [],
  flags: [],
  limits: {},
  services: [],
  proxies: false,
  ...ofRooms("empty"),
};

/** Starts an empty worker, by the number of `start`, and answers requests, by the entry points that Node's side uses. */
export function warmUp(enter: (call: number, ...args: WireValue[]) => unknown, start: number) {
  const trap = (...args: WireValue[]) => enter(CALL.TRAP, ...args);
  const begin = (settings: object, bindings: unknown[] = []) =>
    trap(start, TRAP.APPLY, undefined, [settings, [], bindings, []].map(listed));
  // The invalid pattern makes the load fail on purpose, so the module does not run.
  begin({ ...SETTINGS, modules: true, flags: ["export_commonjs_default"], rules: [["Text", false, "["]] }, [
    "warm",
    true,
  ]);
  if (!worker.env.warm) throw new Error("a worker did not start while the snapshot was made");
  delete worker.env.warm;
  delete (globalThis as { warm?: unknown }).warm;
  useModules(undefined);
  begin(SETTINGS);
  worker.handlers = { fetch: answer, scheduled() {} };
  request("GET", "", null);
  request("POST", "content-type\ntext/plain", "text");
  request("POST", "", new Uint8Array(2));
  worker.handlers = undefined;
}

function request(method: string, headers: string, body: WireValue) {
  dispatch(0, 0, null, method, "http://localhost/path?query=1", headers, body);
}

async function answer(request: Request, env: object, ctx: ExecutionContext) {
  if (request.method === "GET") return new Response("text");
  ctx.waitUntil(Promise.resolve());
  const { pathname } = new URL(request.url);
  const text = await request.text();
  const kind = request.headers.get("content-type") ?? "text/plain";
  return new Response(JSON.stringify({ pathname, text }), { status: 201, headers: { "content-type": kind } });
}
