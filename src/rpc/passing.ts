// How values are passed: within a realm as copies with stubs in them, and to another realm as messages. One copy of this runs
// in the worker and one in Node.

import { Copier, copyShortList, isShort, replaceIn } from "./copy.ts";
import { asRemote, copyError, exceptionOf } from "./errors.ts";
import { CountedHook } from "./counted-hook.ts";
import { STUB } from "./hook.ts";
import type { Counted } from "./counted-hook.ts";
import { Message } from "./message.ts";
import { claim, disposeOf, hookOf, isPlain, stubOf } from "./stubs.ts";
import type { Passing } from "./copy.ts";
import type { Hook, Path } from "./hook.ts";

/** A function that crosses the membrane for a hook: what it does is that of `STUB`. */
export type Capability = (what: number, path?: Path, args?: Message) => Promise<Message> | undefined;

/** What a realm provides. */
export interface PassingRealm {
  /** What refers to a function or a target. */
  hook(target: object): Hook;
  isTarget(value: object): boolean;
  /** An object of the platform for the same realm; undefined for other values. */
  platform(value: object): unknown;
  /** The same for another realm: an object whose kind crosses the membrane. */
  crossing(value: object): unknown;
  /** How many bytes a value takes when it is serialized; undefined if it cannot be as a whole. */
  sizeOf(value: unknown): number | undefined;
  refuse(text: string): Error;
  /** The capability of a hook, called with no hook of another realm's. */
  capability(hook: Hook): Capability;
}

/** What was passed, and the stubs that were made for that. */
export interface Passed<Value> {
  value: Value;
  stubs: object[];
}

let realm: PassingRealm;
export function passIn(given: PassingRealm) {
  realm = given;
}

const NO_STUBS: object[] = [];

const noDuplicate = (what: string, kind: string, one: string) =>
  `Couldn't create a stub for the ${what} because it has a dup() method which did not return another ${kind}. Either remove the dup() method or make sure it returns ${one}.`;

/** What is passed for an argument that is a target or a function: what its own `dup()` returns, if it has one. */
function duplicateOf(target: object): object {
  const dup: unknown = (target as { dup?: unknown }).dup;
  if (typeof dup !== "function") return target;
  const made: unknown = Reflect.apply(dup, target, []);
  if (typeof target === "function") {
    if (typeof made === "function") return made;
    throw realm.refuse(noDuplicate("function", "function", "a function"));
  }
  if (typeof made === "object" && made !== null && realm.isTarget(made)) return made;
  // "RcpTarget" is how Workers have it.
  throw realm.refuse(noDuplicate("RcpTarget", "RpcTarget", "an RpcTarget"));
}

/** Copies of arguments for the same realm. */
export const passArguments = (args: unknown[]): Passed<unknown[]> => passHere(args, duplicateOf);

/** A copy for the same realm. `prepared` gives what is passed for a target. */
export function passHere<Value>(value: Value, prepared = asItIs): Passed<Value> {
  if (isShort(value)) return { value, stubs: NO_STUBS };
  // Most arguments are a few of these.
  const list = Array.isArray(value) ? copyShortList(value) : undefined;
  if (list !== undefined) return { value: list as Value, stubs: NO_STUBS };
  const stubs: object[] = [];
  const made = (hook: Hook) => {
    const stub = stubOf(hook);
    stubs.push(stub);
    return stub;
  };
  const copier: Copier = new Copier({
    target: (target) => made(realm.hook(prepared(target))),
    stub: (value, hook) => (hook.isAddress ? value : made(hook.dup())),
    isTarget: realm.isTarget,
    platform: realm.platform,
    error: (error) => copyError(error, (member) => copier.copy(member)),
    sizeOf: realm.sizeOf,
    refuse: realm.refuse,
  });
  return { value: copier.copyMessage(value) as Value, stubs };
}

const asItIs = (target: object) => target;

/** Copies of arguments for another realm. */
const packArguments = (args: unknown[]) => pack(args, duplicateOf);

/** A copy for another realm. `prepared` gives what is passed for a target. */
export function pack(value: unknown, prepared = asItIs): Message {
  if (isShort(value)) return new Message(value, NO_STUBS, NO_STUBS);
  const list = Array.isArray(value) ? copyShortList(value) : undefined;
  if (list !== undefined) return new Message(list, NO_STUBS, NO_STUBS);
  const holders: object[] = [];
  const extras: unknown[] = [];
  const held = (extra: unknown) => {
    const holder = {};
    holders.push(holder);
    extras.push(extra);
    return holder;
  };
  const passing: Passing = {
    target: (target) => held(capabilityOf(realm.hook(prepared(target)))),
    stub: (_value, hook) => held(capabilityOf(hook.dup())),
    isTarget: realm.isTarget,
    platform(value) {
      const crossing = realm.crossing(value);
      return crossing === undefined ? undefined : held(crossing);
    },
    error: (error) => held(copyError(error, (member) => passHere(member).value)),
    sizeOf: realm.sizeOf,
    refuse: realm.refuse,
  };
  return new Message(new Copier(passing).copyMessage(value), holders, extras);
}

/** What arrived, which nothing else has. */
export function unpack<Value>({ data, holders, extras }: Message): Passed<Value> {
  const stubs: object[] = [];
  const arrived = (extra: unknown) => {
    if (typeof extra !== "function") return extra;
    const stub = stubOf(new RemoteHook(extra as Capability));
    stubs.push(stub);
    return stub;
  };
  const replacements = new Map(holders.map((holder, index) => [holder, arrived(extras[index])]));
  return { value: (holders.length === 0 ? data : replaceIn(data, replacements)) as Value, stubs };
}

const capabilityOf = (hook: Hook): Capability =>
  hook instanceof RemoteHook ? hook.takeCapability() : realm.capability(hook);

/** The result of a call, for the caller whose code runs: disposing of an object disposes of the stubs in it. */
export function received<Value>({ value, stubs }: Passed<Value>): Value {
  claim(stubs);
  if (typeof value === "object" && value !== null && hookOf(value) === undefined) {
    const dispose = () => {
      for (const stub of stubs) disposeOf(stub);
    };
    disposable(value, stubs.length === 0 ? nothing : dispose);
  }
  return value;
}

const nothing = () => {};

/** Has an object be disposed of by `dispose`, unless it has a way of its own. */
export function disposable(value: object, dispose: () => void) {
  if (Object.hasOwn(value, Symbol.dispose) || !(isPlain(value) || Array.isArray(value))) return;
  Object.defineProperty(value, Symbol.dispose, { value: dispose, writable: true, configurable: true });
}

/** What a caller gets of what the receiver threw: a value that is not an object becomes the text of an error. */
export function remoteError(thrown: unknown): unknown {
  const isObject = (typeof thrown === "object" && thrown !== null) || typeof thrown === "function";
  return asRemote(isObject ? exceptionOf(passHere(thrown).value) : new Error(String(thrown)));
}

function release(capability: Capability) {
  try {
    capability(STUB.RELEASE);
  } catch {
    // The other realm has ended, and its targets with it.
  }
}

/** A reference to something of another realm. All that were made of one share it. */
export class RemoteHook extends CountedHook {
  #capability: Capability;

  constructor(capability: Capability, shared: Counted = { count: 0, end: () => release(capability) }) {
    super(shared);
    this.#capability = capability;
  }

  async send(path: Path, args: unknown[] | undefined): Promise<unknown> {
    return ask((message) => this.#capability(args === undefined ? STUB.READ : STUB.CALL, path, message), args);
  }

  dup() {
    return new RemoteHook(this.#capability, this.shared);
  }

  /** The capability for another realm, which ends this reference when it is released. */
  takeCapability(): Capability {
    return (what, path, args) => {
      if (what === STUB.RELEASE) return void this.dispose();
      const answer = this.#capability(what, path, args);
      // It crosses as the promise of its own realm, to which this one's rejection belongs.
      answer?.catch(() => {});
      return answer;
    };
  }
}

/** Calls another realm with arguments, and resolves with the result. */
export async function ask(
  send: (message: Message | undefined) => Promise<Message> | undefined,
  args: unknown[] | undefined,
): Promise<unknown> {
  const message = args && packArguments(args);
  let result: Message;
  try {
    result = (await send(message)) as Message;
  } catch (error) {
    throw remoteError(error);
  }
  return received(unpack(result));
}
