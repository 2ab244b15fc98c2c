// Tags: every-node
// Projects of wrangler 2 and later: which configuration is read, what environments inherit, variables of development, and a
// `main` that is built.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { Miniflare } from "../../index.mjs";
import { deferred, json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { folder, write } from "../support/files.mjs";
import { RecordingLog } from "../support/log.mjs";
import { create, createInvalid, LogLevel } from "../support/miniflare.mjs";
import { root as packageRoot } from "../support/child.mjs";
import { test } from "../support/test.mjs";

const SHOW = "export default { fetch: (request, env) => Response.json(env) };";
const says = (what) => `export default { fetch: () => new Response(${JSON.stringify(what)}) };`;
const DATE = "2024-01-01";

/** A project in a folder, with esbuild installed unless it is not to be. */
function project(t, files, { esbuild = true } = {}) {
  const root = folder(t, files);
  if (esbuild) {
    fs.mkdirSync(path.join(root, "node_modules"), { recursive: true });
    fs.symlinkSync(path.join(packageRoot, "node_modules", "esbuild"), path.join(root, "node_modules", "esbuild"));
  }
  return root;
}

const configured = (config, files = {}) => ({ "wrangler.jsonc": JSON.stringify(config), ...files });
const opened = (t, root, options = {}) => create(t, { rootPath: root, wranglerConfigPath: true, ...options });
const failure = (t, root, options = {}) =>
  rejection(createInvalid(t, { rootPath: root, wranglerConfigPath: true, ...options }).dispatchFetch(URL_ROOT));

async function warnings(t, config, options = {}) {
  const log = new RecordingLog(LogLevel.WARN);
  const mf = opened(t, folder(t, configured(config)), { modules: true, script: SHOW, log, ...options });
  const env = await json(mf);
  return [env, log.having("[mf:wrn] ").map((line) => line.replace(/\S*wrangler\.jsonc/, "wrangler.jsonc"))];
}

describe("the configuration of a project", () => {
  const named = (name) => JSON.stringify({ vars: { FROM: name } });
  const from = async (t, root) => (await json(opened(t, root, { modules: true, script: SHOW }))).FROM;

  test("is wrangler.json, then wrangler.jsonc, then wrangler.toml, each in the folder and above it", async (t) => {
    const toml = '[vars]\nFROM = "beside, toml"';
    const root = folder(t, { "a/b/wrangler.toml": toml });
    assert.equal(await from(t, path.join(root, "a/b")), "beside, toml");
    write(root, { "wrangler.jsonc": named("above, jsonc") });
    assert.equal(await from(t, path.join(root, "a/b")), "above, jsonc");
    write(root, { "a/wrangler.json": named("above, json") });
    assert.equal(await from(t, path.join(root, "a/b")), "above, json");
  });

  test("may have comments and trailing commas", async (t) => {
    const root = folder(t, { "wrangler.json": `{ // line\n /* block */ "vars": { "FROM": "json", }, }` });
    assert.equal(await from(t, root), "json");
  });

  test("with an error in its syntax is refused with file, line and a caret", async (t) => {
    const root = folder(t, { "wrangler.jsonc": '{\n  "name": "a"\n  "main": "b"\n}' });
    const { code, message } = await failure(t, root);
    assert.equal(code, "ERR_INVALID_CONFIG");
    const file = path.join(root, "wrangler.jsonc");
    assert.equal(message, `${file}:3:3 is not valid JSON: Comma expected\n3 |   "main": "b"\n  |   ^`);
  });

  test("that is not an object is refused", async (t) => {
    const root = folder(t, { "wrangler.jsonc": "[]" });
    const { code, message } = await failure(t, root);
    assert.deepEqual(
      [code, message],
      ["ERR_INVALID_CONFIG", `${path.join(root, "wrangler.jsonc")} must contain an object, like { "name": "worker" }`],
    );
  });

  test("is the one that a framework's build redirects to", async (t) => {
    const files = configured({ vars: { FROM: "user" } }, { "dist/wrangler.json": named("generated") });
    const root = folder(t, {
      ...files,
      ".wrangler/deploy/config.json": '{ "configPath": "../../dist/wrangler.json" }',
    });
    assert.equal(await from(t, root), "generated");
    fs.rmSync(path.join(root, "dist"), { recursive: true });
    assert.match(
      (await failure(t, root)).message,
      /redirects to .*wrangler\.json, which does not exist\. Build the project again\.$/,
    );
    write(root, { ".wrangler/deploy/config.json": "{}" });
    assert.match((await failure(t, root)).message, /config\.json must have "configPath", the path of a file$/);
  });

  test("of another folder is not redirected", async (t) => {
    const root = folder(t, { ".wrangler/deploy/config.json": "{}", "a/wrangler.jsonc": named("user") });
    assert.match((await failure(t, path.join(root, "a"))).message, /Delete one of them\.$/);
  });

  test("gives variables as JSON, and texts from wrangler 1", async (t) => {
    const vars = { TEXT: "a", NUMBER: 1, OBJECT: { list: [true] } };
    assert.deepEqual((await warnings(t, { vars }))[0], vars);
    const toml = folder(t, { "wrangler.toml": `compatibility_date = "${DATE}"\n[vars]\nNUMBER = 1` });
    assert.deepEqual(await json(opened(t, toml, { modules: true, script: SHOW })), { NUMBER: 1 });
    const old = folder(t, { "wrangler.toml": `type = "javascript"\n[vars]\nNUMBER = 1` });
    assert.deepEqual(await json(opened(t, old, { modules: true, script: SHOW })), { NUMBER: "1" });
  });

  test("warns of keys that nothing reads", async (t) => {
    const config = { vrs: { A: 1 }, containers: [{ a: 1 }], observability: {}, env: { dev: { nonsense_key: 1 } } };
    assert.deepEqual((await warnings(t, config))[1], [
      'wrangler.jsonc: Unknown key "vrs". Did you mean "vars"?',
      'wrangler.jsonc: "containers" has no effect: Containers is not implemented. Pass what the worker needs in the option "bindings".',
      'wrangler.jsonc: Unknown key "env.dev.nonsense_key".',
    ]);
  });

  test("is named in the log, at the level DEBUG", async (t) => {
    const log = new RecordingLog(LogLevel.DEBUG);
    const root = folder(t, configured({}));
    await text(opened(t, root, { modules: true, script: says("a"), log }));
    const file = path.join(root, "wrangler.jsonc");
    assert.ok(log.having("[mf:dbg] ").includes(`Reading ${file}, for wrangler 2 and later...`));
  });
});

describe("an environment of a project", () => {
  const config = {
    name: "api",
    compatibility_date: "2022-12-01",
    vars: { A: "top" },
    env: { dev: { vars: { B: "dev" } }, bare: {} },
  };

  test("has variables of its own", async (t) => {
    assert.deepEqual((await warnings(t, config))[0], { A: "top" });
    assert.deepEqual((await warnings(t, config, { wranglerConfigEnv: "dev" }))[0], { B: "dev" });
  });

  test("does not inherit bindings, of which a warning tells", async (t) => {
    const [env, lines] = await warnings(t, config, { wranglerConfigEnv: "bare" });
    assert.deepEqual(env, {});
    assert.deepEqual(lines, [
      '"vars" exists at the top level of wrangler.jsonc, but not in "env.bare": environments do not inherit it. Repeat it in "env.bare" if the environment needs it.',
    ]);
  });

  test("inherits its date, and its name with a suffix", async (t) => {
    const script = "export default { fetch: () => Response.json(typeof navigator) };";
    const log = new RecordingLog(LogLevel.DEBUG);
    const options = { modules: true, script, wranglerConfigEnv: "dev", log };
    assert.equal(await json(opened(t, folder(t, configured(config)), options)), "object");
    assert.ok(log.having("[mf:dbg] ").includes("- Name: api-dev"));
  });

  test("that does not exist is the top level, with a warning", async (t) => {
    const [env, lines] = await warnings(t, config, { wranglerConfigEnv: "prod" });
    assert.deepEqual(env, { A: "top" });
    assert.deepEqual(lines, ['wrangler.jsonc has no environment "prod" (option "wranglerConfigEnv")']);
  });
});

describe("variables of development", () => {
  const read = (t, files, options = {}) =>
    json(
      opened(t, folder(t, configured({ vars: { A: "config" }, env: { dev: { vars: { A: "config" } } } }, files)), {
        modules: true,
        script: SHOW,
        ...options,
      }),
    );

  test("in .dev.vars replace those of the configuration", async (t) => {
    assert.deepEqual(await read(t, { ".dev.vars": 'A="file"\nexport B=1 # text', ".env": "C=1" }), {
      A: "file",
      B: "1",
    });
  });

  test("of an environment stand in a file of their own, instead of the other", async (t) => {
    const files = { ".dev.vars": "B=all", ".dev.vars.dev": "C=dev" };
    assert.deepEqual(await read(t, files, { wranglerConfigEnv: "dev" }), { A: "config", C: "dev" });
  });

  test("are in .env files if there is no .dev.vars, the later ones first", async (t) => {
    const files = { ".env": "A=1\nB=1\nC=1\nD=1", ".env.local": "B=2\nC=2\nD=2", ".env.dev": "C=3\nD=3" };
    const all = { ...files, ".env.dev.local": "D=4" };
    assert.deepEqual(await read(t, all, { wranglerConfigEnv: "dev" }), { A: "1", B: "2", C: "3", D: "4" });
    assert.deepEqual(await read(t, all), { A: "1", B: "2", C: "2", D: "2" });
  });

  test("that are required secrets are taken alone, and a warning names those that are missing", async (t) => {
    const log = new RecordingLog(LogLevel.WARN);
    const config = { secrets: { required: ["KEY", "GONE"] }, vars: { A: "a" } };
    const root = folder(t, configured(config, { ".dev.vars": "KEY=1\nOTHER=2" }));
    assert.deepEqual(await json(opened(t, root, { modules: true, script: SHOW, log })), { A: "a", KEY: "1" });
    assert.match(log.having("[mf:wrn] ")[0], /Missing required secrets: GONE\. Set them in \.dev\.vars or \.env/);
  });
});

describe("the main of a project", () => {
  const typed = `import { greet } from "./lib/greet"; import hello from "greeting";
    interface Env { NAME: string }
    export default { async fetch(request: Request, env: Env): Promise<Response> {
      if (request.url.endsWith("/throw")) throw new Error("thrown");
      return new Response(greet(hello, env.NAME));
    } };`;
  const files = {
    "src/index.ts": typed,
    "src/lib/greet.ts": 'export const greet = (...words: string[]): string => words.join(" ");',
    "node_modules/greeting/package.json": '{ "name": "greeting", "main": "index.js" }',
    "node_modules/greeting/index.js": 'module.exports = "hello";',
  };
  const config = { name: "hello", main: "src/index.ts", compatibility_date: DATE, vars: { NAME: "world" } };

  test("may be TypeScript, and import packages", async (t) => {
    assert.equal(await text(opened(t, project(t, configured(config, files)))), "hello world");
  });

  test("in wrangler.toml is built as well", async (t) => {
    const toml = `name = "hello"\nmain = "src/index.ts"\ncompatibility_date = "${DATE}"\n[vars]\nNAME = "toml"`;
    assert.equal(await text(opened(t, project(t, { "wrangler.toml": toml, ...files }))), "hello toml");
  });

  test("gives way to a script or a path among the options", async (t) => {
    const root = project(t, configured(config, { ...files, "other.mjs": says("path") }));
    assert.equal(await text(opened(t, root, { modules: true, script: says("script") })), "script");
    assert.equal(await text(opened(t, root, { modules: true, scriptPath: "other.mjs" })), "path");
  });

  test("throws errors with the lines of its sources", async (t) => {
    const root = project(t, configured(config, files));
    const { stack } = await rejection(opened(t, root).dispatchFetch(`${URL_ROOT}throw`));
    assert.ok(stack.includes(`${path.join(root, "src/index.ts")}:4:`), stack);
  });

  test("imports text, data and WebAssembly as modules, from packages as well", async (t) => {
    const empty = Buffer.from([0, 97, 115, 109, 1, 0, 0, 0]);
    const script = `import text from "./a.txt"; import page from "./page.html"; import data from "./b.bin";
      import wasm from "./c.wasm"; import queried from "./c.wasm?module"; import far from "pkg/far.sql";
      export default { fetch: () => Response.json([text, page, data.byteLength, wasm instanceof WebAssembly.Module,
        queried instanceof WebAssembly.Module, far]) };`;
    const root = project(t, {
      ...configured({ main: "src/index.ts" }),
      ...{
        "src/index.ts": script,
        "src/a.txt": "text",
        "src/page.html": "<p>",
        "src/b.bin": "123",
        "src/c.wasm": empty,
      },
      ...{ "node_modules/pkg/package.json": "{}", "node_modules/pkg/far.sql": "SELECT 1" },
    });
    assert.deepEqual(await json(opened(t, root)), ["text", "<p>", 3, true, true, "SELECT 1"]);
  });

  test("follows the rules of the configuration before the usual ones", async (t) => {
    const rules = [
      { type: "Data", globs: ["**/*.txt"] },
      { type: "Text", globs: ["**/*.vert"], fallthrough: true },
    ];
    const script = `import data from "./a.txt"; import text from "./b.vert"; import page from "./c.html";
      export default { fetch: () => Response.json([data.byteLength, text, page]) };`;
    const sources = { "index.js": script, "a.txt": "four", "b.vert": "shader", "c.html": "page" };
    const root = project(t, configured({ main: "index.js", rules }, sources));
    assert.deepEqual(await json(opened(t, root)), [4, "shader", "page"]);
  });

  test("without exports is a service worker", async (t) => {
    const script = `const answer: string = "service"; addEventListener("fetch", (event: any) => event.respondWith(new Response(answer)));`;
    assert.equal(
      await text(opened(t, project(t, configured({ main: "index.ts" }, { "index.ts": script })))),
      "service",
    );
  });

  test("takes define, alias and JSX from the configuration", async (t) => {
    const script = `import a from "aliased"; const h = (...args: unknown[]) => args[0];
      export default { fetch: () => Response.json([a, DEFINED, <b />]) }; declare const DEFINED: string;`;
    const config = {
      main: "index.tsx",
      define: { DEFINED: '"defined"' },
      alias: { aliased: "./own.ts" },
      jsx_factory: "h",
    };
    const root = project(t, configured(config, { "index.tsx": script, "own.ts": 'export default "own";' }));
    assert.deepEqual(await json(opened(t, root)), ["own", "defined", "b"]);
  });

  test("with errors is refused with their places", async (t) => {
    const root = project(t, configured({ main: "index.ts" }, { "index.ts": 'import "./gone";\nconst = 1;' }));
    const error = await failure(t, root);
    assert.equal(error.constructor.name, "BuildError");
    assert.match(error.message, /index\.ts:2:6:/);
  });

  test("of TypeScript needs esbuild, which the error tells how to install", async (t) => {
    const root = project(t, configured({ main: "index.ts" }, { "index.ts": says("a") }), { esbuild: false });
    const { message } = await failure(t, root);
    assert.equal(
      message,
      `${path.join(root, "index.ts")} is not JavaScript, so it has to be built. Install esbuild: npm i -D esbuild`,
    );
    const bare = project(t, configured({ main: "a.js" }, { "a.js": 'import "hono";' }), { esbuild: false });
    assert.match(
      (await failure(t, bare)).message,
      /imports the package "hono", so it has to be built\. Install esbuild/,
    );
  });

  test("of JavaScript needs none, nor does one that is not to be built", async (t) => {
    const script = `import { what } from "./b.js"; ${says("plain").replace('"plain"', "what")}`;
    const sources = { "index.js": script, "b.js": 'export const what = "plain";' };
    assert.equal(
      await text(opened(t, project(t, configured({ main: "index.js" }, sources), { esbuild: false }))),
      "plain",
    );
    const unbuilt = configured({ main: "index.js", no_bundle: true }, sources);
    assert.equal(await text(opened(t, project(t, unbuilt))), "plain");
  });

  test("warns of Node's modules without their flag", async (t) => {
    const log = new RecordingLog(LogLevel.WARN);
    const script = `export default { async fetch() { await import("node:fs").catch(() => {}); return new Response("ok"); } };`;
    const root = project(t, configured({ main: "index.js" }, { "index.js": script }));
    assert.equal(await text(opened(t, root, { log })), "ok");
    assert.match(
      log.having("[mf:wrn] ")[0],
      /index\.js imports "node:fs", a module of Node's: it needs the compatibility flag "nodejs_compat"\.$/,
    );
  });

  test("is built again when a file of it changes, also after an error", async (t) => {
    const root = project(t, configured(config, files));
    const log = new RecordingLog(LogLevel.ERROR);
    const mf = opened(t, root, { watch: true, log });
    assert.equal(await text(mf), "hello world");
    const change = async (content) => {
      const done = deferred();
      mf.addEventListener("reload", done.resolve, { once: true });
      log.error = done.resolve;
      write(root, { "src/lib/greet.ts": content });
      await done.promise;
    };
    await change("export const greet = () => 'changed';");
    assert.equal(await text(mf), "changed");
    await change("export const greet = ;");
    assert.equal((await rejection(mf.dispatchFetch(URL_ROOT))).constructor.name, "BuildError");
    await change("export const greet = () => 'repaired';");
    assert.equal(await text(mf), "repaired");
  });

  test("is built once for instances that have the same", async (t) => {
    const root = project(t, configured(config, files));
    await text(opened(t, root));
    const { default: esbuild } = await import("esbuild");
    const before = esbuild[Symbol.for("miniflare-rs.builds")].size;
    await text(opened(t, root));
    assert.equal(esbuild[Symbol.for("miniflare-rs.builds")].size, before);
  });

  test("is built for mounts", async (t) => {
    const root = project(t, configured(config, files));
    const mf = create(t, { modules: true, script: says("main"), mounts: { hello: root } });
    assert.equal(await text(await mf.getMount("hello")), "hello world");
    assert.ok(mf instanceof Miniflare);
  });
});
