// Tags: oracle, every-node
// Modules that cannot be loaded: what could not be resolved and from where, and where a syntax error stands.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { createInvalid, differs, isOracle } from "../support/miniflare.mjs";
import { rejection, URL_ROOT } from "../support/dispatch.mjs";
import { answer, BUILTIN_HINT, BUNDLE_HINT, failed, unresolved } from "../support/modules.mjs";
import { test } from "../support/test.mjs";

const importing = (specifier) => ({ "main.mjs": `import ${JSON.stringify(specifier)}; ${answer("1")}` });
const NO_RULE = "no matching module rules.";

describe("an import that cannot be resolved", () => {
  test("from a script without a path is ERR_MODULE_STRING_SCRIPT", async (t) => {
    const mf = createInvalid(t, { script: `import "./x.mjs"; export default {};` });
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.equal(error.name, "VMScriptRunnerError [ERR_MODULE_STRING_SCRIPT]");
    assert.equal(error.code, "ERR_MODULE_STRING_SCRIPT");
    assert.equal(
      error.message,
      `Unable to resolve "<script>" dependency "./x.mjs": imports unsupported with string script`,
    );
  });

  const rules = [
    ["lodash", BUNDLE_HINT],
    ["@scope/package/file", BUNDLE_HINT],
    ["./style.css", BUNDLE_HINT],
    ["file:///etc/passwd", BUNDLE_HINT],
    ["/etc/passwd", BUNDLE_HINT],
    ["fs", BUILTIN_HINT],
    ["child_process", BUILTIN_HINT],
  ];
  for (const [specifier, hint] of rules) {
    test(`without a rule is ERR_MODULE_RULE: ${specifier}`, async (t) => {
      const { error, root } = await failed(t, { ...importing(specifier), "style.css": "" });
      assert.equal(error.name, "VMScriptRunnerError [ERR_MODULE_RULE]");
      assert.equal(error.code, "ERR_MODULE_RULE");
      assert.equal(error.message, unresolved(root, "main.mjs", specifier, `${NO_RULE}\n${hint}`));
    });
  }

  test("knows Node's modules with node: as well", differs("it takes node:fs for a package"), async (t) => {
    const { error, root } = await failed(t, importing("node:fs"));
    assert.equal(error.message, unresolved(root, "main.mjs", "node:fs", `${NO_RULE}\n${BUILTIN_HINT}`));
  });

  test("names the file that imports, not the entry", async (t) => {
    const { error, root } = await failed(t, { ...importing("./lib/x.mjs"), "lib/x.mjs": `import "lodash";` });
    assert.equal(error.message, unresolved(root, "lib/x.mjs", "lodash", `${NO_RULE}\n${BUNDLE_HINT}`));
  });

  test("to a missing file names the file", async (t) => {
    const { error, root } = await failed(t, importing("./absent.mjs"));
    assert.equal(error.code, "ENOENT");
    assert.ok(error.message.includes(`${root}/absent.mjs`), error.message);
    if (!isOracle) assert.ok(error.message.endsWith(` (imported by "${root}/main.mjs")`), error.message);
  });

  test("to a name that is not exported is a SyntaxError naming both", async (t) => {
    const { error } = await failed(t, {
      "main.mjs": `import { absent } from "./x.mjs"; ${answer("1")}`,
      "x.mjs": "export const present = 1;",
    });
    assert.equal(error.name, "SyntaxError");
    assert.match(error.message, /x\.mjs.* does not provide an export named '?absent/);
  });
});

/** Node's form: `file:line`, the line of source, and a caret below the token. */
const pointing = (file, line, source) =>
  new RegExp(`${file}:${line}\\b[\\s\\S]*${source.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\n\\s*\\^`);

describe("a syntax error", () => {
  const POSITION = "it gives no position of syntax errors in ES modules";
  const started = (t, options) => rejection(createInvalid(t, options).dispatchFetch(URL_ROOT));

  test("in a service worker shows file, line and caret", async (t) => {
    const error = await started(t, { script: "let a = 1;\nlet b = = 2;\n" });
    assert.equal(error.name, "SyntaxError");
    assert.equal(error.message, "Unexpected token '='");
    assert.match(error.stack, pointing("<script>", 2, "let b = = 2;"));
  });

  test("in a CommonJS module shows file, line and caret", async (t) => {
    const { error } = await failed(t, { ...importing("./x.js"), "x.js": "\n\nlet a = ;" });
    assert.equal(error.name, "SyntaxError");
    assert.match(error.stack, pointing("x\\.js", 3, "let a = ;"));
  });

  test("in a module worker shows file, line and caret", differs(POSITION), async (t) => {
    const error = await started(t, { script: "export default {\n  fetch() {\n    return ))\n  }\n}" });
    assert.equal(error.name, "SyntaxError");
    assert.equal(error.message, "Unexpected token ')'");
    assert.match(error.stack, pointing("<script>", 3, "    return ))"));
  });

  test("in an imported module shows its file, line and caret", differs(POSITION), async (t) => {
    const { error } = await failed(t, {
      ...importing("./bad.mjs"),
      "bad.mjs": "export const a = 1;\nexport const b = {{;\n",
    });
    assert.equal(error.name, "SyntaxError");
    assert.match(error.stack, pointing("bad\\.mjs", 2, "export const b = {{;"));
  });

  test("of an import that is not exported shows the importing line", differs(POSITION), async (t) => {
    const { error } = await failed(t, {
      "main.mjs": `const before = 1;\nimport { absent } from "./x.mjs";\n${answer("1")}`,
      "x.mjs": "export const present = 1;",
    });
    assert.match(error.stack, pointing("main\\.mjs", 2, `import { absent } from "./x.mjs";`));
  });

  test(
    "for using module syntax in a service worker says what to set",
    differs("it says only what V8 says"),
    async (t) => {
      const error = await started(t, { modules: false, script: `export default { fetch: () => new Response() }` });
      assert.equal(error.name, "SyntaxError");
      assert.match(error.message, /Unexpected token 'export'/);
      assert.match(error.stack, /modules: true/);
    },
  );
});

describe("source maps", () => {
  test("are honoured when sourceMap is set", async (t) => {
    const map = { version: 3, sources: ["original.ts"], names: [], mappings: "AAAA;;AAGA" };
    const encoded = Buffer.from(JSON.stringify(map)).toString("base64");
    const url = `data:application/json;base64,${encoded}`;
    const source = `const a = 1;\n\nthrow new Error("mapped");\n//# sourceMappingURL=${url}\n`;
    const { error } = await failed(t, { "main.mjs": source }, { sourceMap: true });
    assert.equal(error.message, "mapped");
    assert.match(error.stack, /original\.ts:4:/);
  });

  test("are left alone otherwise", async (t) => {
    const source = `throw new Error("plain");\n//# sourceMappingURL=absent.js.map\n`;
    const { error } = await failed(t, { "main.mjs": source });
    assert.match(error.stack, /main\.mjs:1:/);
  });
});
