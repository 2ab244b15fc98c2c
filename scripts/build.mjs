// `npm run build`: shared numbers and the types of ops written for each language, V8's archive checked, the crate compiled,
// the addon put into its platform package, the start-up snapshot made by that addon, and Node's half bundled. A step whose
// input did not change is skipped.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { writeBindingTypes } from "./binding-types.mjs";
import { writeOpTypes } from "./op-types.mjs";
import { currentPlatform } from "./platforms.mjs";
import { writeProtocol } from "./protocol.mjs";
import { nodeBundle, scripts, source } from "./sources.mjs";
import { longStep, main, root, run, say, step, StepError } from "./steps.mjs";
import { findCargo } from "./toolchain.mjs";

const releaseFolder = path.resolve(root, process.env.CARGO_TARGET_DIR ?? "target", "release");

export function build() {
  const platform = currentPlatform();
  if (platform.v8Archive && !process.env.RUSTY_V8_ARCHIVE) step("V8 archive", () => checkArchive(platform.v8Archive));
  step("protocol", writeProtocol);
  step("types of ops", writeOpTypes);
  if (!existsSync(path.join(releaseFolder, "deps"))) sayWhatIsAhead();
  longStep("cargo build --release", () => compile(platform));
  step("types of the binding", writeBindingTypes);
  step("addon", () => installAddon(platform));
  step("snapshot", () => makeSnapshot(platform));
  step("Node's half", bundleNode);
}

function checkArchive(name) {
  const folder = path.join(root, "vendor/v8");
  const sums = readFileSync(path.join(folder, "SHA256SUMS"), "utf8").split("\n");
  const expected = sums.map((line) => line.split(/\s+/)).find(([, file]) => file === name)?.[0];
  const remedy = "restore it: git checkout -- vendor/v8";
  if (!existsSync(path.join(folder, name))) throw new StepError(`vendor/v8/${name} is missing`, remedy);
  const actual = sha256(path.join(folder, name));
  if (actual === expected) return "matches SHA256SUMS";
  throw new StepError(`vendor/v8/${name} has sha256 ${actual}, SHA256SUMS says ${expected ?? "nothing of it"}`, remedy);
}

/** What the first build compiles, with the minutes that it takes one processor. */
const PARTS = [
  ["RocksDB (C++)", 11],
  ["400 crates with AWS-LC (Rust, C)", 11],
  ["miniflare-rs (Rust)", 2],
];

function sayWhatIsAhead() {
  const processors = os.availableParallelism();
  const total = PARTS.reduce((sum, [, minutes]) => sum + minutes, 0);
  // With many, the crates that wait for others decide.
  const wall = Math.max(Math.ceil(total / processors), 4);
  const parts = PARTS.map(([name, minutes]) => `${name} ${minutes} min`).join(", ");
  say(`first build, about ${wall} minutes on ${processors} processors. Minutes of one: ${parts}`);
}

function compile({ v8Archive }) {
  const cargo = findCargo();
  if (!cargo) throw new StepError("cargo is missing", "npm run setup");
  const env = { ...process.env, ...cargo.env };
  if (hasStaleV8(v8Archive)) run(cargo.command, ["clean", "--release", "--package", "v8"], { env });
  const remedy = "see the message above; `npm run setup` checks the compilers";
  run(cargo.command, ["build", "--release"], { env, remedy });
}

// The crate `v8` unpacks the archive when its build script runs, and does not watch the file for a change.
function hasStaleV8(name) {
  const unpacked = path.join(releaseFolder, "gn_out/obj/librusty_v8.a");
  const packed = path.join(root, "vendor/v8", name ?? "");
  return name !== undefined && existsSync(unpacked) && statSync(unpacked).mtimeMs < statSync(packed).mtimeMs;
}

function installAddon({ library, addon }) {
  const built = path.join(releaseFolder, library);
  if (existsSync(addon) && sha256(addon) === sha256(built)) return "unchanged";
  // Renamed into place: a process that has the old file loaded keeps it.
  const fresh = `${addon}.new`;
  copyFileSync(built, fresh);
  renameSync(fresh, addon);
  return path.relative(root, addon);
}

// In a process of its own: V8 decides between making and using a snapshot once per process.
function makeSnapshot({ addon, snapshot }) {
  // The worker's own JavaScript is read while the snapshot is made, so the addon does not tell of a change in it.
  const ofWorker = scripts().filter((file) => !path.relative(source, file).split(path.sep).includes("node"));
  return unlessMade(snapshot, [addon, ...ofWorker, ...bundler("bundle.mjs"), bindings], () => {
    run(process.execPath, [path.join(root, "scripts/bundle.mjs"), releaseFolder], { remedy: "see the message above" });
    const bundles = ["worker.js", "scripts"].map((file) => path.join(releaseFolder, file));
    const remedy = "see the message above; it comes from the addon";
    const tell = (call) =>
      run(
        process.execPath,
        ["-e", `require(process.argv[1]).${call}(...process.argv.slice(2))`, addon, snapshot, ...bundles],
        { remedy },
      );
    tell("writeSnapshot");
    tell("writeCode");
  });
}

function bundleNode() {
  return unlessMade(nodeBundle, [...scripts(), ...bundler("bundle-node.mjs")], () => {
    run(process.execPath, [path.join(root, "scripts/bundle-node.mjs")], { remedy: "see the message above" });
  });
}

/** Calls `make` if the product is missing, or was made of other files than these. */
function unlessMade(product, files, make) {
  const stamp = `${product}.inputs`;
  const inputs = sha256(...files);
  if (existsSync(product) && existsSync(stamp) && readFileSync(stamp, "utf8") === inputs) return "unchanged";
  make();
  writeFileSync(stamp, inputs);
  return path.relative(root, product);
}

const bindings = path.join(root, "scripts/bind-intrinsics.mjs");

/** What a bundle is made by. */
const bundler = (script) =>
  [`scripts/${script}`, "scripts/sources.mjs", "package-lock.json"].map((file) => path.join(root, file));

function sha256(...files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
}

main(import.meta.url, build);
