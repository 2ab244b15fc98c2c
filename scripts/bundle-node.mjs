// `node scripts/bundle-node.mjs`: Node's half as a few files, in `lib/node/`. A process that loads some forty modules one
// by one spends as long on finding and reading them as on everything else it does until its first instance.
//
// What every process needs is in one chunk. A module that is required within a function is needed by few: it stays a file
// of its own, loaded then.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";
import { LIBRARIES as PACKAGES, promiseStates } from "./bundle-packages.mjs";
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
  kv: "kv/node/kv-names.ts",
  r2: "r2/node/r2-names.ts",
  d1: "d1/node/d1-names.ts",
  queues: "queues/node/queues-names.ts",
  sites: "sites/node/sites-names.ts",
  cache: "cache/node/cache-names.ts",
  "durable-objects": "durable/node/durable-names.ts",
  "html-rewriter": "html/node/html-names.ts",
  "web-sockets": "websocket/node/websocket-names.ts",
  "cloudflare-sockets": "node/env/cloudflare-sockets.ts",
  "cloudflare-test": "node/env/cloudflare-test.ts",
  "cloudflare-workers": "rpc/node/workers-door.ts",
  "cloudflare-email": "email/node/email-module.ts",
  "http-server": "node/names/http-server.ts",
  jest: "node/env/jest.ts",
  vitest: "node/env/vitest.ts",
  "jest-coverage": "node/coverage/jest-coverage.ts",
  "vitest-coverage": "node/coverage/vitest-coverage.ts",
  environment: "node/env/environment.ts",
  internals: "node/internals.ts",
  cli: "node/cli/cli.ts",
  "inspector-server": "node/inspector/server.ts",
};
/** Scripts that Node runs in a worker's realm, as text: each is an expression, the function that the file exports. */
const IN_REALM = { "repl-session": ["node/cli/repl-session.ts", "createSession"] };
/** Where the worker's own modules find in Node what a worker imports. */
const WORKERS = /^ext:miniflare\/(durable\/.*|realm\/(?:outside|simulation|stretch)\.[jt]s)$/;
const IN_NODE = [
  [/^ext:core\/mod\.js$/, "node/names/core-mod.ts"],
  [/^ext:core\/ops$/, "durable/node/durable-ops.ts"],
  [/^ext:miniflare\/(realm|membrane|worker)\//, "durable/node/worker-seams.ts"],
];
/** Libraries that are bundled, by the file that they are in there. */
const LIBRARIES = {
  "mock-undici": ["undici"],
  "http-web-undici": ["undici-7"],
  "options-jsonc": ["jsonc-parser"],
  "server-web-socket-server": ["ws"],
  "options-nearest": ["fastest-levenshtein"],
  "coverage-lane-counts": ["@bcoe/v8-coverage"],
  "jest-coverage": ["@bcoe/v8-coverage", "@jridgewell/sourcemap-codec"],
  "vitest-coverage": ["@bcoe/v8-coverage"],
  "cli-repl": ["acorn", "acorn-walk"],
  "repl-session": ["node-inspect-extracted"],
  "nodejs-modules": PACKAGES,
  "nodejs-zlib-calls": ["minizlib", "minipass"],
  "sites-manifest": ["picomatch"],
  "assets-assets": ["mime"],
  "assets-assets-ignore": ["ignore"],
  "server-error-page": [
    ...["youch", "youch-core", "error-stack-parser-es", "cookie-es", "@speed-highlight/core"],
    ...["@poppinss/dumper", "@poppinss/colors", "@poppinss/exception", "@sindresorhus/is", "supports-color"],
  ],
};
/** What a module imports is loaded with it; the line may be the end of a longer import. */
const IMPORT = /^(?:import |export |\} ).*from "(\.[^"]+)";$/gm;
/** Types are no code. */
const TYPES = /^(?:import|export) type\b[^;]*;/gm;
const REQUIRE = /\brequire\("(\.[^"]+)"\)/g;

/** The modules that a file requires when it is loaded, and those that it requires later. */
function requiredBy(file) {
  const text = readFileSync(file, "utf8")
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(TYPES, "");
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

/** The licence of a library, with its name if there are several. */
function licenseOf(library, _index, { length }) {
  const folder = path.join(root, "node_modules", library);
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  const { license } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  const text = file === undefined ? `License: ${license}\n` : readFileSync(path.join(folder, file), "utf8");
  return length === 1 ? text : `${library}\n\n${text}`;
}

/** The library for error pages reads its styles and scripts from files beside it: here they are in the bundle. */
const pagesInBundle = {
  name: "pages in the bundle",
  load(id) {
    if (!/[\\/]youch[\\/]build[\\/]public_dir-\w+\.js$/.test(id)) return undefined;
    const folder = path.join(path.dirname(id), "public");
    const names = readdirSync(folder, { recursive: true }).filter((name) => /\.(css|js)$/.test(name));
    const files = names.map((name) => [name.replaceAll(path.sep, "/"), readFileSync(path.join(folder, name), "utf8")]);
    return `const files = new Map(${JSON.stringify(files)});
      const read = (url) => (url === undefined ? null : files.get(url.pathname.slice(1)));
      export class n {
        async getStyles() { return read(this.cssFile); }
        async getScript() { return read(this.scriptFile); }
      }
      export const t = new URL("file:///");`;
  },
};

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
    // Its CommonJS form requires files by names that no bundler can follow.
    resolve: { alias: { "jsonc-parser": path.join(root, "node_modules/jsonc-parser/lib/esm/main.js") } },
    plugins: [filesOfTheirOwn, pagesInBundle],
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
  for (const [name, [file, exported]] of Object.entries(IN_REALM)) await bundleForRealm(name, file, exported);
  for (const [name, libraries] of Object.entries(LIBRARIES)) {
    writeFileSync(path.join(nodeBundle, `${name}.LICENSE.txt`), libraries.map(licenseOf).join("\n\n"));
  }
}

async function bundleForRealm(name, file, exported) {
  const input = path.join(source, file);
  const bundled = await rolldown({
    input,
    platform: "browser",
    plugins: [promiseStates("native.promiseDetails")],
    logLevel: "warn",
  });
  const { output } = await bundled.generate({ format: "iife", name: "bundle", comments: false });
  const script = ["(() => {", "const native = {};", output[0].code, `return bundle.${exported};`, "})()", ""];
  writeFileSync(path.join(nodeBundle, `${name}.js`), script.join("\n"));
}

main(import.meta.url, bundleNode);
