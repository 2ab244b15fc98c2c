// WebAssembly that is compiled while the response with it arrives, and what is said of memories beyond the limit.

import { core } from "ext:core/mod.js";
import { op_wasm_limit, op_wasm_streaming_feed, op_wasm_streaming_set_url } from "ext:core/ops";

const { Response } = core.loadExtScript("ext:deno_fetch/23_response.js");

const TYPE = "application/wasm";

/** V8 asks for the bytes of what `compileStreaming` or `instantiateStreaming` was given; `compilation` is their number. */
export function feedCompiler(source: unknown, compilation: number) {
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
function assertWasm(source: unknown): asserts source is Response {
  if (!(source instanceof Response))
    throw new TypeError("WebAssembly is compiled from a Response or a promise of one.");
  const type = source.headers.get("content-type");
  if (type?.toLowerCase() !== TYPE) {
    throw new TypeError(`WebAssembly is compiled from a response with the Content-Type "${TYPE}", not "${type}".`);
  }
  if (!source.ok) throw new TypeError(`WebAssembly is not compiled from a response with status ${source.status}.`);
  if (source.bodyUsed || source.body?.locked) throw new TypeError("Body is unusable");
}

async function feed(body: ReadableStream<Uint8Array> | null, compilation: number) {
  if (body !== null) for await (const chunk of body) op_wasm_streaming_feed(compilation, chunk);
}

/** V8's words for a memory that it refuses. */
const REFUSED =
  /^(WebAssembly\.Memory\(\): could not allocate memory|WebAssembly\.Memory\.grow\(\): Unable to grow instance memory|.*Cannot allocate Wasm memory for new instance)/;

/** Classes and functions by their names. */
export type Callables = Record<string, Callable>;
type Callable = ((...given: unknown[]) => unknown) & { prototype: Callables };

/** Has errors about memories that are too large name the limit. */
export function explain(wasm: Callables) {
  for (const name of ["Memory", "Instance"]) {
    const Class = wasm[name];
    const explained = new Proxy(Class, {
      construct: (...given) => tried(() => Reflect.construct(...given)) as object,
    });
    define(wasm, name, explained);
    define(Class.prototype, "constructor", explained);
  }
  explainCall(wasm.Memory.prototype, "grow");
  explainCall(wasm, "instantiate");
  explainCall(wasm, "instantiateStreaming");
}

function explainCall(object: Callables, name: string) {
  const apply = (...given: [target: Callable, self: unknown, args: unknown[]]) => {
    const result = tried(() => Reflect.apply(...given));
    return result instanceof Promise ? result.catch(rethrow) : result;
  };
  define(object, name, new Proxy(object[name], { apply }));
}

function define(object: object, name: string, value: unknown) {
  Object.defineProperty(object, name, { value });
}

function tried<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    return rethrow(error);
  }
}

function rethrow(error: unknown): never {
  if (error instanceof RangeError && REFUSED.test(error.message)) {
    const { message, stack } = error;
    const text = `${message}. A memory may have ${op_wasm_limit()} MB; the option "heapLimitMb" raises that.`;
    for (const [key, value] of [
      ["message", text],
      ["stack", (stack as string).replace(message, () => text)],
    ]) {
      Object.defineProperty(error, key, { value });
    }
  }
  throw error;
}
