// Coverage of workers: with NODE_V8_COVERAGE set, it is in the files that c8 and Node's test runner read.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { fetchRunner, nodeFor } from "../../scripts/runners.mjs";
import { root as packageRoot, run, runScript } from "../support/child.mjs";
import { folder } from "../support/files.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);

const C8 = { name: "c8", version: "11.0.0", packages: ["c8@11.0.0"] };

/** Two functions, of which requests choose one. */
const WORKER = `export default {
  fetch(request) {
    return new URL(request.url).pathname === "/left" ? left() : right();
  },
};
function left() { return new Response("left"); }
function right() { return new Response("right"); }
function never() { return new Response("never"); }
`;
const FUNCTIONS = ["left", "right", "never"];

/** Runs a script in a process that is told to write coverage, and reads what is there of the files of a folder. */
async function counted(t, root, script, { exitCode = 0, env = {} } = {}) {
  const reports = folder(t);
  const options = { cwd: root, env: { ...process.env, NODE_V8_COVERAGE: reports, ...env } };
  const { code, stderr } = await runScript(script, options);
  assert.equal(code, exitCode, stderr);
  return readReports(reports, root);
}

function readReports(reports, root) {
  const url = pathToFileURL(root).href;
  const files = fs.readdirSync(reports).map((name) => JSON.parse(fs.readFileSync(path.join(reports, name), "utf8")));
  // The script of the process is beside them.
  const isWorkers = (script) => script.url.startsWith(url) && !script.url.includes("[eval");
  const scripts = files.flatMap(({ result }) => result.filter(isWorkers));
  return { files, scripts };
}

/** How often each function of a script has run; undefined if it is not known. */
function counts({ scripts }, names = FUNCTIONS) {
  const functions = scripts.flatMap((script) => script.functions);
  const count = (name) => {
    const found = functions.filter(({ functionName }) => functionName === name);
    return found.length === 0 ? undefined : found.reduce((sum, { ranges }) => sum + ranges[0].count, 0);
  };
  return Object.fromEntries(names.map((name) => [name, count(name)]));
}

const open = 'const open = () => new Miniflare({ scriptPath: "worker.mjs", modules: true });';
const ask = 'const ask = (mf, path) => mf.dispatchFetch("http://localhost" + path).then((res) => res.text());';

describe("coverage of a worker", () => {
  test("counts functions and blocks", async (t) => {
    const root = folder(t, { "worker.mjs": WORKER });
    const found = await counted(
      t,
      root,
      `${open} ${ask} const mf = open();
      await ask(mf, "/left"); await ask(mf, "/left"); await mf.dispose();`,
    );
    assert.equal(found.scripts.length, 1);
    assert.deepEqual(counts(found), { left: 2, right: 0, never: 0 });
    const fetch = found.scripts[0].functions.find(({ functionName }) => functionName === "fetch");
    assert.equal(fetch.isBlockCoverage, true);
    const block = fetch.ranges.find(({ count }) => count === 0);
    assert.equal(WORKER.slice(block.startOffset, block.endOffset).trim(), ": right()");
  });

  test("adds up instances, also those that are never disposed of", async (t) => {
    const root = folder(t, { "worker.mjs": WORKER });
    const found = await counted(
      t,
      root,
      `${open} ${ask}
      for (let i = 0; i < 3; i++) { const mf = open(); await ask(mf, "/left"); await mf.dispose(); }
      await ask(open(), "/right"); process.exit();`,
    );
    assert.equal(found.scripts.length, 1);
    assert.deepEqual(counts(found), { left: 3, right: 1, never: 0 });
  });

  test("is there once an instance has been disposed of, and counts on when it has been read", async (t) => {
    const root = folder(t, { "worker.mjs": WORKER });
    const found = await counted(
      t,
      root,
      `${open} ${ask}
      import fs from "node:fs"; import path from "node:path";
      const folder = process.env.NODE_V8_COVERAGE;
      for (const path_ of ["/left", "/right"]) {
        const mf = open(); await ask(mf, path_); await mf.dispose();
        const [name] = fs.readdirSync(folder);
        const file = path.join(folder, name);
        const text = fs.readFileSync(file, "utf8");
        if (text.includes("worker.mjs")) fs.unlinkSync(file);
        else process.exitCode = 1;
      }
      const mf = open(); await ask(mf, "/right"); await mf.dispose();`,
    );
    assert.deepEqual(counts(found), { left: 0, right: 1, never: 0 });
  });

  test("is of the newest text when a reload changes the script", async (t) => {
    const root = folder(t, { "worker.mjs": WORKER });
    const found = await counted(
      t,
      root,
      `${open} ${ask} import fs from "node:fs"; const mf = open();
      await ask(mf, "/left");
      fs.writeFileSync("worker.mjs", "// A comment.\\n" + fs.readFileSync("worker.mjs", "utf8"));
      await mf.reload(); await ask(mf, "/right"); await mf.dispose();`,
    );
    assert.equal(found.scripts.length, 1);
    assert.deepEqual(counts(found), { left: 0, right: 1, never: 0 });
  });

  test("counts modules that are imported, in ES modules and in CommonJS", async (t) => {
    const root = folder(t, {
      "worker.mjs":
        'import { left } from "./left.mjs"; import right from "./right.cjs"; export default { fetch: () => new Response(left() + right()) };',
      "left.mjs": "export function left() { return 1; }",
      "right.cjs": "module.exports = function right() { return 2; };",
    });
    const found = await counted(
      t,
      root,
      `${open} ${ask} const mf = new Miniflare({ scriptPath: "worker.mjs", modules: true,
      modulesRules: [{ type: "CommonJS", include: ["**/*.cjs"] }] }); await ask(mf, "/"); await mf.dispose();`,
    );
    assert.deepEqual(found.scripts.map(({ url }) => path.basename(url)).sort(), [
      "left.mjs",
      "right.cjs",
      "worker.mjs",
    ]);
    assert.deepEqual(counts(found, ["left", "right"]), { left: 1, right: 1 });
  });

  test("counts service workers, objects and mounts", async (t) => {
    const root = folder(t, {
      "main.js":
        'addEventListener("fetch", (event) => event.respondWith(answer(event))); async function answer() { return OBJECT.get(OBJECT.newUniqueId()).fetch("http://localhost/"); }',
      "api.mjs":
        'export class Box { fetch() { return box(); } } function box() { return new Response("box"); } export default { fetch: () => new Response() };',
    });
    const found = await counted(
      t,
      root,
      `${ask} const mf = new Miniflare({ scriptPath: "main.js",
      durableObjects: { OBJECT: { className: "Box", scriptName: "api" } },
      mounts: { api: { scriptPath: "api.mjs", modules: true } } });
      process.exitCode = (await ask(mf, "/")) === "box" ? 0 : 1; await mf.dispose();`,
    );
    assert.deepEqual(counts(found, ["answer", "box"]), { answer: 1, box: 1 });
  });

  test("counts in worker threads, each in a file of its own", async (t) => {
    const root = folder(t, { "worker.mjs": WORKER });
    const found = await counted(
      t,
      root,
      `${open} ${ask}
      import { Worker } from "node:worker_threads"; import { once } from "node:events";
      const source = \`import { Miniflare } from \${JSON.stringify(door)};
        ${open} const mf = open(); await (await mf.dispatchFetch("http://localhost/left")).text(); await mf.dispose();\`;
      const thread = new Worker(new URL("data:text/javascript," + encodeURIComponent(source)));
      await once(thread, "exit"); const mf = open(); await ask(mf, "/left"); await mf.dispose();`,
    );
    assert.equal(found.scripts.length, 2);
    assert.deepEqual(counts(found), { left: 2, right: 0, never: 0 });
  });

  test("has what a worker has run that was stopped by a limit", async (t) => {
    const root = folder(t, { "worker.mjs": "export default { fetch() { loop(); } }; function loop() { for (;;); }" });
    const found = await counted(
      t,
      root,
      `const mf = new Miniflare({ scriptPath: "worker.mjs", modules: true, cpuLimitMs: 50 });
      const error = await mf.dispatchFetch("http://localhost/").catch((error) => error);
      process.exitCode = error.code === "ERR_CPU_LIMIT" ? 0 : 1; await mf.dispose();`,
    );
    assert.deepEqual(counts(found, ["loop"]), { loop: 1 });
  });

  test("has the source map of a script, inline or in a file", async (t) => {
    const map = { version: 3, sourceRoot: "src/", sources: ["worker.ts"], names: [], mappings: "AAAA" };
    const inline = Buffer.from(JSON.stringify(map)).toString("base64");
    const root = folder(t, {
      "inline.mjs": `${WORKER}//# sourceMappingURL=data:application/json;base64,${inline}\n`,
      "file.mjs": `${WORKER}//# sourceMappingURL=file.mjs.map\n`,
      "file.mjs.map": JSON.stringify(map),
    });
    const { files } = await counted(
      t,
      root,
      `for (const scriptPath of ["inline.mjs", "file.mjs"]) {
      const mf = new Miniflare({ scriptPath, modules: true }); await mf.dispatchFetch("http://localhost/"); await mf.dispose(); }`,
    );
    const maps = Object.assign({}, ...files.map((file) => file["source-map-cache"]));
    const lineLengths = (name) =>
      fs
        .readFileSync(path.join(root, name), "utf8")
        .split("\n")
        .map((line) => line.length);
    const entry = (name) => maps[pathToFileURL(path.join(root, name)).href];
    const { sourceRoot: _, ...rest } = map;
    const data = { ...rest, sources: [pathToFileURL(path.join(root, "src/worker.ts")).href] };
    assert.deepEqual(entry("inline.mjs"), { lineLengths: lineLengths("inline.mjs"), data, url: null });
    const url = pathToFileURL(path.join(root, "file.mjs.map")).href;
    assert.deepEqual(entry("file.mjs"), { lineLengths: lineLengths("file.mjs"), data, url });
  });

  test("costs a process with many instances no listener each", async (t) => {
    const root = folder(t, { "worker.mjs": WORKER });
    const script = `for (let i = 0; i < 12; i++) {
      const mf = new Miniflare({ script: "export default { fetch: () => new Response() }", modules: true });
      await mf.dispatchFetch("http://localhost/"); await mf.dispose(); }
      process.exitCode = process.listenerCount("exit") > 9 ? 1 : 0;`;
    assert.deepEqual((await counted(t, root, script)).scripts, []);
  });

  test("is not counted without the variable", async (t) => {
    const root = folder(t, { "worker.mjs": WORKER });
    const found = await counted(
      t,
      root,
      `${open} ${ask} const mf = open(); await ask(mf, "/left"); await mf.dispose();`,
      {
        env: { NODE_V8_COVERAGE: "" },
      },
    );
    assert.deepEqual(found, { files: [], scripts: [] });
  });
});

/** A project in TypeScript whose test calls its worker. */
const PROJECT = {
  "wrangler.jsonc": JSON.stringify({ name: "project", main: "src/index.ts", compatibility_date: "2024-01-01" }),
  "src/index.ts": `import { greet, part } from "./greet";

interface Env {
  NAME: string;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/greet") {
      return new Response(greet(env.NAME));
    }
    if (pathname === "/part") {
      return new Response(part(env.NAME));
    }
    return new Response("unknown", { status: 404 });
  },
};
`,
  "src/greet.ts": `export function greet(name: string): string {
  return "Hello " + name;
}

export function part(name: string): string {
  return "Goodbye " + name;
}
`,
  "worker.check.mjs": `import assert from "node:assert/strict";
import { test } from "node:test";
import { Miniflare } from ${JSON.stringify(pathToFileURL(path.join(packageRoot, "index.mjs")).href)};

test("greets", async () => {
  const mf = new Miniflare({ wranglerConfigPath: true, bindings: { NAME: "World" } });
  const res = await mf.dispatchFetch("http://localhost/greet");
  assert.equal(await res.text(), "Hello World");
  await mf.dispose();
});
`,
};

/** A suite of a runner, whose worker is a file. */
const SUITE = {
  "package.json": "{}",
  "worker.mjs": WORKER,
  "suite.test.js": `const { Miniflare } = require(${JSON.stringify(packageRoot)});

test("turns left", async () => {
  const mf = new Miniflare({ scriptPath: "worker.mjs", modules: true });
  const res = await mf.dispatchFetch("http://localhost/left");
  if ((await res.text()) !== "left") throw new Error("another text");
  await mf.dispose();
});
`,
};

/** A test runner within a test runner's child is one of its own. */
const ENV = { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: "" };

async function succeeds(command, args, cwd) {
  const { code, stdout, stderr } = await run(command, args, { cwd, env: ENV });
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

/** Runs a command under c8; the lines that it has missed, by the file. */
async function missed(root, include, command) {
  const c8 = path.join(fetchRunner(C8), "c8/bin/c8.js");
  await succeeds(process.execPath, [c8, "--reporter=json", `--include=${include}`, process.execPath, ...command], root);
  const report = JSON.parse(fs.readFileSync(path.join(root, "coverage/coverage-final.json"), "utf8"));
  const lines = ({ s, statementMap }) =>
    Object.keys(s)
      .filter((key) => s[key] === 0)
      .map((key) => statementMap[key].start.line);
  const files = Object.entries(report).map(([file, found]) => [path.relative(root, file), lines(found)]);
  return Object.fromEntries(files);
}

describe("coverage is reported", () => {
  const inRoot = (...parts) => path.join(packageRoot, "node_modules", ...parts);

  test("by c8, of the sources of a project in TypeScript", async (t) => {
    const root = folder(t, PROJECT);
    fs.mkdirSync(path.join(root, "node_modules"));
    fs.symlinkSync(inRoot("esbuild"), path.join(root, "node_modules/esbuild"));
    const found = await missed(root, "src", ["--test", "worker.check.mjs"]);
    assert.deepEqual(found, { "src/greet.ts": [6, 7], "src/index.ts": [13, 14, 15, 16] });
  });

  test("by c8 around Jest", async (t) => {
    const found = await missed(folder(t, SUITE), "worker.mjs", [inRoot("jest/bin/jest.js")]);
    assert.deepEqual(found, { "worker.mjs": [7, 8] });
  });

  test("by c8 around Vitest", async (t) => {
    const found = await missed(folder(t, SUITE), "worker.mjs", [inRoot("vitest/vitest.mjs"), "run", "--globals"]);
    assert.deepEqual(found, { "worker.mjs": [7, 8] });
  });

  test("by Node's test runner", async (t) => {
    const root = folder(t, { ...PROJECT, "worker.mjs": WORKER });
    const test = path.join(root, "worker.check.mjs");
    const text = fs
      .readFileSync(test, "utf8")
      .replace("wranglerConfigPath: true", 'scriptPath: "worker.mjs", modules: true');
    fs.writeFileSync(test, text.replace("/greet", "/left").replace("Hello World", "left"));
    const { command } = nodeFor({ node: 22 });
    const args = ["--test", "--experimental-test-coverage", "--test-reporter=lcov", "worker.check.mjs"];
    const report = await succeeds(command, args, root);
    const ofWorker = report.split(/^SF:/m).find((part) => part.startsWith("worker.mjs"));
    const functions = [...ofWorker.matchAll(/^FNDA:(\d+),(\w+)$/gm)].map(([, count, name]) => [name, Number(count)]);
    assert.deepEqual(Object.fromEntries(functions), { fetch: 1, left: 1, right: 0, never: 0 });
  });
});
