// Tags: oracle, every-node
// Module rules: which type a file has, the types beyond JavaScript, and how rules of one type hide later ones.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs, isOracle } from "../support/miniflare.mjs";
import { json } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { answer, answered, BUNDLE_HINT, failed, unresolved } from "../support/modules.mjs";
import { ADD } from "../support/wasm.mjs";
import { test } from "../support/test.mjs";

const TEXT = { type: "Text", include: ["**/*.txt"] };
const DATA = { type: "Data", include: ["**/*.bin"] };
const WASM = { type: "CompiledWasm", include: ["**/*.wasm"] };

describe("a module of type", () => {
  test("Text is a string", async (t) => {
    assert.equal(
      await answered(
        t,
        {
          "main.mjs": `import value from "./x.txt"; ${answer("value")}`,
          "x.txt": `grüße\n\`\${text}\` \\n`,
        },
        { modulesRules: [TEXT] },
      ),
      `grüße\n\`\${text}\` \\n`,
    );
  });

  test("Data is an ArrayBuffer", async (t) => {
    assert.deepEqual(
      await answered(
        t,
        {
          "main.mjs": `import value from "./x.bin"; 
            ${answer("[value instanceof ArrayBuffer, ...new Uint8Array(value)]")}`,
          "x.bin": Buffer.from([0, 1, 127, 255]),
        },
        { modulesRules: [DATA] },
      ),
      [true, 0, 1, 127, 255],
    );
  });

  test("CompiledWasm is a WebAssembly.Module", async (t) => {
    assert.deepEqual(
      await answered(
        t,
        {
          "main.mjs": `import module from "./add.wasm";
        const { exports } = new WebAssembly.Instance(module);
        ${answer("[module instanceof WebAssembly.Module, exports.add(40, 2)]")}`,
          "add.wasm": ADD,
        },
        { modulesRules: [WASM] },
      ),
      [true, 42],
    );
  });

  test("Text, Data or CompiledWasm can be required and imported dynamically", async (t) => {
    assert.deepEqual(
      await answered(
        t,
        {
          "main.mjs": `import cjs from "./x.js"; ${answer(`[...cjs, (await import("./x.txt")).default]`)}`,
          "x.js": `module.exports = [require("./x.txt").default, require("./x.bin").default.byteLength,
        require("./x.wasm").default instanceof WebAssembly.Module];`,
          "x.txt": "text",
          "x.bin": "123",
          "x.wasm": ADD,
        },
        { modulesRules: [TEXT, DATA, WASM] },
      ),
      ["text", 3, true, "text"],
    );
  });

  test("CompiledWasm with broken bytes is a CompileError", differs("it leaves a rejection unhandled"), async (t) => {
    const { error, root } = await failed(
      t,
      {
        "main.mjs": `import "./x.wasm"; export default {};`,
        "x.wasm": Buffer.from("no wasm"),
      },
      { modulesRules: [WASM] },
    );
    assert.equal(error.name, "CompileError");
    assert.ok(error instanceof WebAssembly.CompileError);
    assert.ok(error.message.startsWith(`${root}/x.wasm: `), error.message);
    assert.ok(error.stack.includes(error.message), error.stack);
  });

  test("that does not exist is ERR_MODULE_UNSUPPORTED", async (t) => {
    const { error, root } = await failed(
      t,
      {
        "main.mjs": `import "./x.py"; export default {};`,
        "x.py": "",
      },
      { modulesRules: [{ type: "Python", include: ["**/*.py"] }] },
    );
    assert.equal(error.name, "VMScriptRunnerError [ERR_MODULE_UNSUPPORTED]");
    assert.equal(error.message, unresolved(root, "main.mjs", "./x.py", "Python modules are unsupported"));
  });
});

describe("rules", () => {
  test("of the user come before the default ones", async (t) => {
    const include = ["**/*.js"];
    assert.equal(
      await answered(
        t,
        {
          "main.mjs": `import { x } from "./x.js"; ${answer("x")}`,
          "x.js": "export const x = 'module';",
        },
        { modulesRules: [{ type: "ESModule", include, fallthrough: true }] },
      ),
      "module",
    );
    assert.equal(
      await answered(
        t,
        {
          "main.mjs": `import x from "./x.js"; ${answer("x")}`,
          "x.js": "source",
        },
        { modulesRules: [{ type: "Text", include }] },
      ),
      "source",
    );
  });

  test("without fallthrough hide later rules of their type, also the default ones", async (t) => {
    const { error, root } = await failed(
      t,
      {
        "main.mjs": `import "./x.js"; import "./y.mjs"; export default {};`,
        "x.js": "export const x = 1;",
        "y.mjs": "export const y = 2;",
      },
      { modulesRules: [{ type: "ESModule", include: ["**/*.js"] }] },
    );
    assert.equal(error.code, "ERR_MODULE_RULE");
    assert.equal(error.message, unresolved(root, "main.mjs", "./y.mjs", `no matching module rules.\n${BUNDLE_HINT}`));
  });

  test("with fallthrough let later ones apply", async (t) => {
    const files = {
      "main.mjs": `import x from "./x.txt"; import y from "./y.md"; ${answer("[x, y]")}`,
      "x.txt": "text",
      "y.md": "mark",
    };
    const markdown = { type: "Text", include: ["**/*.md"] };
    assert.deepEqual(await answered(t, files, { modulesRules: [{ ...TEXT, fallthrough: true }, markdown] }), [
      "text",
      "mark",
    ]);
    assert.equal((await failed(t, files, { modulesRules: [TEXT, markdown] })).error.code, "ERR_MODULE_RULE");
  });

  test("may list several globs", async (t) => {
    assert.deepEqual(
      await answered(
        t,
        {
          "main.mjs": `import a from "./texts/a.any"; import b from "./b.txt";
            import c from "./c.html"; ${answer("[a, b, c]")}`,
          "texts/a.any": "a",
          "b.txt": "b",
          "c.html": "c",
        },
        { modulesRules: [{ type: "Text", include: ["**/texts/*", "**/*.{txt,html}"] }] },
      ),
      ["a", "b", "c"],
    );
  });

  test("match files whose names begin with a dot", async (t) => {
    assert.equal(
      await answered(
        t,
        {
          "main.mjs": `import value from "./.hidden/.x.txt"; ${answer("value")}`,
          ".hidden/.x.txt": "hidden",
        },
        { modulesRules: [TEXT] },
      ),
      "hidden",
    );
  });
});

describe("files as bindings", () => {
  const files = { "add.wasm": ADD, "text.txt": "grüße", "data.bin": Buffer.from([1, 2, 255]) };
  const options = {
    wasmBindings: { ADD: "add.wasm" },
    textBlobBindings: { TEXT: "text.txt" },
    dataBlobBindings: { DATA: "data.bin" },
  };

  test("arrive in env as module, string and buffer", async (t) => {
    const mf = create(t, {
      ...options,
      rootPath: folder(t, files),
      script: answer(`[
      env.ADD instanceof WebAssembly.Module, new WebAssembly.Instance(env.ADD).exports.add(1, 2), env.TEXT,
      env.DATA instanceof ArrayBuffer, ...new Uint8Array(env.DATA)]`),
    });
    assert.deepEqual(await json(mf), [true, 3, "grüße", true, 1, 2, 255]);
  });

  test("are globals in service workers", async (t) => {
    const mf = create(t, {
      ...options,
      rootPath: folder(t, files),
      script: `
    const { exports: { add } } = new WebAssembly.Instance(ADD);
    addEventListener("fetch", (event) => event.respondWith(Response.json([add(20, 22), TEXT, DATA.byteLength])));`,
    });
    assert.deepEqual(await json(mf), [42, "grüße", 3]);
  });

  test("give way to bindings of the same name", async (t) => {
    const mf = create(t, {
      ...options,
      rootPath: folder(t, files),
      bindings: { TEXT: "own" },
      script: answer("env.TEXT"),
    });
    assert.equal(await json(mf), "own");
  });

  test("with broken bytes fail with a CompileError", async (t) => {
    const { error, root } = await failed(
      t,
      { "main.mjs": answer("1"), "x.wasm": "no wasm" },
      { wasmBindings: { X: "x.wasm" } },
    );
    assert.equal(error.name, "CompileError");
    if (isOracle) return;
    assert.ok(error.message.startsWith(`${root}/x.wasm (named by the option "wasmBindings.X"): `), error.message);
  });
});
