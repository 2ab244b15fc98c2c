// The calls that Node answers for its modules in a worker, on the same stack (`node/host-calls.ts` lists them): functions of
// Node's modules, and objects of Node's that a worker knows by numbers. Bytes and plain data cross, and errors come with their
// class, their code and their text.

import { op_host_copies_below } from "ext:core/ops";
import { kept as keptOutside } from "ext:miniflare/realm/outside.ts";
import { HOST, host } from "ext:miniflare/realm/port.ts";
import { nodeError } from "./errors.ts";
import { pack, unpack } from "./packed.ts";
import type { WireValue } from "../wire.ts";

const CLASSES: Record<string, new (message: string) => Error> = { Error, RangeError, SyntaxError, TypeError };
const copiesBelow = op_host_copies_below();

/** Longer bytes than those that are copied on their way would be handed over. */
const kept = (bytes: Uint8Array) => (bytes.length < copiesBelow ? bytes : new Uint8Array(bytes));

/** Functions of Node's modules whose results are random. */
const RANDOM = new Set([
  ...["generateKeyPairSync", "generateKeySync", "generatePrimeSync", "privateEncrypt", "publicEncrypt"],
  ...["sign", "signature"],
]);

/** What Node answers; in a run that is replayed, what it has answered in the recording if that is random. */
function answerTo(call: string, args: unknown[]): WireValue {
  const answer = host(HOST.NODEJS, call, pack(args, kept));
  const name = args[1] as string;
  return call === "call" && RANDOM.has(name) ? keptOutside(`node:crypto.${name}`, answer) : answer;
}

/** Calls Node; throws what it throws. */
function ask(call: string, ...args: unknown[]): unknown {
  const [isDone, ...answer] = answerTo(call, args) as [boolean, ...WireValue[]];
  if (isDone) return unpack(answer[0]);
  const [className, code, message, rest, showsCode] = answer as [string, string | null, string, WireValue, boolean];
  const Class = CLASSES[className] ?? Error;
  const plain = () => Object.assign(new Class(message), code === null ? {} : { code });
  const error = showsCode ? nodeError(Class, code as string, message) : plain();
  throw Object.assign(error, unpack(rest));
}

/** What a function of a module of Node's returns. */
export const call = (module: string, name: string, ...args: unknown[]) => ask("call", module, name, ...args);

/** The files that the worker is made of. */
export const bundleFiles = () => ask("files") as [name: string, bytes: Uint8Array][];

const forgotten = new FinalizationRegistry<number>((number) => void ask("close", number));

/** An object of Node's. It is closed when this is collected, if not before. */
export class Remote {
  readonly #number: number;

  /** Makes the object, of a kind that Node lists. */
  constructor(kind: string | number, ...args: unknown[]) {
    this.#number = typeof kind === "number" ? kind : (ask("open", kind, ...args) as number);
    forgotten.register(this, this.#number, this);
  }

  /** What a method of it returns. */
  call(method: string, ...args: unknown[]): unknown {
    return ask("send", this.#number, method, ...args);
  }

  /** Another object in the same state. */
  copy(...args: unknown[]): Remote {
    return new Remote(ask("copy", this.#number, ...args) as number);
  }

  close() {
    forgotten.unregister(this);
    ask("close", this.#number);
  }
}
