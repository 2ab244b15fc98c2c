// Tags: oracle, every-node
// ES modules of a worker: imports between files, evaluation, dynamic import.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { create, differs } from "../support/miniflare.mjs";
import { json, text } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { answer, answered } from "../support/modules.mjs";
import { test } from "../support/test.mjs";

describe("an ES module worker", () => {
  test("imports names, defaults and namespaces of other files", async (t) => {
    assert.deepEqual(
      await answered(t, {
        "main.mjs": `import fallback, { name as renamed } from "./lib/one.mjs";
        import * as all from "./lib/one.mjs";
        export * from "./lib/two.mjs";
        ${answer("[fallback, renamed, Object.keys(all)]")}`,
        "lib/one.mjs": `export * from "./two.mjs"; export const name = "one"; export default "default of one";`,
        "lib/two.mjs": `export const two = 2;`,
      }),
      ["default of one", "one", ["default", "name", "two"]],
    );
  });

  test("finds files relative to the importing file", async (t) => {
    assert.deepEqual(
      await answered(t, {
        "src/main.mjs": `import { x } from "../lib/x.mjs"; import { y } from "./../src/./y.mjs"; ${answer("[x, y]")}`,
        "lib/x.mjs": `export { y as x } from "../src/y.mjs";`,
        "src/y.mjs": `export const y = "y";`,
      }),
      ["y", "y"],
    );
  });

  test("evaluates a file once, however it is named", async (t) => {
    assert.deepEqual(
      await answered(t, {
        "main.mjs": `import * as a from "./x.mjs"; import * as b from "./lib/../x.mjs"; import "./lib/y.mjs";
        ${answer("[a === b, globalThis.runs]")}`,
        "lib/y.mjs": `import "../x.mjs";`,
        "x.mjs": `globalThis.runs = (globalThis.runs ?? 0) + 1;`,
      }),
      [true, 1],
    );
  });

  test("evaluates files in the order of their imports", async (t) => {
    assert.deepEqual(
      await answered(t, {
        "main.mjs": `import "./a.mjs"; import "./b.mjs"; order.push("main"); ${answer("order")}`,
        "a.mjs": `import "./c.mjs"; order.push("a");`,
        "b.mjs": `import "./c.mjs"; order.push("b");`,
        "c.mjs": `globalThis.order = ["c"];`,
      }),
      ["c", "a", "b", "main"],
    );
  });

  test("may have cycles", async (t) => {
    assert.equal(
      await answered(t, {
        "main.mjs": `import { b } from "./b.mjs"; export const a = () => "a"; ${answer("b()")}`,
        "b.mjs": `import { a } from "./main.mjs"; export const b = () => "b" + a();`,
      }),
      "ba",
    );
  });

  test("sees exports change", async (t) => {
    assert.deepEqual(
      await answered(t, {
        "main.mjs": `import { count, increment } from "./x.mjs"; ${answer("[count, increment(), count]")}`,
        "x.mjs": `export let count = 0; export const increment = () => ++count;`,
      }),
      [0, 1, 1],
    );
  });

  test("may await at the top level, also in imported files", async (t) => {
    assert.deepEqual(
      await answered(t, {
        "main.mjs": `import { value } from "./x.mjs"; const own = await Promise.resolve("own");
          ${answer("[value, own]")}`,
        "x.mjs": `export const value = await new Promise((resolve) => queueMicrotask(() => resolve("imported")));`,
      }),
      ["imported", "own"],
    );
  });

  test("is strict code without a this", async (t) => {
    assert.deepEqual(
      await answered(t, {
        "main.mjs": `const self = this; ${answer(`[typeof self, (function () { return typeof this; })()]`)}`,
      }),
      ["undefined", "undefined"],
    );
  });

  test("may be called .js when it is the entry", async (t) => {
    assert.equal(await answered(t, { "main.js": `export const named = 1; ${answer("named")}` }), 1);
  });

  test("may have any characters in its path", async (t) => {
    assert.equal(
      await answered(t, {
        "ä b/main 100%.mjs": `import x from "./ö #?.mjs"; ${answer("x")}`,
        "ä b/ö #?.mjs": `export default "found";`,
      }),
      "found",
    );
  });

  test("may begin with a hashbang or a byte order mark", async (t) => {
    assert.equal(await answered(t, { "main.mjs": `#!/usr/bin/env node\n${answer("1")}` }), 1);
    assert.equal(await answered(t, { "main.mjs": `\ufeff${answer("2")}` }), 2);
  });

  test("reads its script from the working directory without rootPath", async (t) => {
    const root = folder(t, { "main.mjs": answer(`"relative"`) });
    const scriptPath = path.relative(process.cwd(), path.join(root, "main.mjs"));
    assert.equal(await json(create(t, { modules: true, scriptPath })), "relative");
  });

  test("may be a string with a path to import from", async (t) => {
    const root = folder(t, { "lib.mjs": `export const value = "from disk";` });
    const script = `import { value } from "./lib.mjs"; export default { fetch: () => new Response(value) }`;
    assert.equal(await text(create(t, { script, scriptPath: path.join(root, "virtual.mjs") })), "from disk");
  });

  test("may be thousands of modules", async (t) => {
    const count = 1000;
    const files = { "main.mjs": `import { sum } from "./m0.mjs"; ${answer("sum")}` };
    for (let index = 0; index < count; index++) {
      files[`m${index}.mjs`] =
        index + 1 === count
          ? "export const sum = 1;"
          : `import { sum as rest } from "./m${index + 1}.mjs"; export const sum = rest + 1;`;
    }
    assert.equal(await answered(t, files), count);
  });
});

describe("a service worker from disk", () => {
  test("runs as a script and names its file in errors", async (t) => {
    const rootPath = folder(t, {
      "worker.js": `addEventListener("fetch", (event) => {
      event.respondWith(new Response(new Error().stack));
    });`,
    });
    const stack = await text(create(t, { rootPath, scriptPath: "worker.js" }));
    assert.match(stack, /worker\.js:2:/);
  });
});

describe("dynamic import", () => {
  test("loads a module once", async (t) => {
    assert.deepEqual(
      await answered(t, {
        "main.mjs": `export default { async fetch() {
        const [a, b] = await Promise.all([import("./x.mjs"), import("./x.mjs")]);
        return Response.json([a === b, a === await import("./lib/../x.mjs"), a.value, globalThis.runs]);
      } }`,
        "lib/unused.mjs": "",
        "x.mjs": `globalThis.runs = (globalThis.runs ?? 0) + 1; export const value = await "awaited";`,
      }),
      [true, true, "awaited", 1],
    );
  });

  test("is relative to the file it stands in", async (t) => {
    assert.equal(
      await answered(t, {
        "main.mjs": `import { load } from "./lib/load.mjs"; ${answer("(await load()).default")}`,
        "lib/load.mjs": `export const load = () => import("./found.mjs");`,
        "lib/found.mjs": `export default "beside";`,
      }),
      "beside",
    );
  });

  test("gives the module that a static import gave", async (t) => {
    assert.equal(
      await answered(t, {
        "main.mjs": `import * as x from "./x.mjs"; ${answer(`x === await import("./x.mjs")`)}`,
        "x.mjs": "export const x = 1;",
      }),
      true,
    );
  });

  test("works at the top level", async (t) => {
    assert.equal(
      await answered(t, {
        "main.mjs": `const { x } = await import("./x.mjs"); ${answer("x")}`,
        "x.mjs": `export const x = "x";`,
      }),
      "x",
    );
  });

  test("works in CommonJS", differs("CommonJS modules cannot import"), async (t) => {
    assert.equal(
      await answered(t, {
        "main.mjs": `import cjs from "./c.cjs"; ${answer("await cjs()")}`,
        "c.cjs": `module.exports = async () => (await import("./x.mjs")).x;`,
        "x.mjs": `export const x = "x";`,
      }),
      "x",
    );
  });

  test("rejects for a missing file and for a syntax error, and can be tried again", async (t) => {
    const seen = await answered(t, {
      "main.mjs": `const shown = ({ name, message }) => name + ": " + message;
        const attempt = (name) => import(name).then(() => "loaded", shown);
        ${answer(`[await attempt("./absent.mjs"), await attempt("./bad.mjs"), await attempt("./good.mjs")]`)}`,
      "bad.mjs": "export const = 1;",
      "good.mjs": "export const good = 1;",
    });
    assert.match(seen[0], /absent\.mjs/);
    assert.match(seen[1], /^SyntaxError: /);
    assert.equal(seen[2], "loaded");
  });
});
