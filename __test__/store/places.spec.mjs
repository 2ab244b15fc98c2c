// `kvPersist`, `cachePersist` and `durableObjectsPersist` in each of their forms: what is created where, and who finds it.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { runScript } from "../support/child.mjs";
import { rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { RecordingLog } from "../support/log.mjs";
import { create, createInvalid, Miniflare, Response } from "../support/miniflare.mjs";
import { certificate, redis } from "../support/redis.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);
const SCRIPT = "export class Box {} export default {}";
const OPTIONS = { modules: true, script: SCRIPT, durableObjects: { BOX: "Box" } };
const CACHED = "http://localhost/cached";

async function objectStorage(mf) {
  const namespace = await mf.getDurableObjectNamespace("BOX");
  return mf.getDurableObjectStorage(namespace.idFromName("a"));
}

/** By option: the folder that `true` means, and how to write one value and read it. */
const ROOMS = {
  kvPersist: {
    folder: ".mf/kv",
    write: async (mf) => (await mf.getKVNamespace("NS")).put("key", "kept"),
    read: async (mf) => (await mf.getKVNamespace("NS")).get("key"),
  },
  cachePersist: {
    folder: ".mf/cache",
    async write(mf) {
      const response = new Response("kept", { headers: { "cache-control": "max-age=3600" } });
      await (await mf.getCaches()).default.put(CACHED, response);
    },
    read: async (mf) => (await (await (await mf.getCaches()).default.match(CACHED))?.text()) ?? null,
  },
  durableObjectsPersist: {
    folder: ".mf/do",
    write: async (mf) => (await objectStorage(mf)).put("key", "kept"),
    read: async (mf) => (await (await objectStorage(mf)).get("key")) ?? null,
  },
};

/** All folders below `root`, which hold files of a database or nothing but folders. */
const folders = (root) =>
  fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === "CURRENT")
    .map((entry) => path.relative(root, entry.parentPath));

for (const [option, { folder: standard, write, read }] of Object.entries(ROOMS)) {
  describe(option, () => {
    async function using(options, act) {
      const mf = new Miniflare({ ...OPTIONS, ...options });
      try {
        return await act(mf);
      } finally {
        await mf.dispose();
      }
    }

    /** Writes with one instance, and gives what another reads, and then a third that has the same place otherwise named. */
    async function keeps(options, same) {
      await using(options, async (mf) => {
        await write(mf);
        assert.equal(await read(mf), "kept");
      });
      return [await using(options, read), await using(same, read)];
    }

    const forms = [
      ["true", true, standard],
      ["a relative path", "./data/of mine", "data/of mine"],
      ["a name", "data", "data"],
    ];
    for (const [what, value, expected] of forms) {
      test(`as ${what} is a folder below rootPath`, async (t) => {
        const rootPath = folder(t);
        const same = { [option]: path.join(rootPath, expected) };
        assert.deepEqual(await keeps({ rootPath, [option]: value }, same), ["kept", "kept"]);
        assert.deepEqual(folders(rootPath), [expected]);
      });
    }

    test("as a path is relative to the current folder without a rootPath", async (t) => {
      const cwd = folder(t);
      const source = `
        const mf = new Miniflare({ modules: true, script: ${JSON.stringify(SCRIPT)}, durableObjects: { BOX: "Box" }, ${option}: "./here" });
        const response = () => new Response("kept", { headers: { "cache-control": "max-age=3600" } });
        await (await mf.getKVNamespace("NS")).put("key", "kept");
        await (await mf.getCaches()).default.put(${JSON.stringify(CACHED)}, response());
        const namespace = await mf.getDurableObjectNamespace("BOX");
        await (await mf.getDurableObjectStorage(namespace.idFromName("a"))).put("key", "kept");
        await mf.dispose();`;
      const { code, stderr } = await runScript(source, { cwd });
      assert.equal(code, 0, stderr);
      assert.deepEqual(folders(cwd), ["here"]);
      assert.equal(await read(create(t, { ...OPTIONS, [option]: path.join(cwd, "here") })), "kept");
    });

    test("as an absolute path is that folder, wherever rootPath is", async (t) => {
      const [rootPath, data] = [folder(t), folder(t)];
      const same = { [option]: path.relative(process.cwd(), data) };
      assert.deepEqual(await keeps({ rootPath, [option]: data }, same), ["kept", "kept"]);
      assert.deepEqual([folders(rootPath), folders(data)], [[], [""]]);
    });

    for (const value of [false, undefined]) {
      test(`as ${value} is memory, which another instance does not share`, async (t) => {
        const rootPath = folder(t);
        assert.deepEqual(await keeps({ rootPath, [option]: value }, { rootPath }), [null, null]);
        assert.deepEqual(fs.readdirSync(rootPath), []);
      });
    }

    test("as redis:// is a Redis server, and no folder", async (t) => {
      const rootPath = folder(t);
      const { url } = await redis(t);
      assert.deepEqual(await keeps({ rootPath, [option]: url }, { [option]: `${url}/0` }), ["kept", "kept"]);
      assert.deepEqual(fs.readdirSync(rootPath), []);
    });

    test("refuses other URLs and the empty string, with what it takes", async (t) => {
      for (const value of ["memory://", "file:///data", "postgres://localhost/data", ""]) {
        const { code, message } = await rejection(createInvalid(t, { ...OPTIONS, [option]: value }).getBindings());
        assert.equal(code, "ERR_INVALID_OPTION");
        const expected = "a boolean, a path, or the URL of a Redis server, redis:// or rediss://";
        assert.equal(message, `Invalid option "${option}": expected ${expected}, got "${value}" (string)`);
      }
    });

    test("of a mount is that of the main worker, and it is warned of another", async (t) => {
      const [data, other, log] = [folder(t), folder(t), new RecordingLog()];
      const mount = (options) => ({ api: { modules: true, script: SCRIPT, ...options } });
      const mf = create(t, { ...OPTIONS, log, [option]: data, mounts: mount({ [option]: other }) });
      await write(mf);
      const warning = `Mount "api" stores where the main worker does: its option "${option}" has no effect`;
      const warnings = () => log.having("[mf:wrn] ").filter((line) => line === warning).length;
      assert.deepEqual([folders(data), folders(other), warnings()], [[""], [], 1]);
      for (const same of [undefined, data]) await mf.setOptions({ mounts: mount(same && { [option]: same }) });
      assert.equal(warnings(), 1);
    });
  });
}

test("one folder may be the place of everything, also under one name", async (t) => {
  const data = folder(t);
  const places = Object.fromEntries(Object.keys(ROOMS).map((option) => [option, data]));
  const options = { ...OPTIONS, durableObjects: { NS: "Box", BOX: "Box" }, ...places };
  const mf = new Miniflare(options);
  for (const { write } of Object.values(ROOMS)) await write(mf);
  for (const name of ["BOX", "default"]) {
    const kv = await mf.getKVNamespace(name);
    await Promise.all(["key", CACHED].map((key) => kv.put(key, "of KV")));
  }
  await mf.dispose();
  const other = create(t, options);
  for (const { read } of Object.values(ROOMS)) assert.equal(await read(other), "kept");
  for (const name of ["BOX", "default"]) {
    const { keys } = await (await other.getKVNamespace(name)).list();
    assert.deepEqual(
      keys.map((key) => key.name),
      [CACHED, "key"],
    );
  }
  const counts = ["BOX", "NS"].map(async (name) => (await other.getDurableObjectIds(name)).length);
  assert.deepEqual(await Promise.all(counts), [1, 0]);
});

describe("a place at rediss://", () => {
  const main = `
    const options = ${JSON.stringify(OPTIONS)};
    const url = process.argv.at(-1);
    const places = { kvPersist: url, cachePersist: url, durableObjectsPersist: url };
    const using = async (act) => {
      const mf = new Miniflare({ ...options, ...places });
      const namespace = await mf.getDurableObjectNamespace("BOX");
      const storage = () => mf.getDurableObjectStorage(namespace.idFromName("a"));
      try { return await act(await mf.getKVNamespace("NS"), await mf.getCaches(), storage); } finally { await mf.dispose(); }
    };`;
  const env = { ...process.env };
  delete env.NODE_EXTRA_CA_CERTS;
  const runIn = (source, url, extra) => runScript(main + source, { args: [url], env: { ...env, ...extra } });

  test("is reached over TLS, with the authorities that Node trusts", async (t) => {
    const { url } = await redis(t, [], { tls: true });
    const source = `
      const { Response } = await import(door);
      await using(async (kv, caches, storage) => {
        await kv.put("key", "kept");
        const headers = { "cache-control": "max-age=3600" };
        await caches.default.put(${JSON.stringify(CACHED)}, new Response("kept", { headers }));
        await (await storage()).put("key", "kept");
      });
      console.log(await using(async (kv, caches, storage) => [
        await kv.get("key"),
        await (await caches.default.match(${JSON.stringify(CACHED)})).text(),
        await (await storage()).get("key"),
      ].join()));`;
    const { stdout, stderr } = await runIn(source, url, { NODE_EXTRA_CA_CERTS: certificate("ca.pem") });
    assert.equal(stdout, "kept,kept,kept\n", stderr);
  });

  test("is reached without verification when Node's environment says so", async (t) => {
    const { url } = await redis(t, [], { tls: true });
    const source = `console.log(await using((kv) => kv.get("key")));`;
    const { stdout, stderr } = await runIn(source, url, { NODE_TLS_REJECT_UNAUTHORIZED: "0" });
    assert.equal(stdout, "null\n", stderr);
  });

  test("is refused when its certificate has an untrusted issuer", async (t) => {
    const { url } = await redis(t, [], { tls: true });
    const source = `
      await using(async (kv, caches, storage) => {
        for (const act of [() => kv.get("key"), storage]) {
          const { name, message } = await act().catch((error) => error);
          console.log(name, message);
        }
      });`;
    const { stdout, stderr } = await runIn(source, url);
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines.length, 2, stderr);
    for (const line of lines) {
      assert.ok(line.startsWith(`StorageError [ERR_STORAGE] The Redis server at ${url} has a certificate that`), line);
      assert.match(line, /not trusted \(.*UnknownIssuer.*\): .*NODE_EXTRA_CA_CERTS/);
    }
  });
});
