// Boot: everything here runs while the snapshot is made, and `__boot`, as little as can be, when an isolate starts from it.

import { core } from "ext:core/mod.js";
import { op_set_wasm_streaming_callback } from "ext:core/ops";
import { complete, make } from "ext:miniflare/realm/lazy.ts";
import "ext:miniflare/web/exceptions.ts";
import { defineGlobals, lazyGlobals } from "ext:miniflare/worker/globals.ts";
import { fireTimer } from "ext:miniflare/web/timers.ts";
import { reportError, reportRejection } from "ext:miniflare/web/rejections.ts";
import { explainMemory, feedCompiler } from "ext:miniflare/web/wasm-globals.ts";
import { control } from "ext:miniflare/worker/control.ts";
import { dispatch } from "ext:miniflare/worker/dispatch.ts";
import { connect } from "ext:miniflare/membrane/worker/worker-realm.ts";
import { CALL, live, serve } from "ext:miniflare/realm/port.ts";
// Written by `scripts/bundle.mjs`: what the bundles of rooms import from modules in the snapshot.
import "ext:miniflare/worker/own.js";
import { fetched } from "ext:miniflare/membrane/worker/elsewhere.ts";
import { ofRooms, rooms } from "ext:miniflare/worker/rooms.ts";
import { start } from "ext:miniflare/worker/start.ts";
import { warmUp } from "ext:miniflare/worker/warm.ts";
import type { WireValue } from "../wire.ts";

/** Those of rooms. In a map, as the worker may give all objects a member of the same number. */
const calls = new Map(Object.entries(ofRooms("calls")).map(([call, serve]) => [Number(call), serve as ServeCall]));
type ServeCall = (...args: WireValue[]) => void;

defineGlobals();
core.setReportExceptionCallback(reportError);
connect(
  rooms.flatMap(({ kinds = [] }) => kinds),
  lazyGlobals,
);
// Node's side knows these by their numbers: `FIRST` in `protocol.json`.
live(control);
warmUp(serveCall, live(start));

/** Called while the snapshot is made too, so that its code is in there. */
globalThis.__boot = (isStart: boolean) => {
  explainMemory();
  if (!isStart) return undefined;
  delete globalThis.__boot;
  delete globalThis.Deno;
  delete globalThis.__bootstrap;
  op_set_wasm_streaming_callback(feedCompiler);
  return [serveCall, dispatch, reportRejection, fireTimer, make];
};
globalThis.__boot(false);
complete();
// Scripts have taken what they need from here, and lazy ones look for it elsewhere.
for (const name of Object.keys(core.ops)) delete core.ops[name];

function serveCall(call: number, ...args: WireValue[]) {
  if (call === CALL.FETCHED) return fetched(...(args as [number, WireValue]));
  const serveForRoom = calls.get(call);
  return serveForRoom === undefined ? serve(call, args) : serveForRoom(...args);
}
