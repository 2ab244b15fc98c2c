// Writes vendor/glibc/x86_64.txt: what each library of glibc 2.28 exports on x64, with the version that a program linked
// there gets. The argument is the folder of a newer glibc's libraries, of which all that is newer is left out:
//   node scripts/list-glibc.mjs /lib/x86_64-linux-gnu
import { spawnSync } from "node:child_process";
import { realpathSync, writeFileSync } from "node:fs";
import path from "node:path";
import { main, root, StepError } from "./steps.mjs";
import { atLeast } from "./toolchain.mjs";

const NEWEST = "2.28";
const LIBRARIES = [
  "libc.so.6",
  "libm.so.6",
  "libpthread.so.0",
  "libdl.so.2",
  "librt.so.1",
  "libutil.so.1",
  "ld-linux-x86-64.so.2",
];

function writeList() {
  const folder = process.argv[2];
  if (!folder) throw new StepError("no folder given", "node scripts/list-glibc.mjs /lib/x86_64-linux-gnu");
  const text = LIBRARIES.map((name) => section(name, exported(path.join(folder, name)))).join("\n");
  writeFileSync(path.join(root, "vendor/glibc/x86_64.txt"), text);
}

/** Name, kind (`T` function, `D` data) and newest version that is not too new, of each symbol. */
function exported(library) {
  const args = ["--dyn-syms", "--wide", realpathSync(library)];
  const { stdout, status } = spawnSync("readelf", args, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (status !== 0) throw new StepError(`readelf cannot read ${library}`, "install binutils, check the folder");
  const symbols = new Map();
  for (const line of stdout.split("\n")) {
    const [, kind, name, version] =
      /\b(FUNC|IFUNC|OBJECT) +(?:GLOBAL|WEAK) +DEFAULT +\d+ (\w+)@@?GLIBC_([\d.]+)$/.exec(line) ?? [];
    if (!name || !atLeast(NEWEST, version)) continue;
    const known = symbols.get(name);
    if (!known || atLeast(version, known.version)) symbols.set(name, { version, isData: kind === "OBJECT" });
  }
  return symbols;
}

/** A line with the library's name, then one for each version: data is marked by `=`. */
function section(library, symbols) {
  const versions = new Map();
  for (const [name, { version, isData }] of [...symbols].sort()) {
    versions.set(version, [...(versions.get(version) ?? []), isData ? `${name}=` : name]);
  }
  const sorted = [...versions].sort(([a], [b]) => (atLeast(a, b) ? 1 : -1));
  return [library, ...sorted.map(([version, names]) => `GLIBC_${version} ${names.join(" ")}`), ""].join("\n");
}

main(import.meta.url, writeList);
