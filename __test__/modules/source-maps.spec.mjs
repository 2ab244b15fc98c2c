// Tags: oracle, every-node
// Stacks in terms of the files that people wrote: wherever the map is and whatever names it gives its sources, inside the
// worker and outside.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { create, differs } from "../support/miniflare.mjs";
import { json, rejection, URL_ROOT } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { test } from "../support/test.mjs";

/** Every line of the script comes from the line of the source that is 100 further down. */
const LINES = 30;
const MAPPINGS = `AAoGA${";AACA".repeat(LINES)}`;
const map = (source, more = {}) => ({ version: 3, sources: [source], names: [], mappings: MAPPINGS, ...more });
const inline = (content) => `data:application/json;base64,${Buffer.from(JSON.stringify(content)).toString("base64")}`;
const linked = (script, link) => `${script}\n//# sourceMappingURL=${link}\n`;

// The error is made in the third line.
const MODULE = `export default {
  async fetch() {
    const error = new Error("mapped");
    const seen = error.stack;
    if (seen === undefined) throw error;
    return Response.json(seen);
  },
};`;
const CLASSIC = `addEventListener("fetch", (event) => {
  event.respondWith((async () => {
    const error = new Error("mapped");
    return Response.json(error.stack);
  })());
});`;
const THROWS = MODULE.replace("seen === undefined", "seen !== undefined");

/** The files of a worker below a folder; `dist/worker.js` is its script. */
function worker(t, files, options = {}) {
  const root = folder(t, files);
  const mf = create(t, { scriptPath: path.join(root, "dist/worker.js"), modules: true, sourceMap: true, ...options });
  return { root, mf };
}

const WRITES = differs("it writes asynchronous frames in another way");

const place = (stack) => /\(?([^\s(]+:\d+:\d+)\)?$/m.exec(stack)?.[1];

describe("a source map gives stacks the place of the source", differs("it resolves sources in its own ways"), () => {
  const cases = [
    ["in the script's folder", "worker.js.map", "worker.ts", {}, "dist/worker.ts"],
    ["in another folder than the script", "../maps/worker.js.map", "../src/worker.ts", {}, "src/worker.ts"],
    ["with a sourceRoot", "worker.js.map", "worker.ts", { sourceRoot: "../src" }, "src/worker.ts"],
    [
      "with a sourceRoot that ends with a slash",
      "worker.js.map",
      "lib/a.ts",
      { sourceRoot: "../src/" },
      "src/lib/a.ts",
    ],
    ["with an empty sourceRoot", "worker.js.map", "../a.ts", { sourceRoot: "" }, "a.ts"],
    ["with a sourceRoot, in another folder", "../maps/worker.js.map", "a.ts", { sourceRoot: "../src" }, "src/a.ts"],
    ["of a name with percent signs", "my%20worker.js.map", "worker.ts", {}, "dist/worker.ts"],
  ];
  for (const [name, link, source, more, right] of cases) {
    test(name, async (t) => {
      const file = path.join("dist", decodeURIComponent(link));
      const files = { "dist/worker.js": linked(MODULE, link), [file]: JSON.stringify(map(source, more)) };
      const { root, mf } = worker(t, files);
      assert.equal(place(await json(mf)), `${path.join(root, right)}:103:1`);
    });
  }

  const names = [
    ["webpack's", "webpack://app/./src/worker.ts", {}, "webpack://app/./src/worker.ts"],
    ["webpack's without a namespace", "webpack:///./src/worker.ts", {}, "webpack:///./src/worker.ts"],
    ["webpack's as a root", "./src/worker.ts", { sourceRoot: "webpack://app/" }, "webpack://app/./src/worker.ts"],
    ["webpack's below a root", "webpack://app/a.ts", { sourceRoot: "/src" }, "webpack://app/a.ts"],
    ["an absolute path", "/src/worker.ts", {}, "/src/worker.ts"],
    ["a file URL", "file:///src/my%20worker.ts", {}, "/src/my worker.ts"],
    ["a URL", "https://example.com/worker.ts", {}, "https://example.com/worker.ts"],
  ];
  for (const [name, source, more, right] of names) {
    test(`whose source is ${name}`, async (t) => {
      const { mf } = worker(t, { "dist/worker.js": linked(MODULE, inline(map(source, more))) });
      assert.ok((await json(mf)).includes(`${right}:103:1`), await json(mf));
    });
  }

  test("that is made of sections", async (t) => {
    const lines = (count) => `AAoGA${";AACA".repeat(count - 1)}`;
    const section = (line, source, count) => ({
      offset: { line, column: 0 },
      map: { version: 3, sources: [source], names: [], mappings: lines(count) },
    });
    const index = { version: 3, sections: [section(0, "first.ts", 2), section(2, "../src/second.ts", 6)] };
    const files = { "dist/worker.js": linked(MODULE, "worker.js.map"), "dist/worker.js.map": JSON.stringify(index) };
    const { root, mf } = worker(t, files);
    assert.equal(place(await json(mf)), `${path.join(root, "src/second.ts")}:101:1`);
  });

  test("that is text in the link", async (t) => {
    const link = `data:application/json;charset=utf-8,${encodeURIComponent(JSON.stringify(map("a.ts")))}`;
    const { root, mf } = worker(t, { "dist/worker.js": linked(MODULE, link) });
    assert.equal(place(await json(mf)), `${path.join(root, "dist/a.ts")}:103:1`);
  });

  test("which the last of several links names", async (t) => {
    const script = linked(linked(MODULE, "absent.map"), inline(map("last.ts")));
    const { root, mf } = worker(t, { "dist/worker.js": script });
    assert.equal(place(await json(mf)), `${path.join(root, "dist/last.ts")}:103:1`);
  });
});

describe("stacks are mapped", () => {
  const files = { "dist/worker.js": linked(MODULE, inline(map("worker.ts"))) };

  test("outside of the worker", async (t) => {
    const { mf } = worker(t, { "dist/worker.js": linked(THROWS, inline(map("worker.ts"))) });
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.match(error.stack, /worker\.ts:103:/);
    assert.doesNotMatch(error.stack, /worker\.js/);
  });

  test("in the worker", async (t) => {
    const { mf } = worker(t, files);
    assert.match(await json(mf), /worker\.ts:103:/);
  });

  test("of service workers, with frames of anonymous async functions", WRITES, async (t) => {
    const script = `addEventListener("fetch", (event) => {
  event.respondWith((async () => {
    await null;
    const fail = async () => {
      await null;
      throw new Error("mapped");
    };
    try {
      await Promise.all([fail()]);
    } catch (error) { return Response.json(error.stack); }
  })());
});`;
    const { mf } = worker(t, { "dist/worker.js": linked(script, inline(map("worker.ts"))) }, { modules: false });
    const stack = await json(mf);
    assert.match(stack, /worker\.ts:106:/);
    assert.match(stack, /at async Promise\.all \(index 0\)/);
    assert.match(stack, /at async [^\s(]*worker\.ts:109:/);
    assert.doesNotMatch(stack, /worker\.js/);
  });

  test("of modules that are imported and of those that are required, each by its own map", async (t) => {
    const { mf } = worker(
      t,
      {
        "dist/worker.js": `import { esm } from "./esm.mjs";\nimport cjs from "./cjs.cjs";\nexport default { fetch: () => Response.json([esm(), cjs()]) };`,
        "dist/esm.mjs": linked(`\nexport const esm = () => new Error().stack;`, inline(map("esm.ts"))),
        "dist/cjs.cjs": linked(`\nmodule.exports = () => new Error().stack;`, inline(map("cjs.ts"))),
      },
      { compatibilityDate: "2022-11-30" },
    );
    const [esm, cjs] = await json(mf);
    assert.match(esm, /esm\.ts:102:/);
    assert.match(cjs, /cjs\.ts:102:/);
    for (const stack of [esm, cjs]) assert.match(stack, /worker\.js:3:/);
  });

  test("of scripts without a file", differs("it maps files alone"), async (t) => {
    const script = linked(MODULE, inline(map("/src/worker.ts")));
    assert.match(await json(create(t, { script, sourceMap: true })), /\/src\/worker\.ts:103:/);
  });

  test("of objects that Error.captureStackTrace was given, and of rejections", async (t) => {
    const script = `export default {
  async fetch() {
    const object = {};
    Error.captureStackTrace(object);
    const error = await Promise.reject(new Error()).catch((error) => error);
    return Response.json([object.stack, error.stack]);
  },
};`;
    const { mf } = worker(t, { "dist/worker.js": linked(script, inline(map("worker.ts"))) });
    const [captured, rejected] = await json(mf);
    assert.match(captured, /worker\.ts:104:/);
    assert.match(rejected, /worker\.ts:105:/);
  });
});

describe("stacks are left as they are", () => {
  test("without the option", differs("once set, the option is on for the process"), async (t) => {
    const { mf } = worker(t, { "dist/worker.js": linked(MODULE, inline(map("a.ts"))) }, { sourceMap: false });
    assert.match(await json(mf), /worker\.js:3:/);
  });

  const links = [
    ["is not there", "absent.js.map"],
    ["is no source map", "data:application/json,nonsense"],
    ["is somewhere else", "https://example.com/worker.js.map"],
    ["has no such line", inline({ ...map("a.ts"), mappings: "AAAA" })],
    ["says of the place that it has no source", inline({ ...map("a.ts"), mappings: "AAAA;AACA;A" })],
  ];
  for (const [name, link] of links) {
    test(`when the map ${name}`, differs("it may take the line before"), async (t) => {
      const { mf } = worker(t, { "dist/worker.js": linked(MODULE, link) });
      assert.match(await json(mf), /worker\.js:3:/);
    });
  }

  test("when the script prepares them itself", async (t) => {
    const script = `Error.prepareStackTrace = (error, frames) => "prepared in " + frames[0].getFileName() + ":" + frames[0].getLineNumber();
${CLASSIC}`;
    const { root, mf } = worker(t, { "dist/worker.js": linked(script, inline(map("a.ts"))) }, { modules: false });
    assert.equal(await json(mf), `prepared in ${path.join(root, "dist/worker.js")}:4`);
  });

  test("where the message looks like a frame", differs("it maps whatever looks like a frame"), async (t) => {
    const { root, mf } = worker(t, {
      "dist/worker.js": linked(
        MODULE.replace(`new Error("mapped")`, `new Error("no\\n    at x (" + this.file + ":3:5)")`).replace(
          "async fetch() {",
          "file: import.meta.file ?? FILE, async fetch() {",
        ),
        inline(map("a.ts")),
      ).replace("FILE", JSON.stringify("dist/worker.js")),
    });
    const stack = await json(mf);
    assert.ok(stack.startsWith("Error: no\n    at x (dist/worker.js:3:5)\n"), stack);
    assert.ok(stack.includes(`${path.join(root, "dist/a.ts")}:103:1`), stack);
  });
});
