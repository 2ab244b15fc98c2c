// `node:fs` and `node:fs/promises`: the library's functions, on the files of the worker.

import {
  Dir,
  Dirent,
  FileHandle,
  fsCallbackApiList,
  fsSynchronousApiList,
  Stats,
  toUnixTimestamp,
  Volume,
} from "@jsonjoy.com/fs-node";
import * as flags from "unenv/node/internal/fs/constants";
import { invalidArgType, nodeError } from "./errors.ts";
import { files } from "./fs-files.ts";
import { streamsOf } from "./fs-streams.ts";

type Members = Record<string, unknown>;
type Method = (...args: unknown[]) => unknown;

/** Files of a request are gone with it: there is nobody to tell of changes. */
const UNSUPPORTED = ["watch", "watchFile", "unwatchFile"];

const volume = new Volume(files);
const members = volume as unknown as Members;

function unsupported(): never {
  throw nodeError(Error, "ERR_UNSUPPORTED_OPERATION", "The requested operation is unsupported");
}

/** The methods of an object as functions of their own. */
function functionsOf(object: Members, names: Iterable<string>): Members {
  const functions: Members = {};
  for (const name of names) {
    const method = object[name];
    if (typeof method !== "function") continue;
    const bound = method.bind(object);
    const { native } = method as unknown as Members;
    functions[name] = typeof native === "function" ? Object.assign(bound, { native: native.bind(object) }) : bound;
    Object.defineProperty(functions[name], "name", { value: name, configurable: true });
  }
  return functions;
}

/** The data that files are written with, which the library would take as text. */
function validateData(data: unknown) {
  if (typeof data === "string" || ArrayBuffer.isView(data)) return;
  throw invalidArgType("data", ["string", "Buffer", "TypedArray", "DataView"], data);
}

/** Adds what the library does not check, and the way in which files are opened unless it is given. */
function refine(functions: Members) {
  for (const name of ["appendFileSync", "writeFileSync", "appendFile", "writeFile"]) {
    const write = functions[name] as Method;
    define(functions, name, (path, data, ...rest) => {
      validateData(data);
      return write(path, data, ...rest);
    });
  }
  for (const name of ["readdir", "readdirSync"]) {
    const read = functions[name] as Method;
    // The library would give the names of what is in folders as paths.
    define(functions, name, (path, ...rest) =>
      read(typeof path === "string" ? path.replace(/(.)\/+$/, "$1") : path, ...rest),
    );
  }
  const { open, openSync } = functions as Record<string, Method>;
  define(functions, "openSync", (path, flags = "r", ...rest) => openSync(path, flags ?? "r", ...rest));
  define(functions, "open", (path, flags, ...rest) => {
    return typeof flags === "function" ? open(path, "r", flags) : open(path, flags ?? "r", ...rest);
  });
  return functions;
}

function define(functions: Members, name: string, value: Method) {
  functions[name] = Object.defineProperty(value, "name", { value: name, configurable: true });
}

const constants: Record<string, number> = { ...flags };
const { F_OK, R_OK, W_OK, X_OK } = constants;
const refused = Object.fromEntries(UNSUPPORTED.map((name) => [name, unsupported]));

const functions = refine(functionsOf(members, [...fsSynchronousApiList, ...fsCallbackApiList]));
const inPromises = volume.promises as Members;

export const promises: Members = {
  ...functionsOf(inPromises, Object.keys(inPromises)),
  FileHandle,
  constants,
  watch: () => ({ [Symbol.asyncIterator]: () => ({ next: async () => unsupported() }) }),
};

Object.assign(volume, streamsOf(functions as never));

const fs: Members = {
  ...functions,
  ...refused,
  constants,
  Dir,
  Dirent,
  F_OK,
  FileReadStream: members.ReadStream,
  FileWriteStream: members.WriteStream,
  R_OK,
  ReadStream: members.ReadStream,
  Stats,
  W_OK,
  WriteStream: members.WriteStream,
  X_OK,
  _toUnixTimestamp: toUnixTimestamp as Method,
  promises,
};

export default fs;
