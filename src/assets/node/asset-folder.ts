// The files of a folder, by the paths that they are asked for. The list is made when it is first needed; the content of a
// file is read when the file is asked for.

import fs from "node:fs";
import path from "node:path";

/** Files that say something of the others, and are never served. */
const OWN = new Set(["/.assetsignore", "/_headers", "/_redirects"]);
/** Of one file, in bytes: https://developers.cloudflare.com/workers/platform/limits/#static-assets */
const MAX_SIZE = 25 * 1024 * 1024;

export class AssetFolder {
  readonly root: string;
  #warn: (text: string) => void;
  #files: Map<string, string> | undefined;
  #real: string | undefined;

  /** @param root an absolute path of a folder */
  constructor(root: string, warn: (text: string) => void) {
    this.root = root;
    this.#warn = warn;
  }

  /** Whether there is a file at a decoded path, "/a/b.html". */
  has(name: string): boolean {
    return this.#list().has(name);
  }

  /** The file at a decoded path, opened; undefined if it is gone, or leads out of the folder by now. */
  open(name: string): { file: string; stats: fs.BigIntStats } | undefined {
    const file = this.#list().get(name);
    if (file === undefined) return undefined;
    const stats = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
    if (stats?.isFile() && this.#contains(file)) return { file, stats };
    this.#files?.delete(name);
    return undefined;
  }

  /** The text of a file that is not served; undefined if there is none. */
  text(name: string): string | undefined {
    const file = path.join(this.root, name);
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
  }

  #list(): Map<string, string> {
    if (this.#files !== undefined) return this.#files;
    if (!fs.existsSync(this.root)) {
      throw new Error(`No folder ${this.root}, which the option "assets" names: create it, or name another one.`);
    }
    this.#files = new Map();
    this.#real = fs.realpathSync(this.root);
    const isIgnored = ignoredBy(this.text(".assetsignore"));
    this.#read("", this.#files, isIgnored, [this.#real]);
    return this.#files;
  }

  /** @param above the real paths of the folders on the way: a link to one of them has no end */
  #read(folder: string, files: Map<string, string>, isIgnored: (name: string) => boolean, above: string[]): void {
    for (const entry of fs.readdirSync(path.join(this.root, folder), { withFileTypes: true })) {
      const name = `${folder}/${entry.name}`;
      const file = path.join(this.root, name);
      if (OWN.has(name) || isIgnored(name)) continue;
      if (entry.isSymbolicLink() && !this.#contains(file)) {
        this.#warn(`The asset ${file} is a link that leads out of the folder of assets, and is not served`);
        continue;
      }
      const stats = entry.isSymbolicLink() ? fs.statSync(file) : entry;
      if (stats.isFile()) this.#add(name, file, files);
      if (!stats.isDirectory() || isIgnored(`${name}/`)) continue;
      const real = fs.realpathSync(file);
      if (!above.includes(real)) this.#read(name, files, isIgnored, [...above, real]);
    }
  }

  #add(name: string, file: string, files: Map<string, string>): void {
    const { size } = fs.statSync(file);
    if (size <= MAX_SIZE) return void files.set(name, file);
    this.#warn(
      `The asset ${file} has ${size} bytes and is not served: an asset has at most ${MAX_SIZE} bytes (25 MiB)`,
    );
  }

  /** Whether a path lies in the folder once all links on the way are followed. */
  #contains(file: string): boolean {
    try {
      const relative = path.relative(this.#real as string, fs.realpathSync(file));
      return relative.split(path.sep)[0] !== ".." && !path.isAbsolute(relative);
    } catch {
      // A link that leads nowhere.
      return false;
    }
  }
}

/** Whether `.assetsignore` says to leave a file or, with a slash at its end, a folder out. */
function ignoredBy(text: string | undefined): (name: string) => boolean {
  if (text === undefined) return () => false;
  const { ignoring } = require("./assets-ignore.ts") as typeof import("./assets-ignore.ts");
  return ignoring(text);
}
