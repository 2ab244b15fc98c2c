// What a build needs from the machine, and where it is: cargo in a version the crate accepts, a C++20 compiler for
// RocksDB, and libclang with its headers, which bindgen loads to read RocksDB's C interface.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { spawnSync } from "node:child_process";
import { output, root } from "./steps.mjs";

/** The oldest Rust that Cargo.toml allows. */
export function requiredRust() {
  return /^rust-version = "(.+)"$/m.exec(readFileSync(path.join(root, "Cargo.toml"), "utf8"))[1];
}

export function atLeast(version, required) {
  const [have, want] = [version, required].map((text) => text.split(".").map(Number));
  const index = want.findIndex((part, i) => (have[i] ?? 0) !== part);
  return index === -1 || (have[index] ?? 0) > want[index];
}

const cargoBin = path.join(process.env.CARGO_HOME ?? path.join(os.homedir(), ".cargo"), "bin");

// Rust's installer puts its folder on the PATH of new shells only.
function withCargoBin(name) {
  const installed = path.join(cargoBin, name);
  return existsSync(installed) ? [name, installed] : [name];
}

export function findRustup() {
  return withCargoBin("rustup").find((command) => output(command, ["--version"]));
}

/**
 * The cargo to build with, as `{ command, env, version }`: the default one, or rustup's stable one when only that is new
 * enough. `undefined` where there is none; the caller judges the version.
 */
export function findCargo() {
  const candidates = process.env.CARGO ? [process.env.CARGO] : withCargoBin("cargo");
  const first = candidates.map((command) => probeCargo(command, {})).find(Boolean);
  if (!first || atLeast(first.version, requiredRust())) return first;
  const stable = findRustup() && probeCargo(first.command, { RUSTUP_TOOLCHAIN: "stable" });
  return stable && atLeast(stable.version, requiredRust()) ? stable : first;
}

function probeCargo(command, env) {
  const version = output(command, ["--version"], { env: { ...process.env, ...env } })?.split(" ")[1];
  return version && { command, env, version };
}

/** The C++ compiler's name when it compiles C++20 and there is a linker driver beside it. */
export function findCxx() {
  const command = process.env.CXX ?? "c++";
  const args = ["-std=c++20", "-fsyntax-only", "-x", "c++", "-"];
  const { status } = spawnSync(command, args, { input: "#include <concepts>\n#include <string>\n" });
  return status === 0 && output("cc", ["--version"]) ? command : undefined;
}

/** The folder of a libclang that bindgen can use. One named by LIBCLANG_PATH is taken as it is. */
export function findLibclang() {
  const chosen = process.env.LIBCLANG_PATH;
  if (chosen) return hasLibclang(chosen) ? chosen : undefined;
  return libraryFolders().find((folder) => hasLibclang(folder) && hasClangHeaders(folder));
}

function libraryFolders() {
  const llvm = list("/usr/lib", /^llvm/).map((name) => path.join("/usr/lib", name, "lib"));
  const multiarch = list("/usr/lib", /-linux-gnu/).map((name) => path.join("/usr/lib", name));
  const configured = output("llvm-config", ["--libdir"]);
  return [...(configured ? [configured] : []), ...llvm.reverse(), ...multiarch, "/usr/lib64", "/usr/lib"];
}

function hasLibclang(folder) {
  return list(folder, /^libclang(-[\d.]+)?\.(so|dylib)/).length > 0;
}

// The shared library alone is not enough: it finds <stddef.h> and its like in clang's own folder.
function hasClangHeaders(folder) {
  return ["clang", "../lib/clang", "../lib64/clang"]
    .map((name) => path.join(folder, name))
    .some((clang) => list(clang, /^\d/).some((version) => existsSync(path.join(clang, version, "include/stddef.h"))));
}

function list(folder, pattern) {
  return existsSync(folder) ? readdirSync(folder).filter((name) => pattern.test(name)) : [];
}
