// `node:module`: which modules there are, and `createRequire`, which finds them and nothing else.

import library from "unenv/node/module";
import { nameOf, names, nodeModule } from "ext:miniflare/nodejs/modules.ts";
import { invalidArgValue, nodeError, validateString } from "./errors.ts";

const builtinModules = names();

function isBuiltin(name: unknown): boolean {
  validateString(name, "id");
  return nameOf(name, true) !== undefined;
}

function found(specifier: unknown): string {
  validateString(specifier, "id");
  const name = nameOf(specifier, true);
  if (name !== undefined) return name;
  const message = `Cannot find module '${specifier}'. In a worker, createRequire() finds the modules of Node; import others.`;
  throw nodeError(Error, "MODULE_NOT_FOUND", message);
}

/** A `require` for the modules of Node. The file that it is for has no part in that. */
function createRequire(file: unknown) {
  const isFile = file instanceof URL || (typeof file === "string" && /^(?:file:|\/)/.test(file));
  if (!isFile && file !== undefined) {
    validateString(file, "filename");
    // Bundlers pass `import.meta.url`, which may be the name of a script.
    if (file === "")
      throw invalidArgValue("filename", file, "must be a file URL object, file URL string, or absolute path string");
  }
  const require = (specifier: unknown) => nodeModule(found(specifier));
  const resolve = (specifier: unknown) => {
    found(specifier);
    return specifier;
  };
  return Object.assign(require, { resolve, cache: Object.create(null), main: undefined });
}

const module: object = { ...library, builtinModules, createRequire, isBuiltin };

export default module;
