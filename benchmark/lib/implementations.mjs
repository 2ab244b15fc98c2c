// What is compared: miniflare-rs as built in this repository, and its peers, which are no dependencies of the package
// and are therefore installed from npm into a cache folder of the benchmark's own.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
// npm chooses the newest version whose `engines` admit the running Node, so each Node has a cache of its own.
const CACHE = path.join(ROOT, "benchmark", ".peers", `node${process.versions.node.split(".")[0]}`);

export const PEERS = {
  m2: {
    label: "Miniflare 2",
    spec: "miniflare@2.14.4",
    flags: ["--experimental-vm-modules"],
    fetchMockModule: "@miniflare/core",
  },
  m4: { label: "Miniflare 4", spec: "miniflare@4", flags: [] },
};

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

export function own() {
  const { version } = readJson(path.join(ROOT, "package.json"));
  return { key: "own", label: "miniflare-rs", version, flags: [], module: path.join(ROOT, "index.js") };
}

function npm(args) {
  const cli = process.env.npm_execpath;
  // Under `npm run` the same npm runs on this very Node, whatever `npm` on the path would run on.
  if (cli?.endsWith("npm-cli.js")) return spawnSync(process.execPath, [cli, ...args], { encoding: "utf8" });
  return spawnSync("npm", args, { encoding: "utf8", shell: process.platform === "win32" });
}

function install(spec, folder) {
  console.error(`installing ${spec} into ${path.relative(ROOT, folder)}`);
  mkdirSync(folder, { recursive: true });
  const { status, stderr, error } = npm([
    "install",
    spec,
    "--prefix",
    folder,
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
  ]);
  if (status === 0) return;
  const peers = Object.keys(PEERS).join(",");
  const remedy = `make the npm registry reachable, or choose among the peers with --peers ${peers}`;
  throw new Error(`npm could not install ${spec}: ${remedy}\n${error?.message ?? stderr}`);
}

export function installPeer(key) {
  const { spec, ...peer } = PEERS[key];
  const folder = path.join(CACHE, key);
  // npm writes this file last: without it an earlier installation broke off.
  if (!existsSync(path.join(folder, "node_modules", ".package-lock.json"))) install(spec, folder);
  const manifest = path.join(folder, "node_modules", "miniflare", "package.json");
  return { key, ...peer, version: readJson(manifest).version, module: createRequire(manifest).resolve("miniflare") };
}
