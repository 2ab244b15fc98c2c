// `node scripts/bundle-node.mjs`: Node's half as a few files, in `lib/node/`. A process that loads some forty modules one
// by one spends as long on finding and reading them as on everything else it does until its first instance.
//
// What every process needs is in one chunk. A module that is required within a function is needed by few: it stays a file
// of its own, loaded then.
import { copyFileSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";
import { writeProtocol } from "./protocol.mjs";
import { nodeBundle, scripts, source } from "./sources.mjs";
import { main, root } from "./steps.mjs";

/** What is required or read from outside, by its name in `lib/node/`. */
const ENTRY_POINTS = {
  index: "node/index.ts",
  core: "node/names/core.ts",
  shared: "node/names/shared.ts",
  "storage-memory": "node/names/storage-memory.ts",
  "storage-file": "node/names/storage-file.ts",
  "storage-redis": "node/names/storage-redis.ts",
  kv: "node/names/kv.ts",
  cache: "node/names/cache.ts",
  "durable-objects": "node/names/durable-objects.ts",
  jest: "node/env/jest.ts",
  vitest: "node/env/vitest.ts",
  environment: "node/env/environment.ts",
  internals: "node/internals.ts",
};
/** Where the worker's own modules find in Node what a worker imports. */
const WORKERS = /^ext:miniflare\/(durable\/.*|realm\/(?:simulation|stretch)\.js)$/;
const IN_NODE = [
  [/^ext:core\/mod\.js$/, "node/names/core-mod.ts"],
  [/^ext:core\/ops$/, "node/names/durable-ops.ts"],
  [/^ext:miniflare\/(realm|membrane|worker)\//, "node/names/worker-seams.ts"],
];
/** Libraries that are bundled, by the file that they are in there. */
const LIBRARIES = { undici: "mock-undici", "undici-7": "http-web-undici" };
/** What a module imports is loaded with it; the line may be the end of a longer import. Types are no code. */
const IMPORT = /^(?:import (?!type\b)|export |\} ).*from "(\.[^"]+)";$/gm;
const REQUIRE = /\brequire\("(\.[^"]+)"\)/g;

/** The modules that a file requires when it is loaded, and those that it requires later. */
function requiredBy(file) {
  const text = readFileSync(file, "utf8").replace(/^\s*\/\/.*$/gm, "");
  const found = (pattern) =>
    [...text.matchAll(pattern)].map(([, specifier]) => path.join(path.dirname(file), specifier));
  return { atLoad: found(IMPORT), later: found(REQUIRE) };
}

/** The file and all that is loaded with it. */
function loadedWith(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const required of requiredBy(file).atLoad) loadedWith(required, found);
  return found;
}

/** "src/mock/node/agent.ts" is "mock-agent". */
function nameOf(file) {
  const parts = path
    .relative(source, file)
    .replace(/\.[jt]s$/, "")
    .split(path.sep);
  return parts.filter((part) => part !== "node").join("-");
}

function inNode(id) {
  const [, own] = WORKERS.exec(id) ?? [];
  const file = own ?? IN_NODE.find(([imported]) => imported.test(id))?.[1];
  return file && path.join(source, file);
}

async function bundleNode() {
  writeProtocol();
  const entryPoints = Object.entries(ENTRY_POINTS).map(([name, file]) => [name, path.join(source, file)]);
  const always = loadedWith(path.join(source, ENTRY_POINTS.index));
  const later = scripts().flatMap((file) => requiredBy(file).later);
  const names = new Map(later.filter((file) => !always.has(file)).map((file) => [file, nameOf(file)]));
  const filesOfTheirOwn = {
    name: "files of their own",
    resolveId(id, importer) {
      if (id.startsWith("ext:")) return inNode(id);
      const name = importer && id.startsWith(".") && names.get(path.join(path.dirname(importer), id));
      return name ? { id: `./${name}.js`, external: true } : undefined;
    },
  };
  rmSync(nodeBundle, { recursive: true, force: true });
  const bundled = await rolldown({
    input: Object.fromEntries([...entryPoints, ...[...names].map(([file, name]) => [name, file])]),
    platform: "node",
    plugins: [filesOfTheirOwn],
    treeshake: false,
    // What the worker's modules import and Node has no use for; the type check knows what is missing elsewhere.
    shimMissingExports: true,
    onLog: (level, log, handle) => log.code === "SHIMMED_EXPORT" || handle(level, log),
    logLevel: "warn",
  });
  const isEntryPoint = (file) => entryPoints.some(([, entryPoint]) => entryPoint === file);
  await bundled.write({
    dir: nodeBundle,
    format: "cjs",
    strict: true,
    entryFileNames: "[name].js",
    chunkFileNames: "shared-[name].js",
    comments: false,
    codeSplitting: { groups: [{ name: "always", test: (file) => always.has(file) && !isEntryPoint(file) }] },
  });
  for (const [library, name] of Object.entries(LIBRARIES)) {
    copyFileSync(path.join(root, "node_modules", library, "LICENSE"), path.join(nodeBundle, `${name}.LICENSE.txt`));
  }
}

main(import.meta.url, bundleNode);
