// Stubs, and what their members are. One copy runs in the worker and one in Node.
//
// A member of a stub is an `RpcProperty`, whatever the other end has. Calling one gives an `RpcPromise`, whose members are
// properties in turn: calls of these wait for the promise, in order.

import { asRemote } from "./errors.ts";
import { isThenable, notCallable, notImplemented } from "./hook.ts";
import type { Hook, Path } from "./hook.ts";

const STUB_DISPOSED = "RPC stub used after being disposed.";
const PROMISE_DISPOSED = "RPC promise used after being disposed.";
const MAX_DEPTH = 64;

/** What a stub, a promise or a property has inside. */
type Inside = StubHandler | PromiseHandler | PropertyHandler;

const insides = new WeakMap<object, Inside>();
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

class StubHandler extends Handler {
  #hook: Hook;
  #isDisposed = false;

  constructor(hook: Hook) {
    super();
    this.#hook = hook;
  }

  get hook() {
    if (this.#isDisposed) throw new Error(STUB_DISPOSED);
    return this.#hook;
  }

  get(target: object, name: string | symbol): unknown {
    if (name === "dup") return () => stubOf(this.hook.dup());
    if (name === Symbol.dispose) return () => this.dispose();
    // A stub is no promise: awaiting it gives the stub.
    if (name === "then" || typeof name === "symbol" || name in target) return Reflect.get(target, name);
    return propertyOf(this, [name]);
  }

  apply(_target: object, _self: unknown, args: unknown[]) {
    return promiseOf(watcher.call(() => this.hook.send([], args))());
  }

  dispose() {
    watcher.disposed(this);
    this.end();
  }

  /** It is disposed of, or was collected. */
  end() {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
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
    if (typeof name === "symbol" || name in target) return Reflect.get(target, name);
    return propertyOf(this.#root, [...this.#path, name]);
  }

  apply(_target: object, _self: unknown, args: unknown[]) {
    return promiseOf(watcher.call(() => this.#root.hook.send(this.#path, args))());
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
  #hook: Hook;
  #isDisposed = false;

  constructor(result: Promise<unknown>) {
    super();
    this.#result = result;
    this.#hook = new ResultHook(result);
  }

  get hook() {
    if (this.#isDisposed) throw new Error(PROMISE_DISPOSED);
    return this.#hook;
  }

  get(target: object, name: string | symbol): unknown {
    if (name === "then" || name === "catch" || name === "finally") return settling(name, () => this.read());
    if (name === Symbol.dispose) return () => this.dispose();
    if (typeof name === "symbol" || name in target) return Reflect.get(target, name);
    return propertyOf(this, [name]);
  }

  apply(_target: object, _self: unknown, args: unknown[]) {
    return promiseOf(watcher.call(() => this.hook.send([], args))());
  }

  read() {
    if (this.#isDisposed) throw new Error(PROMISE_DISPOSED);
    return this.#result;
  }

  /** The result is disposed of when it comes. */
  dispose() {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#hook.dispose();
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
  if (inside === undefined) return hookOfOther(value);
  return inside instanceof StubHandler ? inside.hook : undefined;
}

/** The name of the class of an RpcPromise or RpcProperty; undefined for anything else. */
export function pendingName(value: object): string | undefined {
  const inside = insides.get(value);
  if (inside === undefined || inside instanceof StubHandler) return undefined;
  return inside instanceof PromiseHandler ? "RpcPromise" : "RpcProperty";
}

export const isStub = (value: object) => insides.get(value) instanceof StubHandler;

function branded<Proxied extends object>(target: object, inside: Inside): Proxied {
  const proxy = new Proxy(target, inside) as Proxied;
  insides.set(proxy, inside);
  return proxy;
}

export function stubOf(hook: Hook): object {
  const inside = new StubHandler(hook);
  const stub = branded(STUB, inside);
  collected.register(stub, inside, inside);
  watcher.made(inside);
  return stub;
}

export const promiseOf = (result: Promise<unknown>): object => branded(PROMISE, new PromiseHandler(result));

function propertyOf(root: StubHandler | PromiseHandler | FixedRoot, path: Path): object {
  if (path.length > MAX_DEPTH) throw new TypeError(`RPC property paths have at most ${MAX_DEPTH} names`);
  return branded(PROPERTY, new PropertyHandler(root, path));
}

/** A member of a value that is not a stub of this kind, such as a service. */
export const memberOf = (hook: Hook, name: string): object => propertyOf({ hook }, [name]);

/** Disposes of a stub, or of what a value holds. */
export function disposeOf(value: unknown) {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return;
  const inside = insides.get(value);
  if (inside !== undefined) {
    if (inside instanceof StubHandler) inside.dispose();
    return;
  }
  if (typeof value === "object") (value as Partial<Disposable>)[Symbol.dispose]?.();
}

export { isThenable, RpcPromise, RpcProperty, RpcStub };
