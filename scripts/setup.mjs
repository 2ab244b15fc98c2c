// Everything between a fresh clone and a build: what is there is named, what is missing is installed where that is
// allowed (Debian's packages as root or with a sudo that asks nothing), or named with what to do. Every run skips what
// is done, so the demo and the tests begin with it.
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { longStep, main, npm, output, root, run, step, StepError } from "./steps.mjs";
import { atLeast, findCargo, findCxx, findLibclang, findRustup, requiredRust } from "./toolchain.mjs";

// Test runs need options of `node --test` that are newer than 20.0.
const REQUIRED_NODE = "20.11";

const TOOLS = [
  { name: "C++ compiler", find: findCxx, packages: ["g++"] },
  { name: "libclang", find: findLibclang, packages: ["libclang-dev"] },
];
const TOOLS_REMEDY = [
  "Debian, Ubuntu: apt-get install g++ libclang-dev",
  "Fedora: dnf install gcc-c++ clang-devel",
  "macOS: xcode-select --install && brew install llvm",
  "A libclang in another folder is found through LIBCLANG_PATH, a compiler of another name through CXX.",
].join("\n");

/** What only the tests need. */
const TEST_TOOLS = [
  {
    name: "redis-server",
    find: () => output("redis-server", ["--version"])?.match(/v=([\d.]+)/)?.[1],
    packages: ["redis-server"],
    remedy: "Debian, Ubuntu: apt-get install redis-server\nFedora: dnf install redis\nmacOS: brew install redis",
  },
  {
    name: "Chromium",
    find: () => output("chromium", ["--version"])?.match(/([\d.]+)/)?.[1],
    packages: ["chromium"],
    remedy: "Debian: apt-get install chromium\nFedora: dnf install chromium\nmacOS: brew install chromium",
  },
];

const LINTS = ["clippy", "rustfmt"];

export function setupTests() {
  setup();
  ensureTools(TEST_TOOLS);
  step("clippy, rustfmt", ensureLints);
}

// Where they do not come through rustup, the checks that need them fail, and say so.
function ensureLints() {
  const cargo = findCargo();
  const ask = (name) => output(cargo.command, [name, "--version"], { env: { ...process.env, ...cargo.env } });
  const found = () => ["clippy", "fmt"].map(ask);
  const rustup = found().includes(undefined) && findRustup();
  if (rustup) output(rustup, ["component", "add", ...LINTS], { env: { ...process.env, ...cargo.env } });
  return found()
    .map((version) => version?.split(" ")[1] ?? `missing (rustup component add ${LINTS.join(" ")})`)
    .join(", ");
}

export function setup() {
  step("Node", checkNode);
  step("cargo", ensureCargo);
  ensureTools(TOOLS);
  ensureNodeModules();
}

function checkNode() {
  const { node } = process.versions;
  if (!atLeast(node, REQUIRED_NODE)) {
    throw new StepError(`Node ${node} is too old`, `install Node ${REQUIRED_NODE} or newer from https://nodejs.org`);
  }
  return node;
}

function ensureCargo() {
  const required = requiredRust();
  const isUsable = (cargo) => cargo !== undefined && atLeast(cargo.version, required);
  let cargo = findCargo();
  const problem = cargo ? `cargo ${cargo.version} is older than ${required}` : "cargo is missing";
  if (!isUsable(cargo)) {
    installRust(problem, required);
    cargo = findCargo();
  }
  if (!isUsable(cargo)) throw new StepError(problem, `install Rust ${required} or newer: https://rustup.rs`);
  return cargo.version;
}

// A toolchain comes through rustup alone: whether and how a machine gets Rust is its owner's choice.
function installRust(problem, required) {
  const rustup = findRustup();
  if (!rustup) {
    const remedy = `install Rust ${required} or newer: https://rustup.rs, or your system's package \`rustup\`; then repeat`;
    throw new StepError(problem, remedy);
  }
  longStep("rustup toolchain install stable", () =>
    run(rustup, ["toolchain", "install", "stable", "--profile", "minimal", "--component", LINTS.join()], {
      remedy: `${problem}: install Rust ${required} or newer by hand, see https://rustup.rs`,
    }),
  );
}

function ensureTools(tools) {
  const missing = tools.filter((tool) => !tool.find());
  const prefix = missing.length > 0 && isDebian() && rootPrefix();
  if (prefix) installTools(missing, prefix);
  for (const tool of tools) step(tool.name, () => tool.find() ?? throwMissing(tool));
}

function throwMissing({ name, remedy = TOOLS_REMEDY }) {
  throw new StepError(`${name} is missing`, remedy);
}

function installTools(missing, prefix) {
  const names = missing.map((tool) => tool.name).join(" and ");
  const packages = missing.flatMap((tool) => tool.packages);
  longStep(`${names} missing: apt-get install ${packages.join(" ")}`, () => {
    apt(prefix, ["update", "-q"]);
    apt(prefix, ["install", "-q", "-y", "--no-install-recommends", ...packages]);
  });
}

function apt(prefix, args) {
  const [command, ...rest] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...args];
  run(command, rest, { remedy: TOOLS_REMEDY });
}

function isDebian() {
  if (!existsSync("/etc/os-release")) return false;
  return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync("/etc/os-release", "utf8"));
}

// How to become root without a question: nothing to add, `sudo -n`, or not at all.
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return output("sudo", ["-n", "true"]) === undefined ? undefined : ["sudo", "-n"];
}

function ensureNodeModules() {
  const installed = path.join(root, "node_modules/.package-lock.json");
  const lock = path.join(root, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) {
    return step("npm packages", () => "up to date");
  }
  return longStep("npm ci", () => npm(["ci"], { remedy: "check that the npm registry is reachable: npm ping" }));
}

main(import.meta.url, setup);
