// What is compared: miniflare-rs as built in this repository, and its peers, which are no dependencies of the package
// and are therefore installed from npm into a cache folder of the benchmark's own.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
// npm chooses the newest version whose `engines` admit the running Node, so each Node has a cache of its own.
const CACHE = path.join(ROOT, "benchmark", ".peers", `node${process.versions.node.split(".")[0]}`);

export const PEERS = {
  m2: {
    label: "Miniflare 2",
    // Its environment for Vitest imports Vitest, here the newest that it was made for.
    specs: [
      ...["miniflare", "jest-environment-miniflare", "vitest-environment-miniflare"].map((name) => `${name}@2.14.4`),
      "vitest@0.34.6",
    ],
    flags: ["--experimental-vm-modules"],
    command: "bootstrap.js",
    fetchMockModule: "@miniflare/core",
    environments: { jest: "jest-environment-miniflare", vitest: "vitest-environment-miniflare" },
  },
  m4: { label: "Miniflare 4", specs: ["miniflare@4"], flags: [] },
};

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

export const own = () => builtIn("own", "miniflare-rs", ROOT);

/** Another checkout of this repository, which has been built: an earlier state to compare with. */
export function before(folder) {
  const root = path.resolve(folder);
  const isBuilt = existsSync(path.join(root, "lib"));
  if (isBuilt) return builtIn("before", "before", root);
  throw new Error(
    `--before is "${folder}", which has no lib/: it takes a checkout of this repository in which \`npm run build\` has run`,
  );
}

function builtIn(key, label, root) {
  const { version } = readJson(path.join(root, "package.json"));
  const environments = { jest: path.join(root, "lib/node/jest.js"), vitest: path.join(root, "lib/node/vitest.js") };
  const files = { module: path.join(root, "index.js"), command: path.join(root, "bin/miniflare-rs.js") };
  return { key, label, version, flags: [], ...files, environments };
}

function npm(args) {
  const cli = process.env.npm_execpath;
  // Under `npm run` the same npm runs on this very Node, whatever `npm` on the path would run on.
  if (cli?.endsWith("npm-cli.js")) return spawnSync(process.execPath, [cli, ...args], { encoding: "utf8" });
  return spawnSync("npm", args, { encoding: "utf8", shell: process.platform === "win32" });
}

/** Several processes may install a peer at once: each does so beside the folder, which appears as a whole. */
function install(specs, folder) {
  console.error(`installing ${specs.join(", ")} into ${path.relative(ROOT, folder)}`);
  mkdirSync(CACHE, { recursive: true });
  const own = mkdtempSync(`${folder}-`);
  try {
    installInto(own, specs);
    putInPlace(own, folder, specs);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

function putInPlace(own, folder, specs) {
  try {
    renameSync(own, folder);
  } catch (error) {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    if (isInstalled(specs, folder)) return;
    rmSync(folder, { recursive: true });
    renameSync(own, folder);
  }
}

function installInto(folder, specs) {
  const { status, stderr, error } = npm([
    "install",
    ...specs,
    "--prefix",
    folder,
    "--ignore-scripts",
    // The environments would bring whole test runners along.
    "--legacy-peer-deps",
    "--no-audit",
    "--no-fund",
  ]);
  if (status === 0) return;
  const peers = Object.keys(PEERS).join(",");
  const remedy = `make the npm registry reachable, or choose among the peers with --peers ${peers}`;
  throw new Error(`npm could not install ${specs.join(", ")}: ${remedy}\n${error?.message ?? stderr}`);
}

const nameOf = (spec) => spec.slice(0, spec.lastIndexOf("@"));

/** npm writes its lock file last: without it an earlier installation broke off. */
function isInstalled(specs, folder) {
  const modules = path.join(folder, "node_modules");
  return [".package-lock.json", ...specs.map(nameOf)].every((name) => existsSync(path.join(modules, name)));
}

export function installPeer(key) {
  const { specs, command, ...peer } = PEERS[key];
  const folder = path.join(CACHE, key);
  if (!isInstalled(specs, folder)) install(specs, folder);
  const manifest = path.join(folder, "node_modules", "miniflare", "package.json");
  const files = {
    module: createRequire(manifest).resolve("miniflare"),
    command: command && path.join(path.dirname(manifest), command),
  };
  return { key, ...peer, version: readJson(manifest).version, ...files };
}
