// Tags: oracle, every-node
// Workers Sites: what is bound, which files can be read, and what a namespace that cannot be written says.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { CAUGHT, evaluate, json, rejection, text } from "../support/dispatch.mjs";
import { folder, write } from "../support/files.mjs";
import { create, createInvalid, differs } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const FILES = {
  "index.html": "home",
  "a/b/c/test.txt": "deep",
  "sp ace/x%y.html": "escaped",
  "ń.txt": "accent",
  ".hidden": "dot",
  "node_modules/dep.js": "dep",
};
const PREFIX = "$__MINIFLARE_SITES__$/";
const MANIFEST = Object.fromEntries(Object.keys(FILES).map((name) => [name, PREFIX + encodeURIComponent(name)]));

const site = (t, options = {}) => ({ rootPath: folder(t, FILES), sitePath: ".", ...options });
const inSite = (t, body, options) =>
  evaluate(t, `${CAUGHT} const site = env.__STATIC_CONTENT; ${body}`, site(t, options));

describe("a site is bound", () => {
  test("to a module worker, as a namespace and a manifest", async (t) => {
    const [manifest, names] = await inSite(t, "return [env.__STATIC_CONTENT_MANIFEST, Object.keys(env).sort()];");
    assert.deepEqual(JSON.parse(manifest), MANIFEST);
    assert.deepEqual(names, ["__STATIC_CONTENT", "__STATIC_CONTENT_MANIFEST"]);
  });

  test("to a service worker, as globals", async (t) => {
    const script = `addEventListener("fetch", (event) => event.respondWith((async () => {
      return Response.json([__STATIC_CONTENT_MANIFEST, await __STATIC_CONTENT.get("index.html")]);
    })()));`;
    const [manifest, home] = await json(create(t, { ...site(t), script }));
    assert.deepEqual([JSON.parse(manifest), home], [MANIFEST, "home"]);
  });

  for (const [kind, use] of [
    ["imported", `import manifest from "__STATIC_CONTENT_MANIFEST";`],
    ["imported dynamically", `const { default: manifest } = await import("__STATIC_CONTENT_MANIFEST");`],
    ["required", `import manifest from "./required.cjs";`],
  ]) {
    test(`with a manifest that can be ${kind}`, async (t) => {
      const scripts = folder(t, {
        "worker.mjs": `${use} export default { fetch: () => new Response(manifest) };`,
        "required.cjs": `const required = require("__STATIC_CONTENT_MANIFEST"); module.exports = required.exports ?? required;`,
      });
      const mf = create(t, {
        ...site(t),
        modules: true,
        compatibilityFlags: ["export_commonjs_default"],
        scriptPath: path.join(scripts, "worker.mjs"),
      });
      assert.deepEqual(JSON.parse(await text(mf)), MANIFEST);
    });
  }

  test("and only if there is a path", async (t) => {
    const worker = `import "__STATIC_CONTENT_MANIFEST"; export default {};`;
    const options = { rootPath: folder(t, { "worker.mjs": worker }), modules: true, scriptPath: "worker.mjs" };
    const mf = createInvalid(t, { ...options, sitePath: "" });
    assert.equal((await rejection(mf.getBindings())).code, "ERR_MODULE_RULE");
    assert.deepEqual(await evaluate(t, "return Object.keys(env);", { siteInclude: ["*"] }), []);
  });

  test("even if the folder does not exist", async (t) => {
    const body = `return [env.__STATIC_CONTENT_MANIFEST, await site.get("index.html"), (await site.list()).keys];`;
    assert.deepEqual(await inSite(t, body, { sitePath: "none" }), ["{}", null, []]);
  });

  test("so that modules may look for it among the globals", async (t) => {
    const script = `const found = [typeof __STATIC_CONTENT, typeof __STATIC_CONTENT_MANIFEST];
      export default { fetch: () => Response.json(found) };`;
    assert.deepEqual(await json(create(t, { ...site(t), script })), ["undefined", "undefined"]);
  });

  test("from wrangler.toml", async (t) => {
    const rootPath = folder(t, { ...FILES, "wrangler.toml": `[site]\nbucket = "a"\ninclude = ["*.txt"]` });
    const script = "export default { fetch: (request, env) => new Response(env.__STATIC_CONTENT_MANIFEST) };";
    const manifest = await json(create(t, { rootPath, wranglerConfigPath: true, script }));
    assert.deepEqual(manifest, { "b/c/test.txt": `${PREFIX}b%2Fc%2Ftest.txt` });
  });
});

describe("a file of a site", () => {
  test("is read by its path, and by its key of the manifest", async (t) => {
    const body = `const keys = ${JSON.stringify([...Object.keys(FILES), ...Object.values(MANIFEST), `${PREFIX}a/b/c/test.txt`])};
      return Promise.all(keys.map((key) => site.get(key)));`;
    const contents = Object.values(FILES);
    assert.deepEqual(await inSite(t, body), [...contents, ...contents, "deep"]);
  });

  test("is read as each type", async (t) => {
    const body = `
      const buffer = await site.get("index.html", { type: "arrayBuffer" });
      const stream = await site.get("index.html", "stream");
      const read = [new TextDecoder().decode(buffer), await new Response(stream).text()];
      const { value, metadata } = await site.getWithMetadata("index.html");
      return [...read, value, metadata, await caught(() => site.get("index.html", "json")).then(([name]) => name)];`;
    assert.deepEqual(await inSite(t, body), ["home", "home", "home", null, "SyntaxError"]);
  });

  test("is read again each time", async (t) => {
    const options = site(t);
    const script = `export default { fetch: async (request, env) => new Response(await env.__STATIC_CONTENT.get("index.html")) };`;
    const mf = create(t, { ...options, script });
    const before = await text(mf);
    write(options.rootPath, { "index.html": "changed" });
    assert.deepEqual([before, await text(mf)], ["home", "changed"]);
  });

  test("may be a link, or in a folder that is one", async (t) => {
    const elsewhere = folder(t, { "linked.txt": "linked" });
    const rootPath = folder(t, FILES);
    fs.symlinkSync(path.join(elsewhere, "linked.txt"), path.join(rootPath, "link.txt"));
    fs.symlinkSync(elsewhere, path.join(rootPath, "folder"));
    const body = `const names = Object.keys(JSON.parse(env.__STATIC_CONTENT_MANIFEST));
      return [await site.get("link.txt"), await site.get("folder/linked.txt"), names.filter((name) => name.includes("link"))];`;
    const found = await evaluate(t, `const site = env.__STATIC_CONTENT; ${body}`, { rootPath, sitePath: "." });
    assert.deepEqual(found, ["linked", "linked", ["folder/linked.txt", "link.txt"]]);
  });

  test("may be a link that leads nowhere or in a circle", differs("it does not start"), async (t) => {
    const rootPath = folder(t, { "index.html": "home" });
    fs.symlinkSync("none", path.join(rootPath, "broken"));
    fs.symlinkSync(".", path.join(rootPath, "circle"));
    const body = `return [env.__STATIC_CONTENT_MANIFEST, await env.__STATIC_CONTENT.get("broken")];`;
    const [manifest, broken] = await evaluate(t, body, { rootPath, sitePath: "." });
    assert.deepEqual([Object.keys(JSON.parse(manifest)), broken], [["index.html"], null]);
  });

  test("that does not exist is null", async (t) => {
    const body = `const keys = ["none", "index.html/x", "a/../none", "${PREFIX}none"];
      const values = await Promise.all(keys.map((key) => site.get(key)));
      return [values, await site.getWithMetadata("none")];`;
    assert.deepEqual(await inSite(t, body), [[null, null, null, null], { value: null, metadata: null }]);
  });

  test("is null if it is a folder", differs("it rejects with EISDIR"), async (t) => {
    assert.deepEqual(await inSite(t, `return [await site.get("a"), await site.get("a/b/"), await site.get("a/..")];`), [
      null,
      null,
      null,
    ]);
  });

  test("may be named as metadata are", differs("it takes such files for metadata"), async (t) => {
    const rootPath = folder(t, { "a.txt": "a", "a.txt.meta.json": `{"metadata":1}` });
    const body = `return [Object.keys(JSON.parse(env.__STATIC_CONTENT_MANIFEST)), await env.__STATIC_CONTENT.getWithMetadata("a.txt")];`;
    const found = await evaluate(t, body, { rootPath, sitePath: "." });
    assert.deepEqual(found, [["a.txt", "a.txt.meta.json"], { value: "a", metadata: null }]);
  });
});

describe("a key that leads out of the site", () => {
  const keys = [
    "../secret.txt",
    "../site-2/secret.txt",
    "a/../../secret.txt",
    "/../secret.txt",
    `${PREFIX}..%2Fsecret.txt`,
    `${PREFIX}..%2Fsite-2%2Fsecret.txt`,
    `${PREFIX}../secret.txt`,
  ];
  const files = { "site/index.html": "home", "site/a/b": "b", "secret.txt": "secret", "site-2/secret.txt": "secret" };
  const read = (t, names, sitePath = "site") =>
    evaluate(t, `return Promise.all(${JSON.stringify(names)}.map((key) => env.__STATIC_CONTENT.get(key)));`, {
      rootPath: folder(t, files),
      sitePath,
    });

  test("finds nothing", differs("it reads neighbours whose path begins as that of the site"), async (t) => {
    const nothing = keys.map(() => null);
    assert.deepEqual(await read(t, keys), nothing);
    assert.deepEqual(await read(t, keys, "./site/"), nothing);
    assert.deepEqual(await read(t, keys, "site-2/../site"), nothing);
  });

  test("finds the file if it comes back", async (t) => {
    const back = ["a/../index.html", "/index.html", "./index.html", "../site/index.html"];
    assert.deepEqual(
      await read(t, back),
      back.map(() => "home"),
    );
  });
});

describe("the namespace of a site", () => {
  test("lists keys page by page", async (t) => {
    const body = `const first = await site.list({ limit: 2 });
      const rest = await site.list({ cursor: first.cursor });
      const within = await site.list({ prefix: "a/" });
      const none = await site.list({ prefix: "${PREFIX}" });
      return [first, rest, within, none].map(({ keys, list_complete }) => [keys.map(({ name }) => name), list_complete]);`;
    const names = Object.keys(FILES)
      .sort()
      .map((name) => MANIFEST[name]);
    assert.deepEqual(await inSite(t, body), [
      [names.slice(0, 2), false],
      [names.slice(2), true],
      [[MANIFEST["a/b/c/test.txt"]], true],
      [[], true],
    ]);
  });

  test("cannot be written", async (t) => {
    const body = `return [await caught(() => site.put("a", "b")), await caught(() => site.delete(1)), await caught(() => site.put())];`;
    const put = ["TypeError", "Unable to put into read-only namespace"];
    assert.deepEqual(await inSite(t, body), [put, ["TypeError", "Unable to delete from read-only namespace"], put]);
  });

  test("refuses odd keys", async (t) => {
    const body = `return [
      await caught(async () => site.get(1)),
      await caught(async () => site.get("${PREFIX}%")),
      await caught(async () => site.get("")),
      await caught(async () => site.get("x".repeat(513))),
      await caught(async () => site.get("index.html", { cacheTtl: 1 })),
      await caught(async () => site.get("index.html", "none")),
    ];`;
    assert.deepEqual(await inSite(t, body), [
      ["TypeError", "key.startsWith is not a function"],
      ["URIError", "URI malformed"],
      ["TypeError", "Key name cannot be empty."],
      ["Error", "KV GET failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512."],
      ["Error", "KV GET failed: 400 Invalid cache_ttl of 1. Cache TTL must be at least 60."],
      ["TypeError", 'Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".'],
    ]);
  });

  test("can be read outside of requests", async (t) => {
    const service = `const home = __STATIC_CONTENT.get("index.html");
      addEventListener("fetch", (event) => event.respondWith(home.then((text) => new Response(text))));`;
    assert.equal(await text(create(t, { ...site(t), script: service })), "home");
  });

  test("counts reads as subrequests, except of files that are left out", async (t) => {
    const body = `
      for (let count = 0; count < 1010; count++) await site.get("a/b/c/test.txt");
      for (let count = 0; count < 1000; count++) await site.get("index.html");
      return caught(() => site.get("index.html"));`;
    const [name, message] = await inSite(t, body, { siteExclude: ["*.txt"] });
    assert.equal(name, "Error");
    assert.match(message, /^Too many API requests by single worker invocation/);
  });

  test("is that of a test environment", differs("this is about this package"), async (t) => {
    const mf = create(t, { ...site(t), modules: true, script: "export default {};" });
    const { __STATIC_CONTENT, __STATIC_CONTENT_MANIFEST } = await mf.getBindings();
    assert.deepEqual(JSON.parse(__STATIC_CONTENT_MANIFEST), MANIFEST);
    assert.equal(await __STATIC_CONTENT.get("index.html"), "home");
  });
});

describe("caches", () => {
  test("store no file of a site", async (t) => {
    const body = `const url = "http://localhost/${PREFIX}index.html";
      await caches.default.put(url, new Response("cached", { headers: { "cache-control": "max-age=3600" } }));
      return (await caches.default.match(url)) === undefined;`;
    assert.equal(await inSite(t, body), true);
  });
});

describe("a change in the folder of a site", () => {
  test("reloads the worker, which gets another manifest", async (t) => {
    const rootPath = folder(t, { "public/index.html": "home" });
    const script = "export default { fetch: (request, env) => new Response(env.__STATIC_CONTENT_MANIFEST) };";
    const mf = create(t, { rootPath, sitePath: "public", watch: true, script });
    const before = await json(mf);
    const reloaded = new Promise((resolve) => mf.addEventListener("reload", resolve, { once: true }));
    write(rootPath, { "public/new.html": "new" });
    await reloaded;
    const names = [before, await json(mf)].map(Object.keys);
    assert.deepEqual(names, [["index.html"], ["index.html", "new.html"]]);
  });
});
