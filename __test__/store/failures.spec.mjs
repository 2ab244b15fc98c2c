// A folder that cannot be used: each reason is named, nothing that was confirmed is lost, and it goes on once the reason
// is gone.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { door, root as repository, runScript } from "../support/child.mjs";
import { rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { get, keeper, keeperOptions, put } from "../support/persist.mjs";
import { test } from "../support/test.mjs";

const NOBODY = 65534;

/** What a request to an object in `durableObjectsPersist` is rejected with. */
const failure = (t, durableObjectsPersist) => rejection(get(keeper(t, { durableObjectsPersist })));

/** A folder where an object has `a: "1"`, written by an instance that is gone. */
async function filled(t) {
  const data = folder(t);
  const mf = new Miniflare(keeperOptions({ durableObjectsPersist: data }));
  await put(mf, { a: "1" });
  await mf.dispose();
  return data;
}

describe("a folder to persist in", () => {
  test("that is a file is refused with its path", async (t) => {
    const file = path.join(folder(t, { file: "mine" }), "file");
    for (const place of [file, path.join(file, "below")]) {
      const error = await failure(t, place);
      assert.equal(error.name, "StorageError [ERR_STORAGE_NOT_A_FOLDER]");
      assert.ok(error.message.includes(place) && error.message.includes("use another path"), error.message);
    }
    assert.equal(fs.readFileSync(file, "utf8"), "mine");
  });

  test("that another process has open is refused, until that process ends", async (t) => {
    const data = await filled(t);
    const source = `import { Miniflare } from ${JSON.stringify(door)};
      const mf = new Miniflare(${JSON.stringify(keeperOptions({ durableObjectsPersist: data }))});
      await mf.dispatchFetch("http://localhost/put?b=2");
      console.log("open");
      setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ["--input-type=module", "--eval", source], {
      cwd: repository,
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.after(() => holder.kill("SIGKILL"));
    await once(holder.stdout, "data");
    const mf = keeper(t, { durableObjectsPersist: data });
    const error = await rejection(get(mf));
    assert.equal(error.code, "ERR_STORAGE_LOCKED");
    assert.match(error.message, /Another process has it open/);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    assert.deepEqual(await get(mf), { a: "1", b: "2" });
  });

  test("whose files are damaged is refused, and left as it is", async (t) => {
    const data = await filled(t);
    const log = fs.readdirSync(data).find((name) => name.endsWith(".log"));
    const bytes = fs.readFileSync(path.join(data, log));
    const damaged = Buffer.from(bytes);
    damaged[12] ^= 0xff;
    fs.writeFileSync(path.join(data, log), damaged);
    const error = await failure(t, data);
    assert.equal(error.code, "ERR_STORAGE_CORRUPT", error.message);
    assert.ok(error.message.includes(data), error.message);
    fs.writeFileSync(path.join(data, log), bytes);
    assert.deepEqual(await get(keeper(t, { durableObjectsPersist: data })), { a: "1" });
  });

  test("that belongs to something else is refused", async (t) => {
    const data = folder(t, { CURRENT: "MANIFEST-000001\n", "MANIFEST-000001": "something else" });
    assert.equal((await failure(t, data)).code, "ERR_STORAGE_CORRUPT");
  });

  test("that may not be written is refused", async (t) => {
    const data = await filled(t);
    for (const name of fs.readdirSync(data)) fs.chmodSync(path.join(data, name), 0o444);
    fs.chmodSync(data, 0o555);
    const source = `const mf = new Miniflare(${JSON.stringify(keeperOptions({ durableObjectsPersist: data }))});
      const error = await mf.dispatchFetch("http://localhost/get").catch((error) => error);
      console.log(error.code, error.message.includes("permissions"));`;
    // Root may write everywhere.
    const as = process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    const { stdout, stderr } = await runScript(source, as);
    fs.chmodSync(data, 0o755);
    assert.equal(stdout.trim(), "ERR_STORAGE_READ_ONLY true", stderr);
  });
});

describe("a disk that is full", () => {
  // A limit on the size of files fails writes as a full disk does, and can be lifted from outside.
  const source = (options) => `
    import { Miniflare } from ${JSON.stringify(door)};
    import { spawnSync } from "node:child_process";
    const mf = new Miniflare(${JSON.stringify(options)});
    const put = async (key) => {
      const response = await mf.dispatchFetch("http://localhost/put?" + key + "=" + "x".repeat(8000));
      return Object.keys(await response.json()).length;
    };
    const id = (await mf.getDurableObjectNamespace("KEEPER")).idFromName("a");
    const storage = await mf.getDurableObjectStorage(id);
    let count = 0, error;
    while (error === undefined && count < 500) {
      try { await put("key" + String(count).padStart(3, "0")); count++; } catch (caught) { error = caught; }
    }
    const again = await put("more").catch((error) => error.code);
    const outside = await storage.put("big", "x".repeat(8000)).catch((error) => error.code);
    const { status } = spawnSync("prlimit", ["--pid", String(process.pid), "--fsize=unlimited:unlimited"]);
    await storage.delete("big");
    const after = await put("after");
    await storage.put("from outside", "1");
    console.log(JSON.stringify({ count, code: error.code, message: error.message, again, outside, status, after }));
    process.exit();`;

  for (const durability of ["os", "sync"]) {
    test(`fails the request, keeps all that was confirmed, and goes on with space (durability "${durability}")`, async (t) => {
      const options = keeperOptions({ durableObjectsPersist: folder(t), durability });
      const limited = 'ulimit -S -f 512; exec "$0" "$@"';
      const args = ["-c", limited, process.execPath, "--input-type=module", "--eval", source(options)];
      const child = spawn("bash", args, { cwd: repository, stdio: ["ignore", "pipe", "pipe"] });
      t.after(() => child.kill("SIGKILL"));
      let [stdout, stderr] = ["", ""];
      child.stdout.on("data", (chunk) => (stdout += chunk));
      child.stderr.on("data", (chunk) => (stderr += chunk));
      await once(child, "close");
      assert.notEqual(stdout, "", stderr);
      const { count, code, message, again, outside, after } = JSON.parse(stdout);
      assert.equal(code, "ERR_STORAGE_FULL", message);
      assert.match(message, /No space is left/);
      assert.ok(count > 10 && count < 500, `${count} puts were confirmed`);
      assert.equal(after, count + 1 + (typeof again === "number"), stdout);
      const found = Object.keys(await get(keeper(t, options)));
      assert.ok(outside === "ERR_STORAGE_FULL" || outside === undefined, stdout);
      assert.ok(found.includes("after") && found.includes("from outside"));
      assert.equal(found.filter((key) => key.startsWith("key")).length, count);
    });
  }
});
