// An empty project of a user's in a temporary folder, with this package in node_modules as npm would put it there.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { root } from "./child.mjs";

const readJson = (file) => JSON.parse(fs.readFileSync(file, "utf8"));

/** The folder of the platform package: the addon and what belongs to it. */
export const platformFolder = path.join(root, "npm", "linux-x64-gnu");

/** The built addon. */
export const addon = path.join(platformFolder, "miniflare-rs.linux-x64-gnu.node");

/** An empty folder for a project, removed after the test. */
export function emptyProject(t, fields = {}) {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "miniflare-project-")));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "project", private: true, ...fields }));
  return folder;
}

/** A project with the files of a fixture, this package, and links to `tools`, of the repository or another folder. */
export function project(t, fixture, tools = [], toolsFolder = path.join(root, "node_modules")) {
  const folder = emptyProject(t, { type: "module" });
  const modules = path.join(folder, "node_modules");
  installMain(path.join(modules, "miniflare-rs"));
  installPlatform(modules);
  for (const tool of tools) fs.symlinkSync(path.join(toolsFolder, tool), path.join(modules, tool));
  fs.cpSync(fixture, folder, { recursive: true });
  return folder;
}

/** Puts the package of an environment, under the name that a runner looks for, into a project. */
export function installEnvironment(folder, name) {
  fs.cpSync(path.join(root, "npm", name), path.join(folder, "node_modules", name), { recursive: true });
}

function installMain(target) {
  for (const file of shippedFiles()) fs.cpSync(path.join(root, file), path.join(target, file));
}

let shipped;

/** The files that npm would pack, by npm's own account. */
function shippedFiles() {
  if (shipped) return shipped;
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const { status, stdout, stderr } = spawnSync("npm", args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`\`npm ${args.join(" ")}\` failed:\n${stderr}`);
  const [{ files }] = Object.values(JSON.parse(stdout));
  return (shipped = files.map(({ path: file }) => file));
}

function installPlatform(modules) {
  const { name } = readJson(path.join(platformFolder, "package.json"));
  fs.cpSync(platformFolder, path.join(modules, name), { recursive: true });
}
