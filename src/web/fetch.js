// `fetch` as a worker has it: of HTTP only, and failing as Node's does.

import { core, internals } from "ext:core/mod.js";
import { lengthOf } from "ext:miniflare/web/bodies.js";
import { Request } from "ext:miniflare/web/request.js";

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
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const upstream = core.loadExtScript("ext:deno_fetch/26_fetch.js");

/** What upstream puts before the reason of a failure it found without asking the network. */
const FAILED = "Fetch failed: ";

export async function fetch(input, init = undefined) {
  const target = input instanceof Request ? input : String(input);
  assertHttp(target.url ?? target);
  try {
    return await (lengthOf(init?.body) === undefined
      ? upstream.fetch(target, init)
      : upstream.fetch(new Request(target, init)));
  } catch (error) {
    if (!(error instanceof TypeError) || !error.message.startsWith(FAILED)) throw error;
    throw new TypeError("fetch failed", { cause: new Error(error.message.slice(FAILED.length)) });
  }
}

function assertHttp(url) {
  const { protocol, href } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") throw new TypeError(`Fetch API cannot load: ${href}`);
}
