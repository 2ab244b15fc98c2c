// The versions of Node to run tests on. Their binaries come as npm packages, and are only fetched by a test run, so
// that `npm ci` stays light.
import { existsSync } from "node:fs";
import path from "node:path";
import { currentPlatform } from "./platforms.mjs";
import { longStep, npm, output, root } from "./steps.mjs";

/** One of each supported line, from the oldest to the newest. */
export const VERSIONS = ["20.20.2", "22.23.3", "24.21.0", "26.12.1"];

/** The first line whose versions all have it. */
const SQLITE_SINCE = 24;

/** The Nodes other than the running one, as `{ version, command }`. */
export function otherNodes() {
  const { nodePackage } = currentPlatform();
  const running = major(process.versions.node);
  return VERSIONS.filter((version) => major(version) !== running).map((version) => ({
    version,
    command: fetchNode(nodePackage, version),
  }));
}

/** The command of a Node that has `node:sqlite` with names of columns: the running one, or one of `VERSIONS`. */
export function nodeWithSqlite() {
  const running = Number(major(process.versions.node));
  if (running >= SQLITE_SINCE) return process.execPath;
  const version = VERSIONS.find((one) => Number(major(one)) >= SQLITE_SINCE);
  return fetchNode(currentPlatform().nodePackage, version);
}

function fetchNode(name, version) {
  const folder = path.join(root, "node_modules/.cache/nodes", version);
  const command = path.join(folder, "node_modules", name, "bin/node");
  if (existsSync(command) && output(command, ["--version"]) === `v${version}`) return command;
  const args = ["install", "--silent", "--no-save", "--no-package-lock", "--prefix", folder, `${name}@${version}`];
  const remedy = "check that the npm registry is reachable: npm ping";
  longStep(`fetch Node ${version}`, () => npm(args, { remedy }));
  return command;
}

function major(version) {
  return version.split(".")[0];
}
