// Built-in modules such as `cloudflare:workers`: who can import them, and what an unknown name gives.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { answer, answered, failed, unresolved, BUNDLE_HINT } from "../support/modules.mjs";
import { create, createInvalid } from "../support/miniflare.mjs";
import { json, rejection, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const WORKERS = "cloudflare:workers";
const scripted = (t, script, options = {}) => json(create(t, { modules: true, script, ...options }));
const handler = (body) => `export default { async fetch() { ${body} } };`;

describe("a built-in module", () => {
  test("is imported by a script that is a string", async (t) => {
    const script = `import { RpcTarget } from "${WORKERS}"; ${answer("typeof RpcTarget")}`;
    assert.equal(await scripted(t, script), "function");
  });

  test("is imported by each module of a worker, and is the same in all of them", async (t) => {
    const files = {
      "main.mjs": `import * as all from "${WORKERS}"; import * as theirs from "./other.mjs"; ${answer("all === theirs.all")}`,
      "other.mjs": `import * as all from "${WORKERS}"; export { all };`,
    };
    assert.equal(await answered(t, files), true);
  });

  test("is imported dynamically, at the top level and in a handler", async (t) => {
    const script = `const top = await import("${WORKERS}");
      ${handler(`return Response.json(top === await import("${WORKERS}") && typeof top.RpcTarget === "function");`)}`;
    assert.equal(await scripted(t, script), true);
  });

  test("is required by a CommonJS module", async (t) => {
    const files = {
      "main.mjs": `import * as all from "${WORKERS}"; import theirs from "./x.cjs"; ${answer("all.RpcTarget === theirs")}`,
      "x.cjs": `module.exports = require("${WORKERS}").RpcTarget;`,
    };
    for (const compatibilityFlags of [[], ["export_commonjs_default"]]) {
      assert.equal(await answered(t, files, { compatibilityFlags }), true);
    }
  });

  test("is not hidden by rules of modules", async (t) => {
    const script = `import { RpcTarget } from "${WORKERS}"; ${answer("typeof RpcTarget")}`;
    const modulesRules = [{ type: "Text", include: ["**/*"] }];
    assert.equal(await answered(t, { "main.mjs": script }, { modulesRules }), "function");
  });

  test("refuses a name that it does not export", async (t) => {
    const script = `import { nothing } from "${WORKERS}"; ${answer("1")}`;
    const error = await rejection(createInvalid(t, { modules: true, script }).dispatchFetch(URL_ROOT));
    assert.equal(error.name, "SyntaxError");
    assert.match(error.message, /'cloudflare:workers' does not provide an export named 'nothing'/);
  });
});

describe("a module that does not exist below cloudflare:", () => {
  const TEXT = 'No such module "cloudflare:nothing".';

  test("fails when it is imported", async (t) => {
    const script = `import x from "cloudflare:nothing"; ${answer("1")}`;
    const error = await rejection(createInvalid(t, { modules: true, script }).dispatchFetch(URL_ROOT));
    assert.equal(error.message, TEXT);
    assert.equal(error.code, "ERR_MODULE_NOT_FOUND");
  });

  test("fails when it is imported dynamically, or required", async (t) => {
    const body = `return Response.json(await import("cloudflare:nothing").catch((error) => error.message));`;
    assert.equal(await scripted(t, handler(body)), TEXT);
    const files = {
      "main.mjs": `import value from "./x.cjs"; ${answer("value")}`,
      "x.cjs": `try { require("cloudflare:nothing"); } catch (error) { module.exports = error.message; }`,
    };
    assert.equal(await answered(t, files), TEXT);
  });
});

test("a bare name that is not a built-in module is resolved by the rules of modules", async (t) => {
  const { error, root } = await failed(t, { "main.mjs": `import x from "some-package"; ${answer("1")}` });
  assert.equal(
    error.message,
    unresolved(root, "main.mjs", "some-package", `no matching module rules.\n${BUNDLE_HINT}`),
  );
  const files = { "main.mjs": `import x from "x.txt"; ${answer("x")}`, "x.txt": "text" };
  assert.equal(await answered(t, files, { modulesRules: [{ type: "Text", include: ["**/*.txt"] }] }), "text");
});
