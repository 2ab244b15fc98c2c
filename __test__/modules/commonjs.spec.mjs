// Tags: oracle, every-node
// CommonJS modules of a worker: what they see, what they give, and what require may ask for.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { answer, answered, BUILTIN_HINT, BUNDLE_HINT, failed, unresolved } from "../support/modules.mjs";
import { test } from "../support/test.mjs";

const DEFAULT = { compatibilityFlags: ["export_commonjs_default"] };
const importing = (source, more = {}) => ({
  "main.mjs": `import value from "./x.js"; ${answer("value")}`,
  "x.js": source,
  ...more,
});

describe("a CommonJS module", () => {
  test("is imported by its module.exports as default", async (t) => {
    assert.deepEqual(await answered(t, importing("exports.a = 1; exports.b = [2];")), { a: 1, b: [2] });
    assert.equal(await answered(t, importing("module.exports = 'replaced';")), "replaced");
    assert.equal(
      await answered(t, {
        "main.mjs": `import * as all from "./x.cjs"; ${answer("Object.keys(all).join()")}`,
        "x.cjs": "exports.a = 1;",
      }),
      "default",
    );
  });

  test("sees exports, require and module, and nothing of Node", async (t) => {
    assert.deepEqual(
      await answered(
        t,
        importing(`module.exports = [typeof exports, typeof require, typeof module,
      module.exports === exports, arguments.length, typeof __filename, typeof __dirname, typeof process,
      typeof Buffer, typeof global.process];`),
      ),
      ["object", "function", "object", true, 3, "undefined", "undefined", "undefined", "undefined", "undefined"],
    );
  });

  test("is sloppy code", async (t) => {
    assert.equal(await answered(t, importing("implicit = 5; module.exports = globalThis.implicit;")), 5);
  });

  test("requires a namespace by default, and module.exports with export_commonjs_default", async (t) => {
    const files = importing(`module.exports = require("./y.cjs");`, { "y.cjs": "module.exports = { why: 1 };" });
    assert.deepEqual(await answered(t, files), { default: { why: 1 } });
    assert.deepEqual(await answered(t, files, DEFAULT), { why: 1 });
    assert.deepEqual(await answered(t, files, { compatibilityDate: "2022-10-31" }), { why: 1 });
  });

  test("is evaluated once", async (t) => {
    assert.deepEqual(
      await answered(
        t,
        importing(
          `
      module.exports = [require("./y.js") === require("./lib/../y.js"), require("./y.js").runs];`,
          { "y.js": "globalThis.runs = (globalThis.runs ?? 0) + 1; exports.runs = runs;", "lib/z.js": "" },
        ),
        DEFAULT,
      ),
      [true, 1],
    );
  });

  test("may be part of a cycle and then sees what was exported so far", async (t) => {
    assert.deepEqual(
      await answered(
        t,
        importing(`exports.early = 1; exports.keys = require("./y.js"); exports.late = 2;`, {
          "y.js": `module.exports = Object.keys(require("./x.js"));`,
        }),
        DEFAULT,
      ),
      { early: 1, keys: ["early"], late: 2 },
    );
  });

  test("names its own lines in errors", async (t) => {
    const { error } = await failed(t, importing(`\n\nthrow new RangeError("in CommonJS");`));
    assert.equal(error.name, "RangeError");
    assert.match(error.stack, /x\.js:3:7/);
  });

  test("of any extension can be declared by a rule", async (t) => {
    const modulesRules = [{ type: "CommonJS", include: ["**/*.common"] }];
    assert.equal(
      await answered(
        t,
        {
          "main.mjs": `import value from "./x.common"; ${answer("value")}`,
          "x.common": "module.exports = 'by rule';",
        },
        { modulesRules },
      ),
      "by rule",
    );
  });
});

describe("require refuses", () => {
  const refused = async (t, specifier, code, why, more = {}) => {
    const { error, root } = await failed(t, importing(`require(${JSON.stringify(specifier)});`, more));
    assert.equal(error.code, code);
    assert.equal(error.name, `VMScriptRunnerError [${code}]`);
    assert.equal(error.message, unresolved(root, "x.js", specifier, why));
  };

  test("ES modules", (t) =>
    refused(t, "./y.mjs", "ERR_CJS_MODULE_UNSUPPORTED", "CommonJS modules cannot require ES modules", {
      "y.mjs": "export default 1;",
    }));

  test("packages", (t) => refused(t, "lodash", "ERR_MODULE_RULE", `no matching module rules.\n${BUNDLE_HINT}`));

  test("Node's modules", (t) => refused(t, "fs", "ERR_MODULE_RULE", `no matching module rules.\n${BUILTIN_HINT}`));

  test("files that are not there, naming them", async (t) => {
    const { error, root } = await failed(t, importing(`require("./absent.js");`));
    assert.equal(error.code, "ENOENT");
    assert.ok(error.message.includes(`${root}/absent.js`), error.message);
  });

  test("and the refusal can be caught", async (t) => {
    assert.equal(
      await answered(t, importing(`try { require("./absent.js"); } catch (e) { exports.code = e.code; }`)).then(
        ({ code }) => code,
      ),
      "ENOENT",
    );
  });
});
