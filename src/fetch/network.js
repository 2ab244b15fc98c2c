// One hop over the network.

import { core, internals } from "ext:core/mod.js";
import { InnerBody } from "ext:miniflare/web/bodies.js";

// Names that upstream's fetch looks for; tracing is not part of a worker.
internals.__telemetry = {
  builtinTracer() {},
  ContextManager: { active() {} },
  DID_NOT_ENTER: Symbol(),
  enterSpan() {},
  exitSpan() {},
  TRACING_ENABLED: false,
  PROPAGATORS: [],
};
internals.__telemetryUtil = {
  updateSpanFromRequest() {},
  updateSpanFromClientResponse() {},
  updateSpanFromError() {},
};
const { newInnerRequest } = core.loadExtScript("ext:deno_fetch/23_request.js");
const upstream = core.loadExtScript("ext:deno_fetch/26_fetch.js");
const { AbortController } = core.loadExtScript("ext:deno_web/03_abort_signal.js");

export async function sendHop(hop) {
  let body = null;
  if (hop.body !== null) {
    const isStream = typeof hop.body === "object" && !(hop.body instanceof Uint8Array);
    body = new InnerBody(isStream ? hop.body : { body: hop.body, consumed: false });
    body.length = hop.length;
  }
  const inner = newInnerRequest(hop.method, hop.url, () => hop.headers, body, false);
  inner.redirectMode = "manual";
  const controller = new AbortController();
  hop.callOff = (reason) => controller.abort(reason);
  let answer;
  try {
    answer = await upstream.mainFetch(inner, false, hop.signal ?? controller.signal);
  } catch (error) {
    throw error.cause ?? error;
  }
  if (answer.error) throw new Error(answer.error);
  return {
    status: answer.status,
    statusText: answer.statusMessage,
    headers: answer.headerList,
    body: answer.body?.stream ?? null,
  };
}
