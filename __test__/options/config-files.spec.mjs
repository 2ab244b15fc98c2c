// Tags: oracle, every-node
// Options that stand in files: wrangler.toml, package.json and .env.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { create, createInvalid, differs, LogLevel } from "../support/miniflare.mjs";
import { json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { folder, write } from "../support/files.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

const SHOW = "export default { fetch: (request, env) => Response.json(env) };";
const says = (what) => `export default { fetch: () => new Response(${JSON.stringify(what)}) };`;
const located = (t, files, options = {}) => create(t, { rootPath: folder(t, files), ...options });
const failure = (t, files, options) =>
  rejection(createInvalid(t, { rootPath: folder(t, files), ...options }).dispatchFetch(URL_ROOT));

describe("wrangler.toml", () => {
  const worker = (toml, files = {}) => ({ "wrangler.toml": toml, ...files });
  const bound = (t, toml, options = {}) =>
    json(located(t, worker(toml), { modules: true, script: SHOW, wranglerConfigPath: true, ...options }));

  test("names the script and its format", async (t) => {
    const toml = `[build.upload]\nformat = "modules"\ndir = "out"\nmain = "./worker.mjs"`;
    const mf = located(t, worker(toml, { "out/worker.mjs": says("from out") }), { wranglerConfigPath: true });
    assert.equal(await text(mf), "from out");
  });

  test("names the script in dist by default, relative to itself", async (t) => {
    const toml = `[build.upload]\nformat = "modules"\nmain = "worker.mjs"`;
    const files = { "config/wrangler.toml": toml, "config/dist/worker.mjs": says("from dist") };
    assert.equal(await text(located(t, files, { wranglerConfigPath: "config/wrangler.toml" })), "from dist");
  });

  test("gives variables, as texts", async (t) => {
    const toml = `[vars]\nTEXT = "text"\nNUMBER = 1\nFLAG = true`;
    assert.deepEqual(await bound(t, toml), { TEXT: "text", NUMBER: "1", FLAG: "true" });
  });

  test("gives way to the options", async (t) => {
    const toml = `[vars]\nA = "vars"\nB = "vars"\n[miniflare.globals]\nG = "toml"`;
    assert.deepEqual(await bound(t, toml, { bindings: { B: "options" } }), { A: "vars", B: "options" });
    const script = "export default { fetch: () => Response.json([typeof G]) };";
    assert.deepEqual(await bound(t, toml, { script }), ["string"]);
    assert.deepEqual(await bound(t, toml, { script, globals: undefined }), ["undefined"]);
  });

  test("has environments, whose keys replace those outside", async (t) => {
    const toml = `[vars]\nA = "top"\n[env.dev.vars]\nB = "dev"`;
    assert.deepEqual(await bound(t, toml), { A: "top" });
    assert.deepEqual(await bound(t, toml, { wranglerConfigEnv: "dev" }), { B: "dev" });
  });

  test("may leave texts, tables and lists empty, as templates do", differs("an empty upstream fails"), async (t) => {
    const texts = ["account_id", "zone_id", "route", "type", "usage_model", "compatibility_date", "name"];
    const lists = ["kv_namespaces", "routes", "r2_buckets", "d1_databases", "services", "compatibility_flags", "rules"];
    const toml = [
      ...texts.map((key) => `${key} = ""`),
      ...lists.map((key) => `${key} = []`),
      `migrations = []\nwasm_modules = {}\ntext_blobs = {}\nworkers_dev = true`,
      `[build]\ncommand = ""\ncwd = ""\nwatch_dir = ""\n[build.upload]\nformat = ""\nmain = ""\ndir = ""\nrules = []`,
      `[site]\nbucket = ""\nentry-point = ""\ninclude = []\nexclude = []\n[triggers]\ncrons = []`,
      `[durable_objects]\nbindings = []\n[queues]\nproducers = []\nconsumers = []`,
      `[miniflare]\nroute = ""\nroutes = [""]\nupstream = ""\nenv_path = ""\nkv_persist = ""\nhttps = {}`,
      `build_watch_dirs = []\n[miniflare.globals]\nG = ""\n[miniflare.mounts]\n[vars]\nEMPTY = ""\n[env]`,
    ].join("\n");
    const log = new RecordingLog(LogLevel.WARN);
    assert.deepEqual(await bound(t, toml, { log }), { EMPTY: "" });
    assert.deepEqual(log.having("[mf:wrn] "), []);
    const script = "export default { fetch: () => Response.json(G) };";
    assert.equal(await bound(t, toml, { script }), "");
  });

  test("has keys in an environment that are empty, which replace nothing", differs("they do"), async (t) => {
    const toml = `name = "api"\nroute = "http://api.test/*"\n[env.dev]\nroute = ""\n[env.dev.vars]\nA = ""`;
    const main = { modules: true, script: says("main"), log: new RecordingLog(LogLevel.WARN) };
    const root = folder(t, { "api/wrangler.toml": toml });
    const api = { modules: true, script: SHOW, rootPath: path.join(root, "api"), wranglerConfigPath: true };
    const mf = create(t, { ...main, mounts: { api: { ...api, wranglerConfigEnv: "dev" } } });
    assert.deepEqual(await json(mf, "http://api.test/"), { A: "" });
  });

  test("without the environment that is asked for is warned of", differs("it says nothing"), async (t) => {
    const log = new RecordingLog(LogLevel.WARN);
    assert.deepEqual(await bound(t, `[vars]\nA = "top"`, { wranglerConfigEnv: "dev", log }), { A: "top" });
    assert.match(log.having("[mf:wrn] ").join(), /has no environment "dev" \(option "wranglerConfigEnv"\)/);
  });

  test("binds Durable Objects", async (t) => {
    const toml = `[durable_objects]\nbindings = [{ name = "BOX", class_name = "Box" }]`;
    const script = `export class Box { fetch() { return new Response("in the box"); } }
      export default { fetch: (request, env) => env.BOX.get(env.BOX.idFromName("a")).fetch(request) };`;
    const mf = located(t, worker(toml), { modules: true, script, wranglerConfigPath: true });
    assert.equal(await text(mf), "in the box");
  });

  test("binds Durable Objects of a class that a mount exports, by its script_name", async (t) => {
    const toml = `[durable_objects]
bindings = [{ name = "BOX", class_name = "Box", script_name = "api" }]
[miniflare.mounts]\napi = "./api"`;
    const api = `name = "api"\n[build.upload]\nformat = "modules"\nmain = "api.mjs"`;
    const exports = `export class Box { fetch() { return new Response("in the mount"); } } ${says("api")}`;
    const files = worker(toml, { "api/wrangler.toml": api, "api/dist/api.mjs": exports });
    const script = "export default { fetch: (r, env) => env.BOX.get(env.BOX.idFromName('a')).fetch(r) };";
    assert.equal(await text(located(t, files, { modules: true, script, wranglerConfigPath: true })), "in the mount");
  });

  test("has Durable Objects persist below rootPath", async (t) => {
    const toml = `[durable_objects]\nbindings = [{ name = "BOX", class_name = "Box" }]
[miniflare]\ndurable_objects_persist = "./data"`;
    const script = `
      export class Box {
        constructor({ storage }) { this.storage = storage; }
        async fetch() {
          const count = ((await this.storage.get("count")) ?? 0) + 1;
          await this.storage.put("count", count);
          return new Response(count);
        }
      }
      export default { fetch: (request, env) => env.BOX.get(env.BOX.idFromName("a")).fetch(request) };`;
    const rootPath = folder(t, worker(toml));
    const options = { rootPath, modules: true, script, wranglerConfigPath: true };
    const first = create(t, options);
    assert.equal(await text(first), "1");
    await first.dispose();
    assert.ok(fs.readdirSync(path.join(rootPath, "data")).length > 0);
    assert.equal(await text(create(t, options)), "2");
  });

  test("binds files", async (t) => {
    const toml = `[text_blobs]\nTEXT = "text.txt"\n[data_blobs]\nDATA = "data.bin"`;
    const script = "export default { fetch: (r, env) => Response.json([env.TEXT, env.DATA.byteLength]) };";
    const files = worker(toml, { "text.txt": "text", "data.bin": "123" });
    assert.deepEqual(await json(located(t, files, { modules: true, script, wranglerConfigPath: true })), ["text", 3]);
  });

  test("mounts workers by their folders, and binds them as services", async (t) => {
    const toml = `services = [{ binding = "API", service = "api" }]\n[miniflare.mounts]\napi = "./workers/api@dev"`;
    const api = `[build.upload]\nformat = "modules"\nmain = "api.mjs"\n[env.dev.vars]\nWHO = "dev"`;
    const files = worker(toml, { "workers/api/wrangler.toml": api, "workers/api/dist/api.mjs": SHOW });
    const script = "export default { fetch: (request, env) => env.API.fetch(request) };";
    const mf = located(t, files, { modules: true, script, wranglerConfigPath: true });
    assert.deepEqual(await json(mf), { WHO: "dev" });
  });

  test("names routes, as texts and as tables", async (t) => {
    const toml = `name = "api"\nroute = "example.com/a"\nroutes = [{ pattern = "example.com/b", zone_id = "1" }]
[miniflare]\nroute = "example.com/c"\nroutes = ["example.com/d"]`;
    const root = folder(t, { "api/wrangler.toml": toml });
    const api = { modules: true, script: says("api"), rootPath: path.join(root, "api"), wranglerConfigPath: true };
    const mf = create(t, { script: says("main"), mounts: { api } });
    for (const name of ["a", "b", "c", "d"]) assert.equal(await text(mf, `http://example.com/${name}`), "api", name);
    assert.equal(await text(mf, "http://example.com/e"), "main");
  });

  test("that is not there is an error, unless its usual name was only hoped for", async (t) => {
    assert.equal(await text(located(t, {}, { modules: true, script: says("fine"), wranglerConfigPath: true })), "fine");
    const error = await failure(t, {}, { modules: true, script: says("fine"), wranglerConfigPath: "missing.toml" });
    assert.equal(error.code, "ENOENT");
    assert.match(error.message, /missing\.toml/);
  });

  test("that is not TOML is an error that shows the line", differs("another parser, other words"), async (t) => {
    const error = await failure(t, worker('name = "a"\nbroken = = 1'), { script: "", wranglerConfigPath: true });
    assert.equal(error.code, "ERR_INVALID_CONFIG");
    assert.match(error.message, /wrangler\.toml is not valid TOML: .*line 2.*broken = = 1/s);
  });

  test("with a value of a wrong type is an error that names the option", differs("it is not checked"), async (t) => {
    const error = await failure(t, worker("compatibility_flags = 1"), { script: "", wranglerConfigPath: true });
    assert.equal(error.message, 'Invalid option "compatibilityFlags": expected an array of strings, got 1 (number)');
  });

  test("is read again by a reload", async (t) => {
    const rootPath = folder(t, worker(`[vars]\nA = "before"`));
    const mf = create(t, { rootPath, modules: true, script: SHOW, wranglerConfigPath: true });
    assert.deepEqual(await json(mf), { A: "before" });
    write(rootPath, worker(`[vars]\nA = "after"`));
    await mf.reload();
    assert.deepEqual(await json(mf), { A: "after" });
  });

  describe("services", () => {
    const services = (t, list, log) =>
      createInvalid(t, {
        rootPath: folder(t, worker(list)),
        modules: true,
        script: SHOW,
        wranglerConfigPath: true,
        mounts: { api: { modules: true, script: SHOW } },
        ...(log && { log }),
      });

    test("declared by deprecated keys are warned of", async (t) => {
      const log = new RecordingLog(LogLevel.WARN);
      const mf = services(t, `experimental_services = [{ name = "API", service = "api" }]`, log);
      assert.deepEqual(Object.keys(await mf.getBindings()), ["API"]);
      const warnings = log.having("[mf:wrn] ").concat(log.lines.join("\n")).join("\n");
      assert.match(
        warnings,
        /Using the `experimental_services` key is deprecated\. This key should be renamed to `services`\./,
      );
      assert.match(
        warnings,
        /Service "api" declared using deprecated syntax\.\nThe `name` key should be removed and renamed to `binding`\./,
      );
    });

    test("without a name are refused", async (t) => {
      const error = await rejection(services(t, `services = [{ service = "api" }]`).dispatchFetch(URL_ROOT));
      assert.equal(error.code, "ERR_SERVICE_NO_NAME");
      assert.equal(
        error.message,
        'Service "api" declared with neither `binding` nor `name` keys.\nThe `binding` key should be used to define binding names.',
      );
    });

    test("with two names are refused", async (t) => {
      const list = `services = [{ service = "api", name = "A", binding = "B" }]`;
      const error = await rejection(services(t, list).dispatchFetch(URL_ROOT));
      assert.equal(error.code, "ERR_SERVICE_NAME_MISMATCH");
      assert.equal(
        error.message,
        'Service "api" declared with `name`="A" and `binding`="B".\nThe `binding` key should be used to define binding names.',
      );
    });
  });
});

describe("package.json", () => {
  test("names the script: main of a service worker, module of a module worker", async (t) => {
    const files = {
      "package.json": JSON.stringify({ main: "main.js", module: "module.mjs" }),
      "main.js": `addEventListener("fetch", (event) => event.respondWith(new Response("main")));`,
      "module.mjs": says("module"),
    };
    assert.equal(await text(located(t, files, { packagePath: true })), "main");
    assert.equal(await text(located(t, files, { packagePath: true, modules: true })), "module");
  });

  test("gives way to a script that is named", async (t) => {
    const files = { "package.json": `{ "module": "missing.mjs" }` };
    assert.equal(await text(located(t, files, { packagePath: true, modules: true, script: says("given") })), "given");
  });

  test("lies where the option says, and its paths start there", async (t) => {
    const files = { "sub/package.json": `{ "module": "worker.mjs" }`, "sub/worker.mjs": says("sub") };
    assert.equal(await text(located(t, files, { packagePath: "sub/package.json", modules: true })), "sub");
  });

  test("that is not there is an error, unless its usual name was only hoped for", async (t) => {
    assert.equal((await failure(t, {}, { packagePath: true, modules: true })).code, "ERR_NO_SCRIPT");
    assert.equal((await failure(t, {}, { packagePath: "other.json", modules: true })).code, "ENOENT");
  });

  test("that is not JSON is an error that names it", differs("the error names no file"), async (t) => {
    const error = await failure(t, { "package.json": "{" }, { packagePath: true, modules: true });
    assert.match(error.message, /package\.json is not valid JSON: /);
  });
});

describe(".env", () => {
  const env = `# a comment\nA=one\nB="two words"\nC='single $A'\n\nD=\nE={"x": [1]}\n`;
  const expected = { A: "one", B: "two words", C: "single $A", D: "", E: '{"x": [1]}' };
  const bound = (t, files, options) => json(located(t, files, { modules: true, script: SHOW, ...options }));

  test("gives bindings", async (t) => {
    assert.deepEqual(await bound(t, { ".env": env }, { envPath: true }), expected);
    assert.deepEqual(await bound(t, { "sub/test.env": env }, { envPath: "sub/test.env" }), expected);
  });

  test("is read as dotenv reads it", differs("an older dotenv"), async (t) => {
    const lines = {
      "export A=1": { A: "1" },
      "A=value # comment": { A: "value" },
      "A='value # text' # comment": { A: "value # text" },
      'A="two\nlines"\nB=2': { A: "two\nlines", B: "2" },
      "A=\"a\\nb\"\r\nB='a\\nb'": { A: "a\nb", B: "a\\nb" },
      "A=it's": { A: "it's" },
      'A="open\nB=2': { A: '"open', B: "2" },
      "A='x'y\nA.B-C: d": { A: "'x'y", "A.B-C": "d" },
      "A = `back \"x\" 'y'`": { A: `back "x" 'y'` },
    };
    for (const [text, values] of Object.entries(lines)) {
      assert.deepEqual(await bound(t, { ".env": text }, { envPath: true }), values, text);
    }
  });

  test("comes between wrangler's variables and the options", async (t) => {
    const files = { "wrangler.toml": `[vars]\nA = "toml"\nB = "toml"\nC = "toml"`, ".env": "B=env\nC=env" };
    const options = { envPath: true, wranglerConfigPath: true, bindings: { C: "options" } };
    assert.deepEqual(await bound(t, files, options), { A: "toml", B: "env", C: "options" });
  });

  test("is read by default where that is asked for, unless another is named", async (t) => {
    const files = { ".env": "A=usual", "other.env": "A=other" };
    assert.deepEqual(await bound(t, files, {}), {});
    assert.deepEqual(await bound(t, files, { envPathDefaultFallback: true }), { A: "usual" });
    assert.deepEqual(await bound(t, files, { envPathDefaultFallback: true, envPath: "other.env" }), { A: "other" });
  });

  test("that is not there is an error, unless its usual name was only hoped for", async (t) => {
    assert.deepEqual(await bound(t, {}, { envPath: true }), {});
    assert.equal((await failure(t, {}, { script: "", envPath: "missing.env" })).code, "ENOENT");
  });

  test("gives globals to a service worker", async (t) => {
    const script = `addEventListener("fetch", (event) => event.respondWith(new Response(A)));`;
    assert.equal(await text(located(t, { ".env": "A=global" }, { script, envPath: true })), "global");
  });
});

test("a mount that is a path is the folder of a worker with files of its own", async (t) => {
  const root = folder(t, {
    "api/package.json": `{ "module": "worker.mjs" }`,
    "api/wrangler.toml": `[build.upload]\nformat = "modules"\n[vars]\nA = "toml"`,
    "api/.env": "B=env",
    "api/worker.mjs": SHOW,
  });
  const mf = create(t, { modules: true, script: says("main"), mounts: { api: path.join(root, "api") } });
  assert.deepEqual(await json(await mf.getMount("api")), { A: "toml", B: "env" });
});
