// `node:path`: the library's for paths with slashes. Paths of Windows are rare in a worker: Node computes them.

import library from "path-browserify";
import { call } from "./host.ts";
import { invalidArgType, validateObject, validateString } from "./errors.ts";

type Path = Record<string, unknown>;
type AnyFunction = (...args: never[]) => unknown;

/** What `process.cwd()` returns. */
const FOLDER = "/bundle";
const METHODS = [
  "basename",
  "dirname",
  "extname",
  "format",
  "isAbsolute",
  "join",
  "normalize",
  "parse",
  "relative",
  "resolve",
  "toNamespacedPath",
  "matchesGlob",
] as const;

/** What each parameter that must be a text is called. */
const TEXTS: Record<string, string[]> = {
  basename: ["path"],
  dirname: ["path"],
  extname: ["path"],
  isAbsolute: ["path"],
  normalize: ["path"],
  parse: ["path"],
  relative: ["from", "to"],
};

function posixMethod(name: string): AnyFunction {
  const method = (library as unknown as Record<string, AnyFunction>)[name];
  const texts = TEXTS[name] ?? [];
  return (...args: unknown[]) => {
    texts.forEach((text, index) => {
      validateString(args[index], text);
    });
    if (name === "join" || name === "resolve")
      for (const arg of args) validateString(arg, name === "join" ? "path" : "paths");
    if (name === "basename" && args[1] !== undefined) validateString(args[1], "suffix");
    if (name === "format") return formatted(args[0]);
    // The library would ask a global for the working directory.
    if (name === "resolve") args.unshift(FOLDER);
    if (name === "relative") return method(...(args.map((path) => library.resolve(FOLDER, path as string)) as never[]));
    return method(...(args as never[]));
  };
}

interface Parts {
  root?: string;
  dir?: string;
  base?: string;
  name?: string;
  ext?: string;
}

function formatted(parts: unknown): string {
  validateObject(parts, "pathObject");
  const { root = "", dir = root, name = "", ext = "", base } = parts as Parts;
  const file = base || `${name}${ext === "" || ext.startsWith(".") ? "" : "."}${ext}`;
  if (dir === "") return file;
  return dir === root ? `${dir}${file}` : `${dir}/${file}`;
}

const posix: Path = { sep: "/", delimiter: ":" };
const win32: Path = { sep: "\\", delimiter: ";" };
for (const name of METHODS) {
  if (name === "matchesGlob" || name === "toNamespacedPath") continue;
  posix[name] = posixMethod(name);
}
posix.toNamespacedPath = (path: unknown) => path;
posix.matchesGlob = (path: unknown, pattern: unknown) => {
  if (typeof path !== "string") throw invalidArgType("path", "string", path);
  validateString(pattern, "pattern");
  return call("path", "posix.matchesGlob", path, pattern);
};
for (const name of METHODS) win32[name] = (...args: unknown[]) => call("path", `win32.${name}`, ...args);
const { toNamespacedPath } = win32 as Record<string, AnyFunction>;
win32.toNamespacedPath = (path: unknown) => (typeof path === "string" ? toNamespacedPath(path as never) : path);
for (const path of [posix, win32]) {
  path.posix = posix;
  path.win32 = win32;
  path._makeLong = path.toNamespacedPath;
}

export { posix, win32 };
export default posix;
