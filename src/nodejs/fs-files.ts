// The files of a worker: `/bundle` has its modules, `/dev` devices, and `/tmp` what a request writes, or an object in its life. All
// but `/tmp` is read-only. The library keeps the files; here is who sees which, and who may change what.

import { createError, Superblock } from "@jsonjoy.com/fs-core";
import { currentContext } from "ext:miniflare/realm/context.ts";
import { addDevices, isDevice } from "./fs-devices.ts";
import { bundleFiles } from "./host.ts";
import type { File, Link, Node } from "@jsonjoy.com/fs-core";

const DIRECTORY = 0o040_000;
const REGULAR = 0o100_000;
const READ_ONLY = 0o555;
const ANYTHING = 0o777;
const READ = 0o444;
const [WRITE_ONLY, READ_WRITE, CREATE, TRUNCATE, APPEND] = [1, 2, 0o100, 0o1000, 0o2000];
const ACCESS = WRITE_ONLY | READ_WRITE;
const CHANGES = ACCESS | CREATE | TRUNCATE | APPEND;
const WRITABLE = "tmp";
const FIRST_DESCRIPTOR = 3;

/** What changes files, by the places of the paths that it changes among its arguments. */
const OF_PATHS: Record<string, number[]> = {
  chmod: [0],
  chown: [0],
  lchmod: [0],
  lchown: [0],
  link: [1],
  mkdir: [0],
  rename: [0, 1],
  rm: [0],
  rmdir: [0],
  symlink: [1],
  unlink: [0],
  utimes: [0],
};
/** Of these, what a link leads to is changed, not the link. */
const FOLLOWING = new Set(["chmod", "chown", "open", "utimes"]);
/** The same for open files. */
const OF_DESCRIPTORS = ["fchmod", "fchown", "futimes"];
/** As errors name the calls that have another name in the system. */
const SYSCALLS: Record<string, string> = { utimes: "utime", futimes: "futime" };

type Method = (...args: never[]) => unknown;

/** Outside of all requests. */
const NO_REQUEST = {};

/** Whose files those in `/tmp` are: of a request, or of an object in its life. */
function owner(): object {
  const context = currentContext();
  return context === undefined ? NO_REQUEST : (context.gates?.life ?? context.root);
}

const isWithinTmp = (link: Link) => link.steps[1] === WRITABLE;

class Files extends Superblock {
  /** What the root has, by who reads it. */
  readonly #roots = new WeakMap<object, Map<string, Link>>();
  #descriptor = FIRST_DESCRIPTOR;

  constructor() {
    super({ process: { cwd: () => "/bundle", platform: "linux", emitWarning() {}, env: {} } });
    this.#fill();
    for (const name of Object.keys(OF_PATHS)) this.#guard(name, OF_PATHS[name]);
    for (const name of OF_DESCRIPTORS) this.#guardDescriptor(name);
    this.#refine();
  }

  #folder(name: string, mode: number): Link {
    return this.root.createChild(name, this.createNode(DIRECTORY | mode));
  }

  #fill() {
    const bundle = this.#folder("bundle", READ_ONLY);
    this.#folder(WRITABLE, ANYTHING);
    const dev = this.#folder("dev", READ_ONLY);
    addDevices(dev, this);
    for (const link of [bundle, dev, this.root]) link.getNode().perm = READ_ONLY;
    const common = this.root.children;
    Object.defineProperty(this.root, "children", { get: () => this.#rootOf(owner(), common) });
    const before = bundle.children;
    Object.defineProperty(bundle, "children", {
      configurable: true,
      get: () => {
        Object.defineProperty(bundle, "children", { value: before });
        this.#addModules(bundle);
        return before;
      },
    });
  }

  #rootOf(who: object, common: Map<string, Link>): Map<string, Link> {
    let children = this.#roots.get(who);
    if (children !== undefined) return children;
    children = new Map(common);
    this.#roots.set(who, children);
    this.#folder(WRITABLE, ANYTHING);
    this.root.length--;
    this.root.getNode().nlink--;
    return children;
  }

  /** Adds the worker's modules, when somebody first looks for them. */
  #addModules(bundle: Link) {
    for (const [name, bytes] of bundleFiles()) {
      const parts = name.split("/");
      const file = parts.pop() as string;
      let folder = bundle;
      for (const part of parts) {
        folder = folder.getChild(part) ?? folder.createChild(part, this.createNode(DIRECTORY | READ_ONLY));
      }
      const node = this.createNode(REGULAR | READ);
      node.setBuffer(bytes);
      folder.createChild(file, node);
    }
  }

  /** Throws for a path whose file, or whose folder, is not in `/tmp`. */
  #mustBeWritable(name: string, path: string, paths: string[]) {
    const steps = this.filenameToSteps(path);
    const folder = this.getResolvedLink(steps.slice(0, -1));
    const found = FOLLOWING.has(name) ? this.getResolvedLink(steps) : this.getLink(steps);
    const isWrong = (link: Link | null) => link !== null && !isWithinTmp(link);
    if (!isWrong(folder) && !isWrong(found)) return;
    throw createError("EPERM", SYSCALLS[name] ?? name, ...paths);
  }

  #guard(name: string, places: number[]) {
    const methods = this as unknown as Record<string, Method>;
    const change = methods[name];
    methods[name] = (...args: never[]) => {
      const paths = name === "rename" || name === "link" || name === "symlink" ? args.slice(0, 2) : args.slice(0, 1);
      for (const place of places) this.#mustBeWritable(name, args[place], paths);
      return change(...args);
    };
  }

  #guardDescriptor(name: string) {
    const methods = this as unknown as Record<string, Method>;
    const change = methods[name];
    methods[name] = (...args: never[]) => {
      const file = this.getFileByFdOrThrow(args[0], name);
      if (!isWithinTmp(file.link)) throw createError("EPERM", SYSCALLS[name] ?? name);
      return change(...args);
    };
  }

  /** What the library leaves open: folders that are there, links in the place of what they lead to, how a file was opened. */
  #refine() {
    const { ftruncate, mkdir, mkdirp, read, readv, rename, rm, unlink } = this;
    this.mkdir = (path, mode) => {
      try {
        mkdir(path, mode);
      } catch (error) {
        throw createError((error as { code: string }).code, "mkdir", path);
      }
    };
    this.mkdirp = (path, mode) => {
      const steps = this.filenameToSteps(path);
      let count = steps.length;
      while (count > 0 && this.getResolvedLink(steps.slice(0, count)) === null) count--;
      // The first that would be made.
      if (count < steps.length) this.#mustBeWritable("mkdir", `/${steps.slice(0, count + 1).join("/")}`, [path]);
      return mkdirp(path, mode) === undefined ? undefined : `/${steps.slice(0, count + 1).join("/")}`;
    };
    this.unlink = (path) => {
      if (this.getLink(this.filenameToSteps(path))?.getNode().isDirectory())
        throw createError("EISDIR", "unlink", path);
      unlink(path);
    };
    const linkAt = (path: string) => {
      const link = this.getLink(this.filenameToSteps(path));
      return link?.getNode().isSymlink() ? link.getNode().symlink : undefined;
    };
    this.rm = (path, force, recursive) => (linkAt(path) === undefined ? rm(path, force, recursive) : this.unlink(path));
    this.rename = (from, to) => {
      const target = linkAt(from);
      if (target === undefined) return rename(from, to);
      if (this.getLink(this.filenameToSteps(to)) !== null) this.unlink(to);
      this.symlink(target, to);
      this.unlink(from);
    };
    const mustBeReadable = (descriptor: number) => {
      if ((this.getFileByFdOrThrow(descriptor, "read").flags & ACCESS) === WRITE_ONLY)
        throw createError("EBADF", "read");
    };
    this.read = (descriptor, ...rest) => {
      mustBeReadable(descriptor);
      return read(descriptor, ...rest);
    };
    this.readv = (descriptor, ...rest) => {
      mustBeReadable(descriptor);
      return readv(descriptor, ...rest);
    };
    this.ftruncate = (descriptor, length) => {
      const { flags } = this.getFileByFdOrThrow(descriptor, "ftruncate");
      if ((flags & ACCESS) === 0) throw createError("EINVAL", "ftruncate");
      ftruncate(descriptor, length);
    };
  }

  override openFile(path: string, flags: number, mode: number, resolvesLinks?: boolean): File {
    if ((flags & CHANGES) !== 0) {
      const found = this.getResolvedLink(this.filenameToSteps(path));
      if (found === null || !isDevice(found.getNode())) {
        const isThere = found !== null && (flags & (CHANGES & ~CREATE)) === 0;
        if (!isThere) this.#mustBeWritable("open", path, [path]);
      }
    }
    return super.openFile(path, flags, mode, resolvesLinks);
  }

  override write(descriptor: number, ...rest: [bytes: Uint8Array, offset: number, length: number, position: unknown]) {
    if ((this.getFileByFdOrThrow(descriptor, "write").flags & ACCESS) === 0) throw createError("EBADF", "write");
    return super.write(descriptor, ...rest);
  }

  /** The library would keep each file that was ever there, and take a change of a mode or an owner for one of the contents. */
  override createNode(mode: number): Node {
    const node = super.createNode(mode);
    delete this.inodes[node.ino];
    return Object.assign(node, {
      chmod: (permissions: number) => void Object.assign(node, { perm: permissions }),
      chown: (uid: number, gid: number) => void Object.assign(node, { uid, gid }),
    });
  }

  override newFdNumber(): number {
    return this.releasedFds.sort((a, b) => b - a).pop() ?? this.#descriptor++;
  }
}

export const files = new Files();
