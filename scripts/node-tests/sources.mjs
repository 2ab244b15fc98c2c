// Node's sources, which have its tests: those of Debian, in a folder below `target/`. They are fetched by `apt-get source`, from
// the mirror that the system is set to.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { longStep, output, root, run, StepError } from "../steps.mjs";

/** The version whose tests the expectations are for, and the release of Debian that has it. */
export const VERSION = "22.22.2+dfsg+~cs22.19.15-3";
const SUITE = "sid";
const CACHE = path.join(root, "target/node-tests");
const REMEDY = "name a folder of Node's sources: npm run node-tests -- --from <folder>";

/** The folder of the sources, if they have been fetched. */
export const fetched = () => {
  const folder = path.join(CACHE, "node");
  return existsSync(path.join(folder, "test/parallel")) ? folder : undefined;
};

/** Where tests are built. */
export const built = () => path.join(CACHE, "built");

/** The folder of the sources, which are fetched if need be. */
export function fetchSources() {
  return fetched() ?? longStep(`fetch the sources of Node ${VERSION}`, download) ?? fetched();
}

function download() {
  const site = mirrorOfDebian();
  const apt = path.join(CACHE, "apt");
  for (const folder of ["lists/partial", "archives/partial"]) mkdirSync(path.join(apt, folder), { recursive: true });
  const keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
  writeFileSync(path.join(apt, "sources.list"), `deb-src [signed-by=${keys}] ${site} ${SUITE} main\n`);
  const settings = {
    "Dir::Etc::sourcelist": path.join(apt, "sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::State::lists": path.join(apt, "lists"),
    "Dir::Cache": apt,
    "Dir::Cache::archives": path.join(apt, "archives"),
    // In seconds: without a network, that is known soon.
    "Acquire::http::Timeout": "20",
    "Acquire::https::Timeout": "20",
    "Acquire::Retries": "1",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  run("apt-get", [...options, "-qq", "update"], { remedy: REMEDY });
  // Of the files of a package, one has the tests: others may be missing on a mirror.
  output("apt-get", [...options, "source", "--download-only", `nodejs=${VERSION}`], { cwd: apt });
  const archive = readdirSync(apt).find((name) => /^nodejs_.*\.orig\.tar\.\w+$/.test(name));
  if (archive === undefined) throw new StepError(`apt-get did not find the sources of Node ${VERSION}`, REMEDY);
  const folder = path.join(CACHE, "node");
  mkdirSync(folder, { recursive: true });
  const parts = ["parallel", "common", "fixtures"].map((part) => `*/test/${part}/*`);
  const tar = ["xf", path.join(apt, archive), "-C", folder, "--strip-components=1", "--wildcards", ...parts];
  run("tar", tar, { remedy: REMEDY });
  rmSync(path.join(apt, archive));
}

function mirrorOfDebian() {
  const sites = output("apt-get", ["indextargets", "--format", "$(SITE)"]) ?? "";
  const site = sites.split("\n").find((line) => /\/debian\/?$/.test(line));
  if (site !== undefined) return site;
  throw new StepError("apt-get knows no mirror of Debian", REMEDY);
}
