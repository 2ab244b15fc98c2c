// Stubs, and what their members are. One copy runs in the worker and one in Node.
//
// A member of a stub is an `RpcProperty`, whatever the other end has. Calling one gives an `RpcPromise`, whose members are
// properties in turn: calls of these wait for the promise, in order.

import { asRemote } from "./errors.ts";
import { isThenable, notCallable, notImplemented } from "./hook.ts";
import type { Owned } from "../realm/owned.ts";
import type { Hook, Path } from "./hook.ts";

const STUB_DISPOSED = "RPC stub used after being disposed.";
const PROMISE_DISPOSED = "RPC promise used after being disposed.";
const OTHER_REQUEST =
  "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, request/response bodies, and others) created in the context of one request handler cannot be accessed from a different request's handler. This is a limitation of Cloudflare Workers which allows us to improve overall performance. (I/O type: Client)";
const MAX_DEPTH = 64;

/** What stubs have inside. What promises and properties have is in no map, since each call makes one of both. */
const insides = new WeakMap<object, StubHandler>();
/** A stub that was collected without having been disposed of. */
const collected = new FinalizationRegistry<StubHandler>((inside) => inside.end());

/** Told of stubs, and of calls whose results may hold some. */
interface Watcher {
  made(inside: object): void;
  disposed(inside: object): void;
  /** A call whose result may hold stubs, to be made later by the code that asks for it now. */
  call<Result>(work: () => Result): () => Result;
}

let watcher: Watcher = { made() {}, disposed() {}, call: (work) => work };
export const watchStubs = (given: Watcher) => void (watcher = given);

/** What stubs belong to that code has received: a request, with which they end, or an object, which keeps no list of them. */
export type Owner = Pick<Owned, "add" | "delete"> | { readonly isOver: boolean };

/** Finds what the code that runs is part of; undefined outside of requests, where every stub can be used. */
let findOwner: () => Owner | undefined = () => undefined;
export function findOwnersWith(find: () => Owner | undefined) {
  findOwner = find;
}

/** Makes the hook of a local stub, where stubs can be constructed. */
let hookOfTarget: ((target: unknown) => Hook) | undefined;
export function constructWith(make: (target: unknown) => Hook) {
  hookOfTarget = make;
}

class RpcStub {
  constructor(target: unknown) {
    if (hookOfTarget === undefined) illegal();
    // biome-ignore lint/correctness/noConstructorReturn: a stub is a proxy, made by this class.
    return stubOf(hookOfTarget(target)) as RpcStub;
  }
}

class RpcPromise {
  constructor() {
    illegal();
  }
}

class RpcProperty {
  constructor() {
    illegal();
  }
}

function illegal(): never {
  throw new TypeError("Illegal constructor");
}

/** What `Object.prototype.toString` says of them, as in Workers. */
for (const [Class, tag] of [
  [RpcStub, "JsRpcStub"],
  [RpcPromise, "JsRpcPromise"],
  [RpcProperty, "JsRpcProperty"],
] as const) {
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: tag, configurable: true });
}

/** What the proxies of a class are over: a function without properties of its own. */
function callable(prototype: object) {
  const target = () => {};
  Reflect.deleteProperty(target, "name");
  Reflect.deleteProperty(target, "length");
  return Object.setPrototypeOf(target, prototype) as () => void;
}

const STUB = callable(RpcStub.prototype);
const PROMISE = callable(RpcPromise.prototype);
const PROPERTY = callable(RpcProperty.prototype);

/** Names that lead to no member at the other end. JSON is made of what is here. */
const isNoMember = (target: object, name: string | symbol): name is symbol =>
  typeof name === "symbol" || name === "toJSON" || name in target;

/** The traps that all have. */
abstract class Handler {
  abstract get(target: object, name: string | symbol): unknown;
  abstract apply(target: object, self: unknown, args: unknown[]): unknown;

  set() {
    return false;
  }
  defineProperty() {
    return false;
  }
  deleteProperty() {
    return false;
  }
  setPrototypeOf() {
    return false;
  }
  preventExtensions() {
    return false;
  }
}

/** Sends a call. Of a stub that was disposed of, the call rejects. */
function sent(send: () => Promise<unknown>): Promise<unknown> {
  try {
    return watcher.call(send)();
  } catch (error) {
    return Promise.reject(error);
  }
}

class StubHandler extends Handler {
  #hook: Hook;
  #owner: Owner | undefined;
  #isDisposed = false;

  constructor(hook: Hook) {
    super();
    this.#hook = hook;
  }

  get hook() {
    if (this.#owner !== undefined && this.#owner !== (findOwner() ?? this.#owner)) throw new Error(OTHER_REQUEST);
    if (this.#isDisposed) throw new Error(STUB_DISPOSED);
    return this.#hook;
  }

  /** The code of an owner has received it. */
  belong(owner: Owner) {
    this.#owner = owner;
    if ("add" in owner) owner.add(this);
  }

  #dup() {
    const stub = stubOf(this.hook.dup());
    if (this.#owner !== undefined) insides.get(stub)?.belong(this.#owner);
    return stub;
  }

  get(target: object, name: string | symbol): unknown {
    if (name === "dup") return () => this.#dup();
    if (name === Symbol.dispose) return () => this.dispose();
    // A stub is no promise: awaiting it gives the stub.
    if (name === "then" || isNoMember(target, name)) return Reflect.get(target, name);
    return propertyOf(this, [name]);
  }

  apply(_target: object, _self: unknown, args: unknown[]) {
    return promiseOf(sent(() => this.hook.send([], args)));
  }

  dispose() {
    watcher.disposed(this);
    this.end();
  }

  /** It was disposed of or collected, or its owner has ended. */
  end() {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    if (this.#owner !== undefined && "add" in this.#owner) this.#owner.delete(this);
    collected.unregister(this);
    this.#hook.dispose();
  }
}

class PropertyHandler extends Handler {
  #root: StubHandler | PromiseHandler | FixedRoot;
  #path: Path;

  constructor(root: StubHandler | PromiseHandler | FixedRoot, path: Path) {
    super();
    this.#root = root;
    this.#path = path;
  }

  get(target: object, name: string | symbol): unknown {
    if (name === "then" || name === "catch" || name === "finally")
      return settling(
        name,
        watcher.call(() => this.read()),
      );
    if (isNoMember(target, name)) return Reflect.get(target, name);
    return propertyOf(this.#root, [...this.#path, name]);
  }

  apply(_target: object, _self: unknown, args: unknown[]) {
    return promiseOf(sent(() => this.#root.hook.send(this.#path, args)));
  }

  read() {
    return this.#root.hook.send(this.#path, undefined);
  }
}

/** What has a hook that is never disposed of, such as a service. */
interface FixedRoot {
  readonly hook: Hook;
}

class PromiseHandler extends Handler {
  #result: Promise<unknown>;
  #hook: Hook | undefined;
  #isDisposed = false;

  constructor(result: Promise<unknown>) {
    super();
    this.#result = result;
  }

  get hook() {
    if (this.#isDisposed) throw new Error(PROMISE_DISPOSED);
    return (this.#hook ??= new ResultHook(this.#result));
  }

  get(target: object, name: string | symbol): unknown {
    if (name === "then" || name === "catch" || name === "finally") return settling(name, () => this.read());
    if (name === Symbol.dispose) return () => this.dispose();
    if (isNoMember(target, name)) return Reflect.get(target, name);
    return propertyOf(this, [name]);
  }

  apply(_target: object, _self: unknown, args: unknown[]) {
    return promiseOf(sent(() => this.hook.send([], args)));
  }

  read() {
    if (this.#isDisposed) throw new Error(PROMISE_DISPOSED);
    return this.#result;
  }

  /** The result is disposed of when it comes. */
  dispose() {
    if (this.#isDisposed) return;
    const { hook } = this;
    this.#isDisposed = true;
    hook.dispose();
  }
}

type Settle = "then" | "catch" | "finally";
type AnyFunction = (...args: never[]) => unknown;

const settling =
  (name: Settle, read: () => Promise<unknown>) =>
  (...handlers: AnyFunction[]) =>
    (read()[name] as AnyFunction)(...(handlers as never[]));

/** The result of a call that may be under way. */
class ResultHook implements Hook {
  #result: Promise<unknown>;

  constructor(result: Promise<unknown>) {
    this.#result = result;
  }

  send(path: Path, args: unknown[] | undefined): Promise<unknown> {
    const kept = args && keepArguments(args);
    return this.#result.then(async (value) => {
      try {
        return await follow(value, path, kept?.args);
      } catch (error) {
        throw asRemote(error);
      } finally {
        kept?.dispose();
      }
    });
  }

  dup() {
    return new ResultHook(this.#result);
  }

  dispose() {
    this.#result.then(disposeOf, () => {});
  }
}

/** Copies arguments at the time of the call. */
let keepArguments: Keep;
type Keep = (args: unknown[]) => { args: unknown[]; dispose(): void };
export function keepWith(keep: Keep) {
  keepArguments = keep;
}

/** Calls or reads a member of what has arrived. */
function follow(value: unknown, path: Path, args: unknown[] | undefined): unknown {
  let one = value;
  for (let index = 0; index < path.length; index++) {
    const hook = hookOf(one);
    if (hook !== undefined) return hook.send(path.slice(index), args);
    if (!isPlain(one)) throw notImplemented(path[Math.max(index - 1, 0)]);
    if (!Object.hasOwn(one, path[index])) throw notImplemented(path[index]);
    one = one[path[index]];
  }
  if (args === undefined) return one;
  const hook = hookOf(one);
  if (hook === undefined) throw notCallable(path);
  return hook.send([], args);
}

export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Finds the hook of stubs of other rooms: services, objects. */
let hookOfOther: (value: object) => Hook | undefined = () => undefined;
export function findHooksWith(find: (value: object) => Hook | undefined) {
  hookOfOther = find;
}

/** What a stub refers to; undefined for a value that is not a stub. */
export function hookOf(value: unknown): Hook | undefined {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  const inside = insides.get(value);
  return inside === undefined ? hookOfOther(value) : inside.hook;
}

/** The name of the class of an RpcPromise or RpcProperty; undefined for anything else. */
export function pendingName(value: object): string | undefined {
  if (typeof value !== "function") return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === RpcPromise.prototype) return "RpcPromise";
  return prototype === RpcProperty.prototype ? "RpcProperty" : undefined;
}

export const isStub = (value: object) => insides.has(value);

export function stubOf(hook: Hook): object {
  const inside = new StubHandler(hook);
  const stub: object = new Proxy(STUB, inside);
  insides.set(stub, inside);
  collected.register(stub, inside, inside);
  watcher.made(inside);
  return stub;
}

export const promiseOf = (result: Promise<unknown>): object => new Proxy(PROMISE, new PromiseHandler(result));

function propertyOf(root: StubHandler | PromiseHandler | FixedRoot, path: Path): object {
  if (path.length > MAX_DEPTH) throw new TypeError(`RPC property paths have at most ${MAX_DEPTH} names`);
  return new Proxy(PROPERTY, new PropertyHandler(root, path));
}

/** The code that runs has received these stubs. */
export function claim(stubs: object[]) {
  if (stubs.length === 0) return;
  const owner = findOwner();
  if (owner === undefined) return;
  for (let index = 0; index < stubs.length; index++) {
    insides.get(stubs[index])?.belong(owner);
  }
}

/** A member of a value that is not a stub of this kind, such as a service. */
export const memberOf = (hook: Hook, name: string): object => propertyOf({ hook }, [name]);

/** Disposes of a stub, or of what a value holds. */
export function disposeOf(value: unknown) {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return;
  const inside = insides.get(value);
  if (inside !== undefined) inside.dispose();
  else if (typeof value === "object") (value as Partial<Disposable>)[Symbol.dispose]?.();
}

export { isThenable, RpcPromise, RpcProperty, RpcStub };
