// Watching files: those a worker was made of, and folders whose contents a build reads.
//
// Folders are what is watched, since editors put new files in the place of old ones, and a file may come to be later. An
// event says only that it is time to look: a file has changed when its time or its size has.

import fs from "node:fs";
import path from "node:path";
import timers from "node:timers";
const { clearTimeout, setTimeout } = timers;

/** Changes that come within this time of each other are one. */
const DEBOUNCE_MS = 50;

class Watcher {
  #onChange: (changed: string[]) => void;
  /** What each file was like when it was looked at. */
  #files = new Map<string, string>();
  #folders: string[] = [];
  #watches = new Map<string, { watch: fs.FSWatcher; recursive: boolean }>();
  #timer: NodeJS.Timeout | undefined;
  #touched = new Set<string>();

  /** @param onChange called with the paths of files and folders that changed, once for changes that come together */
  constructor(onChange: (changed: string[]) => void) {
    this.#onChange = onChange;
  }

  /** Watches these files, and these folders with all that is below them, in place of those before. */
  watch(files: string[], folders: string[]): void {
    this.#files = new Map(files.map((file) => [file, this.#files.get(file) ?? stateOf(file)]));
    this.#folders = folders;
    const wanted = new Map(files.map((file) => [existingFolder(path.dirname(file)), false]));
    for (const folder of folders) wanted.set(existingFolder(folder), fs.existsSync(folder));
    for (const folder of [...this.#watches.keys()]) if (!wanted.has(folder)) this.#unwatch(folder);
    for (const [folder, recursive] of wanted) this.#watchFolder(folder, recursive);
  }

  /** What files are like now is about to be read: it is no change any more. */
  read(): void {
    for (const file of this.#files.keys()) this.#files.set(file, stateOf(file));
  }

  #watchFolder(folder: string, recursive: boolean): void {
    const known = this.#watches.get(folder);
    if (known !== undefined && known.recursive === recursive) return;
    this.#unwatch(folder);
    try {
      const watch = fs.watch(folder, { recursive }, (_, name) => this.#event(folder, name));
      watch.on("error", () => this.#unwatch(folder));
      this.#watches.set(folder, { watch, recursive });
    } catch {
      // The folder has gone since it was looked for; the one above it is watched for it when files are named again.
    }
  }

  #unwatch(folder: string): void {
    this.#watches.get(folder)?.watch.close();
    this.#watches.delete(folder);
  }

  #event(folder: string, name: string | null): void {
    const touched = path.join(folder, name ?? "");
    for (const watched of this.#folders) if (isWithin(watched, touched)) this.#touched.add(watched);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), DEBOUNCE_MS);
  }

  #look(): void {
    const changed = [...this.#touched];
    this.#touched.clear();
    for (const [file, before] of this.#files) {
      const now = stateOf(file);
      if (now === before) continue;
      this.#files.set(file, now);
      changed.push(file);
    }
    if (changed.length > 0) this.#onChange(changed);
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const folder of [...this.#watches.keys()]) this.#unwatch(folder);
  }
}

/** What tells one content of a file from the next. */
function stateOf(file: string): string {
  const stats = fs.statSync(file, { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? "missing" : `${stats.mtimeNs}:${stats.size}:${stats.ino}`;
}

/** The folder itself, or the nearest above it that is there. */
function existingFolder(folder: string): string {
  return fs.existsSync(folder) ? folder : existingFolder(path.dirname(folder));
}

function isWithin(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return !relative.startsWith("..") && !path.isAbsolute(relative);
}

export { Watcher };
