// Tags: oracle
// The memories of WebAssembly: none may be larger than the worker's limit, and what asks for more is told so.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { CAUGHT, evaluate, json } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { memory } from "../support/wasm.mjs";
import { test } from "../support/test.mjs";

const PAGE = 65_536;
const PAGES_PER_MB = 16;
/** The default limit, and the most that the standard allows, in pages. */
const DEFAULT = 128 * PAGES_PER_MB;
const MOST = 65_536;
const NO_LIMITS = differs("it has no limits");

const bytes = (...args) => new Uint8Array(memory(...args));

function assertNamed([name, message], limit = 128) {
  assert.equal(name, "RangeError");
  assert.match(message, new RegExp(`${limit} MB.*"heapLimitMb"`));
}

/** Answers with what the module's memory has, what growing by `pages` gives, and what is read at its offset. */
const reader = (module, pages) => `export default { fetch(request, env) {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(env.${module}));
    return Response.json([exports.memory.buffer.byteLength, exports.grow(${pages}), exports.read()]);
  } catch ({ name, message }) {
    return Response.json([name, message]);
  }
} }`;

describe("a memory beyond the limit of the worker", NO_LIMITS, () => {
  test("is refused by its constructor, of 64 bits too", async (t) => {
    const refused = await evaluate(
      t,
      `${CAUGHT} const initial = ${DEFAULT + 1};
      return [caught(() => new WebAssembly.Memory({ initial })),
        caught(() => new WebAssembly.Memory({ initial: BigInt(initial), address: "i64" })),
        caught(() => new WebAssembly.Memory({ initial, maximum: initial, shared: true }))];`,
    );
    for (const one of refused) assertNamed(one);
  });

  test("is refused however a module is instantiated", async (t) => {
    const refused = await evaluate(
      t,
      `${CAUGHT} const { LARGE, BOUND } = env; const headers = { "Content-Type": "application/wasm" };
      return Promise.all([caught(() => new WebAssembly.Instance(new WebAssembly.Module(LARGE))),
        caught(() => WebAssembly.instantiate(LARGE)),
        caught(async () => WebAssembly.instantiate(await WebAssembly.compile(LARGE))),
        caught(() => WebAssembly.instantiateStreaming(new Response(LARGE, { headers }))),
        caught(() => new WebAssembly.Instance(BOUND))]);`,
      {
        bindings: { LARGE: bytes(DEFAULT + 1, MOST) },
        rootPath: folder(t, { "large.wasm": memory(DEFAULT + 1) }),
        wasmBindings: { BOUND: "large.wasm" },
      },
    );
    assert.equal(refused.length, 5);
    for (const one of refused) assertNamed(one);
  });

  test("cannot be exceeded by growing, in JavaScript or within the module", async (t) => {
    const [within, beyond, refused, length] = await evaluate(
      t,
      `${CAUGHT} const { exports } = new WebAssembly.Instance(new WebAssembly.Module(env.MODULE));
      return [exports.grow(${DEFAULT - 1}), exports.grow(1), caught(() => exports.memory.grow(1)),
        exports.memory.buffer.byteLength];`,
      { bindings: { MODULE: bytes(1, MOST) } },
    );
    assert.deepEqual([within, beyond, length], [1, -1, DEFAULT * PAGE]);
    assertNamed(refused);
  });

  test("is what a worker with a higher limit may have, and no other once that is gone", async (t) => {
    const pages = 256 * PAGES_PER_MB;
    const bindings = { MODULE: bytes(pages, MOST, pages * PAGE - 4) };
    const script = reader("MODULE", 1);
    const low = create(t, { bindings, script });
    assertNamed(await json(low));
    const high = create(t, { bindings, script, heapLimitMb: 256 });
    assert.deepEqual(await json(high), [pages * PAGE, -1, 0]);
    await high.dispose();
    assertNamed(await json(low));
    await low.setOptions({ heapLimitMb: 512 });
    assert.deepEqual(await json(low), [pages * PAGE, pages, 0]);
  });
});

describe("a memory within the limit of the worker", () => {
  test("may declare any maximum", async (t) => {
    const made = await evaluate(
      t,
      `const { exports } = new WebAssembly.Instance(new WebAssembly.Module(env.MODULE));
      const imported = new WebAssembly.Memory({ initial: 16, maximum: ${MOST} });
      imported.grow(16);
      return [exports.memory.grow(100), exports.read(), imported.buffer.byteLength, imported instanceof WebAssembly.Memory,
        imported.constructor === WebAssembly.Memory, exports.memory instanceof WebAssembly.Memory];`,
      { bindings: { MODULE: bytes(17, MOST) } },
    );
    assert.deepEqual(made, [17, 0, 32 * PAGE, true, true, true]);
  });

  test("fails as V8 has it for other reasons", async (t) => {
    const failed = await evaluate(
      t,
      `${CAUGHT} const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
      return Promise.all([caught(() => memory.grow(2)), caught(() => new WebAssembly.Memory({ initial: 3, maximum: 2 })),
        caught(() => WebAssembly.Memory({ initial: 1 })), caught(() => WebAssembly.instantiate(new Uint8Array(8)))]);`,
    );
    assert.deepEqual(
      failed.map(([name]) => name),
      ["RangeError", "RangeError", "TypeError", "CompileError"],
    );
    for (const [, message] of failed) assert.doesNotMatch(message, /heapLimitMb/);
  });
});
