// Boot: everything here runs while the snapshot is made, and `__boot`, as little as can be, when an isolate starts from it.

import { core } from "ext:core/mod.js";
import "ext:miniflare/web/exceptions.js";
import { defineGlobals } from "ext:miniflare/web/globals.js";
import { fireTimer } from "ext:miniflare/web/timers.js";
import { reportError, reportRejection } from "ext:miniflare/web/rejections.js";
import { feedCompiler } from "ext:miniflare/web/wasm.js";
import { control } from "ext:miniflare/worker/control.js";
import { dispatch } from "ext:miniflare/worker/dispatch.js";
import { connect, FETCHED, live, serve } from "ext:miniflare/worker/realm.js";
import { fetched } from "ext:miniflare/worker/services.js";
import { warmUp } from "ext:miniflare/worker/warm.js";

defineGlobals();
core.setReportExceptionCallback(reportError);
connect();
// Node's side knows this object by its number, the first.
live(control);
warmUp(serveCall);

globalThis.__boot = () => {
  delete globalThis.__boot;
  delete globalThis.Deno;
  delete globalThis.__bootstrap;
  core.setWasmStreamingCallback(feedCompiler);
  return [serveCall, dispatch, reportRejection, fireTimer];
};

function serveCall(call, ...args) {
  return call === FETCHED ? fetched(...args) : serve(call, args);
}
