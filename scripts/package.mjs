// `npm run package`: the tarballs that install without a toolchain: the main package, the one of this platform, and one for
// each test runner that looks for environments by the names of packages. All are packed from a staging folder, because what
// is published differs from the repository: the main package names the platform packages, which no registry has while the
// version is being made, and has no development fields.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { build } from "./build.mjs";
import { currentPlatform, manifest } from "./platforms.mjs";
import { main, npmOutput, output, root, run, say, step } from "./steps.mjs";

const DEVELOPMENT_FIELDS = ["scripts", "devDependencies", "overrides", "allowScripts", "napi"];
/** The environments under the names that Miniflare 2's had. */
const ENVIRONMENTS = ["jest-environment-miniflare", "vitest-environment-miniflare"];
const dist = path.join(root, "dist");

function makePackages() {
  build();
  const platform = currentPlatform();
  const own = JSON.parse(readFileSync(path.join(platform.folder, "package.json"), "utf8"));
  const stage = mkdtempSync(path.join(os.tmpdir(), "miniflare-rs-package-"));
  mkdirSync(dist, { recursive: true });
  try {
    step("main package", () => stageMain(path.join(stage, "main"), own.name));
    step("platform package", () => stagePlatform(path.join(stage, "platform"), platform, own));
    for (const name of ENVIRONMENTS) step(name, () => stageEnvironment(path.join(stage, name), name));
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
  const environments = ENVIRONMENTS.map((name) => `./dist/${tarball(name)}`).join(", or ");
  say(`npm i ${[manifest.name, own.name].map((name) => `./dist/${tarball(name)}`).join(" ")}`);
  say(`the environment "miniflare" of a test runner: ${environments}`);
}

function stageMain(folder, platformName) {
  const [{ files }] = Object.values(JSON.parse(npmOutput(["pack", "--dry-run", "--json", "--ignore-scripts"])));
  for (const { path: file } of files) cpSync(path.join(root, file), path.join(folder, file));
  const fields = Object.entries(manifest).filter(([key]) => !DEVELOPMENT_FIELDS.includes(key));
  const optionalDependencies = { [platformName]: manifest.version };
  return pack(folder, { ...Object.fromEntries(fields), optionalDependencies });
}

function stagePlatform(folder, { addon, snapshot, folder: source }, own) {
  const parts = [addon, snapshot, path.join(source, "README.md"), path.join(root, "LICENSE")];
  for (const file of parts) cpSync(file, path.join(folder, path.basename(file)));
  cpSync(path.join(root, "vendor/v8/LICENSES"), path.join(folder, "LICENSES"), { recursive: true });
  return pack(folder, { ...own, version: manifest.version });
}

function stageEnvironment(folder, name) {
  const source = path.join(root, "npm", name);
  cpSync(source, folder, { recursive: true });
  cpSync(path.join(root, "LICENSE"), path.join(folder, "LICENSE"));
  const own = JSON.parse(readFileSync(path.join(source, "package.json"), "utf8"));
  const { version } = manifest;
  return pack(folder, { ...own, version, dependencies: { [manifest.name]: version } });
}

function pack(folder, contents) {
  writeFileSync(path.join(folder, "package.json"), `${JSON.stringify(contents, null, 2)}\n`);
  npmOutput(["pack", "--ignore-scripts", "--pack-destination", dist, folder]);
  const name = tarball(contents.name);
  compress(path.join(dist, name));
  return `dist/${name}, ${Math.ceil(statSync(path.join(dist, name)).size / 1000)} kB`;
}

// The format is the same, with more effort than npm takes: 3 % less to download. The addon takes it a quarter of a minute.
function compress(archive) {
  if (output("libdeflate-gzip", ["-V"]) === undefined) return;
  const unpacked = archive.replace(/\.tgz$/, ".tar");
  writeFileSync(unpacked, gunzipSync(readFileSync(archive)));
  run("libdeflate-gzip", ["-12", "-f", unpacked]);
  renameSync(`${unpacked}.gz`, archive);
}

function tarball(name) {
  return `${name}-${manifest.version}.tgz`;
}

main(import.meta.url, makePackages);
