// Tags: every-node
// `node:fs` in a worker: files that only the worker knows.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { json } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { FLAGS, sameAsNode, sameAsWorkers } from "../support/nodejs.mjs";
import { test } from "../support/test.mjs";

const modules = { fs: "node:fs", promises: "node:fs/promises" };
const CODE = `const code = (work) => caught(work)?.code ?? null; const codes = (...works) => works.map(code);
  const rejected = (promise) => promise.then(() => null, (error) => error.code);`;
const snippets = (bodies) => Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, CODE + body]));

sameAsWorkers(
  "the files of a worker",
  modules,
  snippets({
    "are in three folders": `return [fs.readdirSync("/").sort(), fs.readdirSync("/dev").sort(), fs.readdirSync("/tmp"), process.cwd(), fs.realpathSync(".")];`,
    "are read-only but for /tmp": `return codes(() => fs.writeFileSync("/bundle/x", "a"), () => fs.mkdirSync("/bundle/d"), () => fs.rmSync("/bundle", { recursive: true }), () => fs.mkdirSync("/x"), () => fs.writeFileSync("/x", "1"), () => fs.symlinkSync("/tmp", "/bundle/l"), () => fs.rmdirSync("/tmp"), () => fs.rmSync("/dev/null"), () => fs.mkdirSync("/dev/x"), () => fs.writeFileSync("/dev/x", "1"), () => fs.accessSync("/tmp", 2), () => fs.accessSync("/nope"));`,
    "can be written in /tmp": `fs.writeFileSync("/tmp/a", "hello"); fs.appendFileSync("/tmp/a", " you"); fs.mkdirSync("/tmp/d/e", { recursive: true }); fs.writeFileSync("/tmp/d/e/f", "1"); fs.symlinkSync("/tmp/a", "/tmp/link"); fs.linkSync("/tmp/a", "/tmp/hard");
      fs.copyFileSync("/tmp/a", "/tmp/copy"); fs.renameSync("/tmp/copy", "/tmp/d/moved"); fs.truncateSync("/tmp/d/moved", 3);
      return [fs.readFileSync("/tmp/a", "utf8"), fs.readFileSync("/tmp/link", "utf8"), fs.readFileSync("/tmp/hard", "utf8"), fs.readFileSync("/tmp/d/moved", "latin1"), fs.readlinkSync("/tmp/link"), fs.realpathSync("/tmp/link"), fs.lstatSync("/tmp/link").isSymbolicLink(), fs.statSync("/tmp/a").size, fs.readdirSync("/tmp").sort(), fs.existsSync("/tmp/zz"), fs.existsSync("/tmp/d")];`,
    "are removed": `fs.mkdirSync("/tmp/d"); fs.writeFileSync("/tmp/d/f", ""); fs.writeFileSync("/tmp/g", ""); fs.unlinkSync("/tmp/g"); fs.rmSync("/tmp/d", { recursive: true }); fs.rmSync("/tmp/none", { force: true }); return fs.readdirSync("/tmp");`,
    "have kinds": `const kinds = (path) => { const stats = fs.statSync(path); return [stats.isFile(), stats.isDirectory(), stats.isCharacterDevice(), stats.isSymbolicLink()]; }; fs.writeFileSync("/tmp/f", ""); return ["/", "/bundle", "/tmp", "/dev/null", "/tmp/f"].map(kinds);`,
    "have codes of errors": `fs.mkdirSync("/tmp/dir"); fs.writeFileSync("/tmp/dir/f", "1"); fs.writeFileSync("/tmp/file", "1");
      return codes(() => fs.readFileSync("/tmp/nope"), () => fs.readFileSync("/tmp/dir"), () => fs.readdirSync("/tmp/file"), () => fs.readdirSync("/tmp/nope"), () => fs.mkdirSync("/tmp/a/b"), () => fs.rmdirSync("/tmp/dir"), () => fs.rmdirSync("/tmp/file"), () => fs.unlinkSync("/tmp/nope"), () => fs.unlinkSync("/tmp/dir"), () => fs.writeFileSync("/tmp/file/x", "1"), () => fs.writeFileSync("/tmp/dir", "1"), () => fs.openSync("/tmp/file", "wx"), () => fs.openSync("/tmp/file", "zz"), () => fs.statSync("/tmp/nope"), () => fs.lstatSync("/tmp/nope"), () => fs.readlinkSync("/tmp/file"), () => fs.renameSync("/tmp/nope", "/tmp/y"), () => fs.copyFileSync("/tmp/nope", "/tmp/y"), () => fs.copyFileSync("/tmp/file", "/tmp/dir/f", 1), () => fs.readSync(99, Buffer.alloc(1)), () => fs.fstatSync(99), () => fs.closeSync("x"), () => fs.readFileSync({}), () => fs.readFileSync("a\\0b"), () => fs.opendirSync("/tmp/nope"), () => fs.truncateSync("/tmp/nope"), () => fs.mkdtempSync("/nope/x"), () => fs.symlinkSync("/tmp/x", "/tmp/file"), () => fs.linkSync("/tmp/nope", "/tmp/y"), () => fs.realpathSync("/tmp/nope"), () => fs.watch("/tmp"), () => fs.watchFile("/tmp/a", () => {}), () => fs.cpSync("/tmp/dir", "/tmp/dir2"), () => fs.writeFileSync("/tmp/x", 5), () => fs.readFileSync("/tmp/file", "nope"), () => fs.readFile("/tmp/x"));`,
    "can be left out of statSync": `return fs.statSync("/tmp/nope", { throwIfNoEntry: false }) ?? null;`,
    "are read and written by descriptors": `const seen = []; const fd = fs.openSync("/tmp/f", "w+"); seen.push(typeof fd, fs.writeSync(fd, "hello"), fs.writeSync(fd, Buffer.from("XX"), 0, 2, 1));
      const bytes = Buffer.alloc(8); seen.push(fs.readSync(fd, bytes, 0, 8, null), fs.readSync(fd, bytes, { position: 0 }), String(bytes.subarray(0, 5)));
      fs.ftruncateSync(fd, 2); seen.push(fs.fstatSync(fd).size, fs.writevSync(fd, [Buffer.from("a"), Buffer.from("b")], 5), fs.readvSync(fd, [Buffer.alloc(2), Buffer.alloc(2)], 0)); fs.closeSync(fd);
      const append = fs.openSync("/tmp/f", "a"); fs.writeSync(append, "zz", 0); fs.closeSync(append); seen.push(fs.readFileSync("/tmp/f"), code(() => fs.fstatSync(fd)));
      return seen;`,
    "take paths of all kinds": `fs.writeFileSync(new URL("file:///tmp/u"), "u"); return [fs.readFileSync(Buffer.from("/tmp/u"), "utf8"), fs.readFileSync("/tmp/../tmp/./u", "utf8"), fs.readdirSync("/tmp", { encoding: "buffer" }).map(String), caught(() => fs.readFileSync(new URL("http://x/"))) instanceof TypeError];`,
    "are made and read by promises": `await promises.writeFile("/tmp/p", "pp"); const handle = await promises.open("/tmp/p", "r+");
      const seen = [await handle.readFile("utf8"), (await handle.stat()).size, (await handle.stat()).isFile()]; await handle.truncate(1); await handle.close();
      seen.push(await promises.readFile("/tmp/p", "utf8"), await promises.readdir("/tmp"), await promises.realpath("/tmp/p"), await promises.access("/tmp/p") ?? null, await promises.rm("/tmp/zz", { force: true }) ?? null);
      for await (const entry of await promises.opendir("/tmp")) seen.push(entry.name);
      return [seen, await Promise.all([promises.readFile("/tmp/nope"), promises.stat("/tmp/nope"), promises.mkdir("/tmp/p"), promises.writeFile("/bundle/x", "")].map(rejected))];`,
    "call back": `const result = (start) => new Promise((resolve) => start((...args) => resolve(args.map((one) => one?.code ?? one ?? null))));
      return [await result((done) => fs.readFile("/tmp/nope", done)), (await result((done) => fs.writeFile("/tmp/c", "x", done)))[0], await result((done) => fs.readFile("/tmp/c", "utf8", done)), await result((done) => fs.exists("/tmp/c", done)), await result((done) => fs.mkdir("/tmp/q/r", { recursive: true }, done)), await result((done) => fs.readdir("/tmp", (error, names) => done(error, names.sort()))), await result((done) => fs.access("/nope", done))];`,
    stream: `const seen = []; const write = fs.createWriteStream("/tmp/s"); write.on("finish", () => seen.push("finish")).on("close", () => seen.push("close")); write.end("abcdef"); await new Promise((resolve) => write.on("close", resolve));
      const read = fs.createReadStream("/tmp/s", { start: 1, end: 3, encoding: "utf8" }); let text = ""; await new Promise((resolve) => read.on("data", (part) => { text += part; }).on("close", resolve));
      return [seen, write.path, write.bytesWritten, write.constructor.name, text, read.bytesRead, read.constructor.name, read.readableHighWaterMark];`,
  }),
);

sameAsWorkers(
  "devices",
  modules,
  snippets({
    "are read": `const read = (path) => { const fd = fs.openSync(path, "r"); const bytes = Buffer.alloc(8, 1); const count = fs.readSync(fd, bytes, 0, 8, 0); fs.closeSync(fd); return [count, path === "/dev/random" || bytes]; };
      return ["null", "zero", "full", "random"].map((name) => [read("/dev/" + name), fs.readFileSync("/dev/" + name).length]);`,
    "take what is written, or refuse it": `return codes(...["null", "zero", "full", "random"].map((name) => () => fs.writeFileSync("/dev/" + name, "x")));`,
  }),
);

const ROOT = `/tmp/miniflare-rs-fs-spec-${process.pid}`;
const inRoot = (bodies) =>
  snippets(
    Object.fromEntries(
      Object.entries(bodies).map(([name, body]) => [
        name,
        `const at = (name) => "${ROOT}/" + name; fs.mkdirSync("${ROOT}"); try { ${body} } finally { fs.rmSync("${ROOT}", { recursive: true }); }`,
      ]),
    ),
  );

sameAsNode(
  "errors of node:fs",
  modules,
  inRoot({
    "name the call and the path": `fs.writeFileSync(at("file"), ""); fs.mkdirSync(at("dir")); fs.writeFileSync(at("dir/x"), "");
      return [() => fs.readFileSync(at("nope")), () => fs.readFileSync(at("dir")), () => fs.readdirSync(at("file")), () => fs.mkdirSync(at("a/b")), () => fs.mkdirSync(at("dir")), () => fs.rmdirSync(at("dir")), () => fs.unlinkSync(at("nope")), () => fs.writeFileSync(at("file/x"), ""), () => fs.writeFileSync(at("dir"), ""), () => fs.openSync(at("file"), "wx"), () => fs.statSync(at("nope")), () => fs.readlinkSync(at("file")), () => fs.renameSync(at("nope"), at("y")), () => fs.copyFileSync(at("nope"), at("y")), () => fs.symlinkSync("x", at("file")), () => fs.linkSync(at("nope"), at("y")), () => fs.accessSync(at("nope"))]
        .map(caught).map(({ name, code, errno, syscall, path, dest, message }) => [name, code, errno, syscall, path, dest, message]);`,
    "check arguments": `return [() => fs.readFileSync({}), () => fs.writeFileSync(at("x"), 5), () => fs.openSync(at("x"), "zz"), () => fs.closeSync("x"), () => fs.readSync(1.5, Buffer.alloc(1))].map(caught).map(({ name, code, message }) => [name, code, message]);`,
    "tell how a file was opened": `fs.writeFileSync(at("f"), "x"); const read = fs.openSync(at("f")); const append = fs.openSync(at("f"), "a"); const seen = [() => fs.writeSync(read, "y"), () => fs.ftruncateSync(read), () => fs.readSync(append, Buffer.alloc(1))].map(caught).map(({ code, message }) => [code, message]); fs.closeSync(read); fs.closeSync(append); return [...seen, fs.readFileSync(at("f"), "utf8")];`,
  }),
);

sameAsNode(
  "streams of files",
  modules,
  inRoot({
    "open, get ready and close": `const seen = []; const hear = (stream) => new Promise((resolve) => { for (const name of ["open", "ready", "end", "finish", "error"]) stream.on(name, (value) => seen.push([name, typeof value === "number" || (value?.code ?? null)])); stream.on("close", () => { seen.push("close"); resolve(); }); });
      const write = fs.createWriteStream(at("f")); const before = [write.pending, write.fd, write.flags, write.path === at("f")]; const written = hear(write); write.write("ab"); write.end("cd", "latin1"); await written;
      const read = fs.createReadStream(at("f"), { end: 1, highWaterMark: 1, encoding: "utf8" }); const parts = []; const done = hear(read); read.on("data", (part) => parts.push(part)); await done;
      for (const failing of [() => fs.createReadStream(at("nope")), () => fs.createWriteStream(at("f"), { flags: "wx" })]) await hear(failing());
      return [before, seen, parts, write.bytesWritten, read.bytesRead, read.pos ?? null];`,
    "start where they are told": `fs.writeFileSync(at("f"), "abcdef"); const write = fs.createWriteStream(at("f"), { start: 2, flags: "r+" }); await new Promise((resolve) => write.end("XX", resolve));
      const append = fs.createWriteStream(at("f"), "utf8"); await new Promise((resolve) => append.end("é", resolve)); await new Promise((resolve) => fs.createWriteStream(at("f"), { flags: "a" }).end("!", resolve));
      return [fs.readFileSync(at("f"), "utf8"), ...[{ start: "x" }, { start: 5, end: 1 }, { start: -1 }, 5].map((options) => caught(() => fs.createReadStream(at("f"), options)).code)];`,
    "are of handles": `fs.writeFileSync(at("f"), "abc"); const handle = await promises.open(at("f")); let text = ""; for await (const part of handle.createReadStream({ encoding: "utf8" })) text += part; return [text, handle.fd];`,
    "keep a file open that they did not open": `fs.writeFileSync(at("f"), "abc"); const fd = fs.openSync(at("f")); let text = ""; for await (const part of fs.createReadStream(null, { fd, autoClose: false })) text += part; const size = fs.fstatSync(fd).size; fs.closeSync(fd); return [text, size];`,
  }),
);

sameAsNode(
  "files",
  modules,
  inRoot({
    "in folders": `fs.mkdirSync(at("b/c"), { recursive: true }); fs.writeFileSync(at("b/c/d"), ""); fs.writeFileSync(at("a"), ""); return [fs.readdirSync(at("")), fs.readdirSync(at(""), { withFileTypes: true }).map((entry) => [entry.name, entry.isDirectory()]), fs.readdirSync(at(""), { recursive: true }).sort(), fs.mkdirSync(at("b/x/y"), { recursive: true }) === at("b/x"), fs.mkdirSync(at("b/x/y"), { recursive: true })];`,
    "and links": `fs.writeFileSync(at("f"), "1"); fs.symlinkSync("f", at("l")); fs.renameSync(at("l"), at("m")); const kept = [fs.readlinkSync(at("m")), fs.readFileSync(at("m"), "utf8")]; fs.rmSync(at("m")); return [kept, fs.readdirSync(at("")), fs.readFileSync(at("f"), "utf8")];`,
    "with times and modes": `fs.writeFileSync(at("f"), "1"); fs.utimesSync(at("f"), 1, 2); fs.chmodSync(at("f"), 0o600); const stats = fs.statSync(at("f")); return [stats.atimeMs, stats.mtimeMs, (stats.mode & 0o777).toString(8), stats.mtime.toISOString(), fs.statSync(at("f"), { bigint: true }).mtimeNs];`,
    "with what a descriptor is at": `const fd = fs.openSync(at("f"), "w+"); fs.writeSync(fd, "hello"); const rest = fs.readFileSync(fd, "utf8"); fs.closeSync(fd); return [rest, fs.readFileSync(at("f"), "utf8")];`,
    "copied in folders": `fs.mkdirSync(at("a")); fs.writeFileSync(at("a/f"), "1"); fs.cpSync(at("a"), at("b"), { recursive: true }); await promises.cp(at("b"), at("c"), { recursive: true }); return fs.readdirSync(at(""), { recursive: true }).sort();`,
  }),
);

describe("/bundle", () => {
  const imports = `import fs from "node:fs"; import text from "./data.txt"; import "./lib/part.mjs";`;
  const list = `const list = (path) => fs.readdirSync(path, { withFileTypes: true }).flatMap((entry) => { const name = path + "/" + entry.name; return entry.isDirectory() ? list(name) : [[name, fs.readFileSync(name, "utf8").length]]; });`;

  test("has the modules that the script imports", async (t) => {
    const main = `${imports} ${list} export default { fetch: () => Response.json([fs.readFileSync("/bundle/data.txt", "utf8"), fs.readFileSync("lib/part.mjs", "utf8"), list("/bundle")]) };`;
    const files = {
      "src/main.mjs": main,
      "src/data.txt": "text",
      "src/lib/part.mjs": "export default 1;",
      "src/other.txt": "",
    };
    const root = folder(t, files);
    const options = {
      modules: true,
      scriptPath: "src/main.mjs",
      rootPath: root,
      modulesRules: [{ type: "Text", include: ["**/*.txt"] }],
    };
    const expected = [
      ["/bundle/data.txt", 4],
      ["/bundle/lib/part.mjs", 17],
      ["/bundle/main.mjs", main.length],
    ];
    const [data, part, found] = await json(create(t, { ...options, ...FLAGS }));
    assert.deepEqual([data, part, found.sort()], ["text", "export default 1;", expected]);
  });

  test("has a script that is not a file", async (t) => {
    const script = `import fs from "node:fs"; ${list} export default { fetch: () => Response.json(list("/bundle")) };`;
    assert.deepEqual(await json(create(t, { script, ...FLAGS })), [["/bundle/worker.js", script.length]]);
  });

  test("stays as it is", async (t) => {
    const script = `import fs from "node:fs"; const file = "/bundle/worker.js";
      const code = (work) => { try { work(); return "done"; } catch (error) { return error.code; } };
      export default { fetch() {
        fs.symlinkSync(file, "/tmp/link"); fs.linkSync(file, "/tmp/hard");
        const fd = fs.openSync(file);
        const works = [() => fs.chmodSync(file, 0o777), () => fs.fchmodSync(fd, 0o777), () => fs.utimesSync(file, 1, 1), () => fs.chownSync(file, 1, 1), () => fs.writeSync(fd, "x"), () => fs.ftruncateSync(fd), () => fs.renameSync(file, "/tmp/moved"), () => fs.writeFileSync("/tmp/link", "x"), () => fs.chmodSync("/tmp/link", 0o777), () => fs.appendFileSync("/tmp/hard", "x"), () => fs.openSync(file, "r+"), () => fs.rmSync("/tmp/link")];
        return Response.json([...works.map(code), fs.readFileSync(file, "utf8").length]);
      } };`;
    const denied = "EPERM";
    const expected = [
      denied,
      denied,
      denied,
      denied,
      "EBADF",
      "EINVAL",
      denied,
      denied,
      denied,
      "EACCES",
      denied,
      "done",
    ];
    assert.deepEqual(await json(create(t, { script, ...FLAGS })), [...expected, script.length]);
  });
});

describe("/tmp", () => {
  test("is of one request", async (t) => {
    const script = `import fs from "node:fs"; fs.writeFileSync("/tmp/top", "");
      const top = fs.readdirSync("/tmp");
      export default { async fetch() { const before = fs.readdirSync("/tmp"); fs.writeFileSync("/tmp/a", ""); await scheduler.wait(1); return Response.json([top, before, fs.readdirSync("/tmp"), await fs.promises.readdir("/tmp")]); } };`;
    const mf = create(t, { script, ...FLAGS });
    const expected = [["top"], [], ["a"], ["a"]];
    assert.deepEqual(await json(mf), expected);
    assert.deepEqual(await json(mf), expected);
  });

  test("is of an object, as long as it lives", async (t) => {
    const script = `import fs from "node:fs";
      export class Keeper { constructor() { fs.writeFileSync("/tmp/made", ""); } fetch(request) { fs.writeFileSync("/tmp/" + new URL(request.url).pathname.slice(1), ""); return Response.json(fs.readdirSync("/tmp")); } }
      export default { async fetch(request, { KEEPER }) {
        const get = (name, path) => KEEPER.get(KEEPER.idFromName(name)).fetch("http://x/" + path).then((response) => response.json());
        return Response.json([await get("a", "1"), await get("a", "2"), await get("b", "3"), fs.readdirSync("/tmp")]);
      } };`;
    const seen = await json(create(t, { script, ...FLAGS, durableObjects: { KEEPER: "Keeper" } }));
    assert.deepEqual(seen, [["1", "made"], ["1", "2", "made"], ["3", "made"], []]);
  });
});

describe("the flag enable_nodejs_fs_module", () => {
  const script = `import fs from "node:fs"; import { readdir } from "node:fs/promises"; const outcome = async (work) => { try { return (await work()).length; } catch (error) { return error.message; } };
    export default { async fetch() { return Response.json([await outcome(() => fs.readdirSync("/")), await outcome(() => readdir("/"))]); } };`;
  const missing = ["readdirSync", "readdir"].map((name) => `[unenv] fs.${name} is not implemented yet!`);

  test("is on from 2025-09-15", async (t) => {
    assert.deepEqual(await json(create(t, { script, ...FLAGS, compatibilityDate: "2025-09-14" })), missing);
    assert.deepEqual(await json(create(t, { script, ...FLAGS, compatibilityDate: "2025-09-15" })), [3, 3]);
  });

  test("can be set and unset", async (t) => {
    const flags = (flag) => ({ ...FLAGS, compatibilityFlags: ["nodejs_compat", flag] });
    const early = { ...flags("enable_nodejs_fs_module"), compatibilityDate: "2025-01-01" };
    assert.deepEqual(await json(create(t, { script, ...early })), [3, 3]);
    assert.deepEqual(await json(create(t, { script, ...flags("disable_nodejs_fs_module") })), missing);
  });
});
