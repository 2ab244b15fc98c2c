// How values are passed: within a realm as copies with stubs in them, and to another realm as messages. One copy of this runs
// in the worker and one in Node.

import { Copier, replaceIn } from "./copy.ts";
import { asRemote, copyError, exceptionOf } from "./errors.ts";
import { CountedHook } from "./counted-hook.ts";
import { STUB } from "./hook.ts";
import type { Counted } from "./counted-hook.ts";
import { Message } from "./message.ts";
import { disposeOf, hookOf, isPlain, stubOf } from "./stubs.ts";
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

/** A copy for the same realm. */
export function passHere<Value>(value: Value): Passed<Value> {
  const stubs: object[] = [];
  const made = (hook: Hook) => {
    const stub = stubOf(hook);
    stubs.push(stub);
    return stub;
  };
  const copier: Copier = new Copier({
    target: (target) => made(realm.hook(target)),
    stub: (value, hook) => (hookIsAddress(hook) ? value : made(hook.dup())),
    isTarget: realm.isTarget,
    platform: realm.platform,
    error: (error) => copyError(error, (member) => copier.copy(member)),
    refuse: realm.refuse,
  });
  return { value: copier.copy(value) as Value, stubs };
}

/** What stands for a service or an object is no reference that ends. */
const hookIsAddress = (hook: Hook) => hook.dup() === hook;

/** A copy for another realm. */
export function pack(value: unknown): Message {
  const holders: object[] = [];
  const extras: unknown[] = [];
  const held = (extra: unknown) => {
    const holder = {};
    holders.push(holder);
    extras.push(extra);
    return holder;
  };
  const passing: Passing = {
    target: (target) => held(capabilityOf(realm.hook(target))),
    stub: (_value, hook) => held(capabilityOf(hook.dup())),
    isTarget: realm.isTarget,
    platform(value) {
      const crossing = realm.crossing(value);
      return crossing === undefined ? undefined : held(crossing);
    },
    error: (error) => held(copyError(error, (member) => passHere(member).value)),
    refuse: realm.refuse,
  };
  return new Message(new Copier(passing).copy(value), holders, extras);
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

/** The result of a call, for the caller: disposing of an object disposes of the stubs in it. */
export function received<Value>({ value, stubs }: Passed<Value>): Value {
  if (stubs.length > 0 && typeof value === "object" && value !== null && hookOf(value) === undefined) {
    disposable(value, () => {
      for (const stub of stubs) disposeOf(stub);
    });
  }
  return value;
}

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
    return (what, path, args) => (what === STUB.RELEASE ? void this.dispose() : this.#capability(what, path, args));
  }
}

/** Calls another realm with arguments, and resolves with the result. */
export async function ask(
  send: (message: Message | undefined) => Promise<Message> | undefined,
  args: unknown[] | undefined,
): Promise<unknown> {
  const message = args && pack(args);
  let result: Message;
  try {
    result = (await send(message)) as Message;
  } catch (error) {
    throw remoteError(error);
  }
  return received(unpack(result));
}
