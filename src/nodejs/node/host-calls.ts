// The calls that Node's modules in a worker make, and all that a worker can reach of Node by them: the functions that are listed
// here, and objects of listed kinds by numbers. Node itself checks the arguments, which are plain data, bytes and keys; nothing
// of a worker's is called.

import path from "node:path";
import util from "node:util";
import { pack, unpack } from "./packed-values.ts";
import type { WireValue } from "../../node/binding/exports.d.ts";

type AnyFunction = (...args: never[]) => unknown;
type Functions = Record<string, AnyFunction>;
type Files = [name: string, bytes: Uint8Array][];
type Kinds = Record<string, [make: AnyFunction, ...methods: string[]]>;
interface Module {
  functions: Functions;
  objects?: Kinds;
}
/** An object that a worker has a number of. */
interface Open {
  object: Record<string, unknown>;
  methods: string[];
}

const PATH_METHODS = [
  ...["basename", "dirname", "extname", "format", "isAbsolute", "join", "matchesGlob"],
  ...["normalize", "parse", "relative", "resolve", "toNamespacedPath"],
];

/** The functions for paths of one flavour. */
function pathsOf(flavour: "posix" | "win32"): Functions {
  const all = path[flavour] as unknown as Record<string, AnyFunction | undefined>;
  const missing = (name: string) => () => {
    throw new TypeError(`Node ${process.version} has no path.${flavour}.${name}`);
  };
  return Object.fromEntries(PATH_METHODS.map((name) => [`${flavour}.${name}`, all[name] ?? missing(name)]));
}

/** The modules, loaded when a worker uses one. */
const MODULES: Record<string, () => Module> = {
  crypto: () => require("./crypto-calls.ts") as typeof import("./crypto-calls.ts"),
  path: () => ({ functions: { ...pathsOf("posix"), ...pathsOf("win32") } }),
  util: () => ({
    functions: {
      getSystemErrorMap: () => [...util.getSystemErrorMap()],
      getSystemErrorMessage: (number: number) => util.getSystemErrorMap().get(number)?.[1],
      getSystemErrorName: util.getSystemErrorName,
    },
  }),
  zlib: () => require("./zlib-calls.ts") as typeof import("./zlib-calls.ts"),
};

const loaded = new Map<string, Module>();

function moduleOf(name: string): Module {
  let module = loaded.get(name);
  if (module === undefined) {
    if (!Object.hasOwn(MODULES, name)) throw new TypeError(`There is no module "${name}"`);
    module = MODULES[name]();
    loaded.set(name, module);
  }
  return module;
}

/** An entry of a list, by the name that a worker gives. */
function listed<Entry>(list: Record<string, Entry>, name: string): Entry {
  if (!Object.hasOwn(list, name)) throw new TypeError(`There is no call "${name}"`);
  return list[name];
}

/** The calls of one worker, and what they have opened. */
class HostCalls {
  readonly #open = new Map<number, Open>();
  #next = 1;
  #files: () => Files = () => [];

  readonly #calls: Functions = {
    call: (module: string, name: string, ...args: never[]) => listed(moduleOf(module).functions, name)(...args),
    open: (kind: string, ...args: never[]) => {
      const module = kind === "codec" ? "zlib" : "crypto";
      const [make, ...methods] = listed(moduleOf(module).objects as Kinds, kind);
      return this.#keep(make(...args) as Open["object"], methods);
    },
    send: (number: number, name: string, ...args: never[]) => {
      const { object, methods } = this.#at(number);
      if (!methods.includes(name)) throw new TypeError(`There is no call "${name}"`);
      const member = object[name];
      const result = typeof member === "function" ? member.apply(object, args) : member;
      return result === object ? undefined : result;
    },
    copy: (number: number, ...args: never[]) => {
      const { object, methods } = this.#at(number);
      return this.#keep((object.copy as AnyFunction).apply(object, args) as Open["object"], methods);
    },
    close: (number: number) => void this.#open.delete(number),
    files: () => this.#files(),
  };

  /**
   * Answers a call: `[true, result]` or `[false, class, code, message, other properties]`.
   * @param files what the worker is made of
   */
  answer([name, args]: WireValue[], files: () => Files): WireValue {
    this.#files = files;
    try {
      return [true, pack(listed(this.#calls, name as string)(...(unpack(args) as never[])))];
    } catch (error) {
      const { name: className, code = null, message, ...rest } = error as NodeJS.ErrnoException;
      const { toString: _, ...others } = rest as Record<string, unknown>;
      // Errors of Node's own JavaScript show their code, those of what is below do not.
      const showsCode = code !== null && String(error).includes(`[${code}]`);
      return [false, className, code, message, pack({ ...others }), showsCode];
    }
  }

  /** Closes what is open. */
  end(): void {
    this.#open.clear();
  }

  #keep(object: Open["object"], methods: string[]): number {
    const number = this.#next++;
    this.#open.set(number, { object, methods });
    return number;
  }

  #at(number: number): Open {
    const open = this.#open.get(number);
    if (open === undefined) throw new TypeError(`There is no object ${number}`);
    return open;
  }
}

export { HostCalls };
