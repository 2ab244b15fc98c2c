// WebAssembly that is compiled while the response with it arrives.

import { core } from "ext:core/mod.js";
import { op_wasm_streaming_feed, op_wasm_streaming_set_url } from "ext:core/ops";

const { Response } = core.loadExtScript("ext:deno_fetch/23_response.js");

const TYPE = "application/wasm";

/** V8 asks for the bytes of what `compileStreaming` or `instantiateStreaming` was given; `compilation` is their number. */
export function feedCompiler(source, compilation) {
  try {
    assertWasm(source);
    op_wasm_streaming_set_url(compilation, source.url);
    feed(source.body, compilation).then(
      () => core.close(compilation),
      (error) => core.abortWasmStreaming(compilation, error),
    );
  } catch (error) {
    core.abortWasmStreaming(compilation, error);
  }
}

/** <https://webassembly.github.io/spec/web-api/#compile-a-potential-webassembly-response> */
function assertWasm(source) {
  if (!(source instanceof Response))
    throw new TypeError("WebAssembly is compiled from a Response or a promise of one.");
  const type = source.headers.get("content-type");
  if (type?.toLowerCase() !== TYPE) {
    throw new TypeError(`WebAssembly is compiled from a response with the Content-Type "${TYPE}", not "${type}".`);
  }
  if (!source.ok) throw new TypeError(`WebAssembly is not compiled from a response with status ${source.status}.`);
  if (source.bodyUsed || source.body?.locked) throw new TypeError("Body is unusable");
}

async function feed(body, compilation) {
  if (body !== null) for await (const chunk of body) op_wasm_streaming_feed(compilation, chunk);
}
