// The membrane: how the objects of two realms meet. One copy runs in Node and one in the worker, talking to each other.
//
// Plain data is cloned. Functions, classes and live objects stay where they are: the other realm gets a proxy whose every
// operation is a call back, on the same stack. An object crosses by its number in its own realm's table; the same object
// always has the same proxy, and a proxy that crosses back is the original again. A table entry lives until the other
// realm's proxy is collected: each arrival of a number is counted, and a release gives back what was counted.
//
// On the wire a value is a primitive, or a list whose first item says what it is: README.md has them all.

import { CALL, KIND, TAG } from "../protocol.ts";
import { attempt, isPromise, tagOf } from "./attempt.ts";
import { decodeSymbol, encodeSymbol } from "./intrinsics.ts";
import type { GatheredAnswer } from "../web/sources.ts";
import type { WireValue } from "../wire.ts";
import type { ErrorWire } from "./membrane-errors.ts";
import type { Membrane, Realm } from "./membrane-contract.ts";
import type { SignalMessage } from "./signals.ts";

/** An object of this realm that has crossed: how often, and what it was shared in. */
interface Shared {
  object: object;
  sent: number;
  context: unknown;
}

/** An object of the other realm, and how often it has arrived. */
interface Arrived {
  number: number;
  count: number;
}

interface Foreign {
  reference: WeakRef<object>;
  arrived: Arrived;
}

/** What ends the wait for a promise of the other realm. */
interface Settler {
  promise: Promise<unknown>;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

type Trap = (index: number, ...args: WireValue[]) => unknown;
type AnyFunction = (...args: unknown[]) => unknown;
type NewTarget = { readonly prototype: object };

/** A list of the wire that stands for a property descriptor. */
type DescriptorWire = [
  tag: string,
  value: WireValue,
  enumerable?: boolean,
  configurable?: boolean,
  writable?: boolean,
  hasValue?: boolean,
];

const { HOME, BUILT_IN, LIVE, PLATFORM, PROMISE, ONCE, BYTES, CLONE, SYMBOL, ERROR, LIST, RECORD, DESCRIPTOR } = TAG;
const TRAPS = [
  "get",
  "set",
  "has",
  "deleteProperty",
  "ownKeys",
  "getOwnPropertyDescriptor",
  "defineProperty",
  "getPrototypeOf",
  "apply",
  "construct",
  "inspect",
  "ask",
  "hasInstance",
];
const [GET, SET, HAS, DELETE, OWN_KEYS, DESCRIBE, DEFINE, PROTOTYPE, APPLY, CONSTRUCT, INSPECT, ASK, HAS_INSTANCE] =
  TRAPS.keys();
/** What those traps do that an object answers by itself. */
const OPERATIONS = TRAPS.map((name) => (Reflect as unknown as Record<string, AnyFunction>)[name]);
const ordinaryHasInstance = Function.prototype[Symbol.hasInstance];

/** How an object is shown that throws when it is looked at. */
const UNSHOWN = "<unreadable object>";
const STREAMS = new Set<string | undefined>(["[object ReadableStream]", "[object WritableStream]"]);

/** Makes one realm's half. */
function createMembrane(realm: Realm): Membrane {
  const { data } = realm;
  const own = new Map<number, Shared>();
  const numbers = new WeakMap<object, number>();
  const foreign = new Map<number, Foreign>();
  const foreignNumbers = new WeakMap<object, number>();
  const settlers = new Map<number, Settler>();
  // A promise may be settled before it arrives: the call that brings it drains the other realm's microtasks first.
  const early = new Map<number, [kept: boolean, wire: WireValue]>();
  const collected = new FinalizationRegistry(release);
  /** What is told when this half ends. */
  const endings = new Set<(reason: unknown) => void>();
  let next = 1;
  let ended: (() => unknown) | undefined;
  const membrane: Membrane = {
    encode,
    encodeThrown: (value) => realm.errors.encodeThrown(value, membrane),
    decode,
    serve,
    close,
    number: (object) => share(object),
    newest,
    holdsNewer,
    ask: (number, ...args) => trap(number, ASK, ...args.map(encode)),
    tell: (number, wires) => realm.call(CALL.TELL, [number, ...wires]),
    numberOf: (proxy) => foreignNumbers.get(proxy),
    apply: (number, wires) => trap(number, APPLY, undefined, wires),
    standIn: (number) => createProxy(number, KIND.OBJECT),
    isForeign: (object) => foreignNumbers.has(object),
    letGo,
    whenClosed,
    signals: realm.signals,
  };
  return membrane;

  function encode(value: unknown): WireValue {
    switch (typeof value) {
      case "object":
        return value === null ? null : encodeObject(value);
      case "function":
        return encodeObject(value);
      case "symbol":
        return encodeSymbol(value);
      default:
        return value as WireValue;
    }
  }

  function encodeObject(value: object): WireValue[] {
    const home = foreignNumbers.get(value);
    if (home !== undefined) return [HOME, home];
    const name = realm.intrinsics.nameOf(value);
    if (name !== undefined) return [BUILT_IN, name];
    if (typeof value !== "function") {
      if (realm.errors.is(value)) return realm.errors.encode(value, share(value), membrane);
      if (isPromise(value)) return encodePromise(value);
      if (numbers.get(value) === undefined && attempt(() => data.isData(value, realm.isProxy)))
        return encodeData(value);
      const platform = hasPrototypes(value) ? realm.kinds.encode(value, membrane) : undefined;
      if (platform !== undefined) return platform;
    }
    return [LIVE, share(value), kindOf(value)];
  }

  function encodeData(value: object): WireValue[] {
    if (data.isBytes(value)) return encodeBytes(value);
    return data.isSmall(value) ? (data.listed(value) as WireValue[]) : [CLONE, realm.serialize(value)];
  }

  function encodeBytes(bytes: Uint8Array): WireValue[] {
    return [BYTES, bytes.byteLength < realm.copiesBelow ? bytes : new Uint8Array(bytes)];
  }

  function encodePromise(promise: Promise<unknown>): WireValue[] {
    const isOnce = realm.answers.is(promise);
    const known = !isOnce && numbers.get(promise) !== undefined;
    const number = isOnce ? next++ : share(promise);
    const settle = (kept: boolean) => (value: unknown) => {
      realm.owes(promise, false);
      // The lane may be closed by now; there is no listener then.
      try {
        realm.call(CALL.SETTLE, [number, ...encodeOutcome(kept, value, isOnce)]);
      } catch {}
    };
    realm.owes(promise, true);
    promise.then(settle(true), settle(false));
    return isOnce ? [ONCE, number] : [PROMISE, number, known];
  }

  /** Whether a promise was kept and its result, or that and why it is broken: a result that cannot cross breaks it. */
  function encodeOutcome(kept: boolean, value: unknown, isOnce: boolean): [kept: boolean, wire: WireValue] {
    if (kept) {
      try {
        return [true, isOnce ? realm.answers.encode(value as GatheredAnswer, encodeBytes) : encode(value)];
      } catch (error) {
        return [false, membrane.encodeThrown(error)];
      }
    }
    return [false, membrane.encodeThrown(value)];
  }

  function share(object: object) {
    if (ended !== undefined) throw ended();
    let number = numbers.get(object);
    if (number === undefined) {
      number = next++;
      numbers.set(object, number);
      own.set(number, { object, sent: 0, context: realm.context() });
    }
    (own.get(number) as Shared).sent++;
    return number;
  }

  function decode(wire: WireValue): unknown {
    if (typeof wire !== "object" || wire === null) return wire;
    switch (wire[0]) {
      case HOME:
        return (own.get(wire[1] as number) as Shared).object;
      case BUILT_IN:
        return realm.intrinsics.byName(wire[1] as string);
      case LIVE:
        return arrive(wire[1] as number, () => createProxy(wire[1] as number, wire[2] as number));
      case PLATFORM:
        return arrive(
          wire[1] as number,
          () =>
            realm.kinds.decode(
              wire[2] as string,
              (wire as WireValue[]).slice(3),
              membrane,
              wire[1] as number,
            ) as object,
        );
      case PROMISE:
        return arrive(wire[1] as number, () => createPromise(wire[1] as number));
      case ONCE:
        return createPromise(wire[1] as number, true);
      case BYTES:
        return wire[1];
      case CLONE:
        return realm.deserialize(wire[1] as Uint8Array);
      case SYMBOL:
        return decodeSymbol(wire as WireValue[]);
      case ERROR:
        return arrive(
          wire[1] as number,
          () => realm.errors.create(wire as ErrorWire),
          (error) => realm.errors.fill(error, wire as ErrorWire, membrane),
          () => realm.errors.skip(wire as ErrorWire, membrane),
        );
      case LIST:
        return decodeList(wire as WireValue[]);
      case RECORD:
        return decodeObject(wire as WireValue[]);
      case DESCRIPTOR:
        return decodeDescriptor(wire as DescriptorWire);
      default:
        return realm.kinds.decode(wire[0] as string, (wire as WireValue[]).slice(1), membrane);
    }
  }

  /** An array of this realm: the wire's may be of another. */
  function decodeList(wire: WireValue[]) {
    const items: unknown[] = [];
    for (let index = 1; index < wire.length; index++) items.push(decode(wire[index]));
    return items;
  }

  function decodeObject(wire: WireValue[]) {
    const entries: [key: string, value: unknown][] = [];
    for (let index = 1; index < wire.length; index += 2) entries.push([wire[index] as string, decode(wire[index + 1])]);
    return Object.fromEntries(entries);
  }

  /**
   * The stand-in for the other realm's object, new or known. A new one is filled once it is known, as it may lead back;
   * `skip` receives what comes with a known one.
   */
  function arrive(number: number, create: () => object, fill?: (object: object) => void, skip?: () => void) {
    const entry = foreign.get(number);
    const known = entry?.reference.deref();
    if (known !== undefined) {
      (entry as Foreign).arrived.count++;
      skip?.();
      return known;
    }
    const object = create();
    const arrived = { number, count: 1 };
    foreign.set(number, { reference: new WeakRef(object), arrived });
    foreignNumbers.set(object, number);
    collected.register(object, arrived);
    fill?.(object);
    return object;
  }

  /** The highest number of what has arrived. */
  function newest() {
    return Math.max(0, ...foreign.keys());
  }

  /** Whether this realm can still call the other one: by something above that number which has arrived, or by a signal. */
  function holdsNewer(number: number) {
    for (const [one, { reference }] of foreign) {
      const object = reference.deref();
      if (one <= number || object === undefined) continue;
      if (realm.isProxy(object) || STREAMS.has(tagOf(object))) return true;
    }
    return realm.signals.mayAbort();
  }

  function release(arrived: Arrived) {
    const { number, count } = arrived;
    if (count === 0) return;
    if (foreign.get(number)?.arrived === arrived) foreign.delete(number);
    try {
      realm.call(CALL.RELEASE, [number, count]);
    } catch {}
  }

  /** Gives an object of the other realm back before its stand-in is collected, which nothing may ask of any more. */
  function letGo(number: number) {
    const entry = foreign.get(number);
    if (entry === undefined) return;
    foreignNumbers.delete(entry.reference.deref() ?? entry);
    release(entry.arrived);
    entry.arrived.count = 0;
  }

  function createPromise(number: number, isOfSender = false) {
    realm.waiting(1, number, isOfSender);
    const { promise, resolve, reject } = withResolvers();
    settlers.set(number, { promise, resolve, reject });
    if (early.has(number)) settle(number, ...(early.get(number) as [kept: boolean, wire: WireValue]));
    return promise;
  }

  function settle(number: number, kept: boolean, wire: WireValue) {
    const settler = settlers.get(number);
    if (settler === undefined) {
      if (!foreign.has(number)) early.set(number, [kept, wire]);
      return;
    }
    early.delete(number);
    settlers.delete(number);
    realm.waiting(-1, number);
    try {
      const value = decode(wire);
      if (kept) settler.resolve(value);
      else settler.reject(value);
    } catch (error) {
      settler.reject(error);
    }
  }

  function createProxy(number: number, kind: number): object {
    const behind = target(kind);
    realm.showAs(behind, () => trap(number, INSPECT));
    const traps = handler((...call) => trap(number, ...call));
    const proxy = new Proxy(behind, traps);
    if (kind !== KIND.CLASS) return proxy;
    const { get } = traps;
    const hasInstance = hasInstanceOf(number, proxy);
    traps.get = (_: object, key: string | symbol) => {
      const value = get(_, key);
      return key === Symbol.hasInstance && value === ordinaryHasInstance ? hasInstance : value;
    };
    return proxy;
  }

  /** An error that was rebuilt here has not the class as a prototype: whose instance it is, the other realm knows. */
  function hasInstanceOf(number: number, proxy: object) {
    return function (this: unknown, value: object) {
      if (ordinaryHasInstance.call(this, value)) return true;
      const isRebuilt = this === proxy && typeof value === "object" && foreignNumbers.has(value);
      return isRebuilt && !realm.isProxy(value) && trap(number, HAS_INSTANCE, encode(value));
    };
  }

  function trap(number: number, index: number, ...args: WireValue[]) {
    const [done, result] = realm.call(CALL.TRAP, [number, index, ...args]) as [done: boolean, result: WireValue];
    const value = decode(result);
    if (done) return value;
    throw value;
  }

  function handler(trap: Trap) {
    return {
      __proto__: null,
      get: (_: object, key: string | symbol) => trap(GET, encode(key)),
      set: (_: object, key: string | symbol, value: unknown) => trap(SET, encode(key), encode(value)) as boolean,
      has: (_: object, key: string | symbol) => trap(HAS, encode(key)) as boolean,
      deleteProperty: (_: object, key: string | symbol) => trap(DELETE, encode(key)) as boolean,
      ownKeys: (target: object) => withFixedKeys(target, trap(OWN_KEYS) as (string | symbol)[]),
      getOwnPropertyDescriptor: (target: object, key: string | symbol) =>
        descriptorFor(target, key, trap(DESCRIBE, encode(key)) as PropertyDescriptor | undefined),
      defineProperty: (_: object, key: string | symbol, descriptor: PropertyDescriptor) =>
        trap(DEFINE, encode(key), encodeDescriptor(descriptor)) as boolean,
      getPrototypeOf: () => trap(PROTOTYPE) as object | null,
      setPrototypeOf: () => false,
      isExtensible: () => true,
      preventExtensions: () => false,
      apply: (_: object, self: unknown, args: unknown[]) => trap(APPLY, encode(self), args.map(encode)),
      construct: (_: object, args: unknown[], newTarget: NewTarget) =>
        extend(trap(CONSTRUCT, args.map(encode)) as object, newTarget),
    };
  }

  /** An instance of a class of this realm that extends one of the other's: the subclass's own members come first. */
  function extend(instance: object, { prototype }: NewTarget) {
    if (foreignNumbers.has(prototype)) return instance;
    const ownMember = (key: string | symbol) => {
      for (
        let one: object | null = prototype;
        one !== null && !foreignNumbers.has(one);
        one = Object.getPrototypeOf(one)
      ) {
        if (Object.hasOwn(one, key)) return true;
      }
      return false;
    };
    const extended = new Proxy(instance, {
      get: (_, key, self) => (ownMember(key) ? Reflect.get(prototype, key, self) : Reflect.get(instance, key)),
      set: (_, key, value, self) =>
        ownMember(key) ? Reflect.set(prototype, key, value, self) : Reflect.set(instance, key, value),
      has: (_, key) => ownMember(key) || Reflect.has(instance, key),
      getPrototypeOf: () => prototype,
    });
    foreignNumbers.set(extended, foreignNumbers.get(instance) as number);
    return extended;
  }

  /** Answers a call of the other half. */
  function serve(call: number, args: WireValue[]): WireValue {
    switch (call) {
      case CALL.TRAP:
        return serveTrap(args[0] as number, args[1] as number, args.slice(2));
      case CALL.TELL:
        return serveTell(args);
      case CALL.SETTLE:
        return settle(args[0] as number, args[1] as boolean, args[2]) as undefined;
      case CALL.RELEASE:
        return serveRelease(args[0] as number, args[1] as number) as undefined;
      case CALL.SIGNAL:
        return realm.signals.serve(args as SignalMessage, membrane) as undefined;
    }
  }

  function serveTrap(number: number, index: number, args: WireValue[]): WireValue[] {
    let resumed = false;
    try {
      const { object, context } = own.get(number) as Shared;
      resumed = realm.resume(context);
      return [true, perform(object, index, args)];
    } catch (error) {
      return [false, membrane.encodeThrown(error)];
    } finally {
      if (resumed) realm.leave();
    }
  }

  function serveTell([number, ...wires]: WireValue[]): WireValue {
    let resumed = false;
    try {
      const { object, context } = own.get(number as number) as Shared;
      resumed = realm.resume(context);
      return typeof object === "function" ? object(...wires) : realm.kinds.tell(object, wires);
    } catch {
      return undefined;
    } finally {
      if (resumed) realm.leave();
    }
  }

  function perform(object: object, index: number, args: WireValue[]): WireValue {
    switch (index) {
      case OWN_KEYS:
        return [LIST, ...Reflect.ownKeys(object).map(encode)];
      case DESCRIBE:
        return encodeDescriptor(Reflect.getOwnPropertyDescriptor(object, decode(args[0]) as string | symbol));
      case DEFINE:
        return Reflect.defineProperty(
          object,
          decode(args[0]) as string | symbol,
          decodeDescriptor(args[1] as DescriptorWire),
        );
      case APPLY:
        return encode(Reflect.apply(object as AnyFunction, decode(args[0]), (args[1] as WireValue[]).map(decode)));
      case INSPECT:
        return attempt(() => realm.inspect(object)) ?? UNSHOWN;
      case CONSTRUCT:
        return encode(Reflect.construct(object as AnyFunction, (args[0] as WireValue[]).map(decode)));
      case HAS_INSTANCE:
        return decode(args[0]) instanceof (object as AnyFunction);
      case ASK:
        return encode(realm.kinds.ask(object, membrane, ...args.map(decode)));
      default:
        return encode(OPERATIONS[index](object, ...args.map(decode)));
    }
  }

  function serveRelease(number: number, count: number) {
    const entry = own.get(number);
    if (entry === undefined) return;
    entry.sent -= count;
    if (entry.sent > 0) return;
    own.delete(number);
    numbers.delete(entry.object);
  }

  function encodeDescriptor(descriptor: PropertyDescriptor | undefined): WireValue {
    if (descriptor === undefined) return undefined;
    const { value, get, set } = descriptor;
    const flags = (["enumerable", "configurable", "writable"] as const).map((flag) => descriptor[flag]);
    return "value" in descriptor || !(get || set)
      ? [DESCRIPTOR, encode(value), ...flags, "value" in descriptor]
      : [DESCRIPTOR, [encode(get), encode(set)], ...flags.slice(0, 2)];
  }

  function decodeDescriptor(wire: DescriptorWire): PropertyDescriptor {
    const [, value, enumerable, configurable, writable] = wire;
    const accessor = wire.length === 4;
    const descriptor: PropertyDescriptor = accessor
      ? ({ get: decode((value as WireValue[])[0]), set: decode((value as WireValue[])[1]) } as PropertyDescriptor)
      : { value: decode(value) };
    if (!accessor && !wire[5]) delete descriptor.value;
    if (!accessor && writable !== undefined) descriptor.writable = writable;
    if (enumerable !== undefined) descriptor.enumerable = enumerable;
    if (configurable !== undefined) descriptor.configurable = configurable;
    return descriptor;
  }

  /** A proxy may only report what its target could have, so everything the target lacks is configurable. */
  function descriptorFor(target: object, key: string | symbol, descriptor: PropertyDescriptor | undefined) {
    if (descriptor === undefined) return Reflect.getOwnPropertyDescriptor(target, key);
    const fixed = Reflect.getOwnPropertyDescriptor(target, key);
    descriptor.configurable = fixed === undefined || fixed.configurable;
    if (!descriptor.configurable) {
      const { enumerable, writable } = fixed as PropertyDescriptor;
      Object.assign(descriptor, { enumerable, writable });
    }
    return descriptor;
  }

  /** Ends this half: pending and later calls of the other realm are rejected with `reason`. */
  function close(reason: () => unknown) {
    ended = reason;
    for (const [number, { promise, reject }] of settlers) {
      realm.waiting(-1, number);
      // Callers that await it get the error; a promise without a handler is not an unhandled rejection.
      promise.catch(() => {});
      reject(reason());
    }
    settlers.clear();
    own.clear();
    realm.signals.close();
    for (const end of endings) end(reason());
    endings.clear();
  }

  /** Has `end(reason)` called when this half ends, unless the function that is returned has been called before. */
  function whenClosed(end: (reason: unknown) => void) {
    endings.add(end);
    return () => void endings.delete(end);
  }
}

// Node 20 has no such thing.
function withResolvers() {
  const parts = {} as Settler;
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}

/** Whether the prototypes of an object can be looked at. */
function hasPrototypes(value: object) {
  return attempt(() => value instanceof Nothing) !== undefined;
}

function kindOf(value: object) {
  if (typeof value !== "function") return attempt(() => Array.isArray(value)) ? KIND.ARRAY : KIND.OBJECT;
  // A constructor has a prototype of its own to give; arrows and methods have none.
  return attempt(() => Object.hasOwn(value, "prototype")) ? KIND.CLASS : KIND.FUNCTION;
}

function Nothing() {}

function target(kind: number): object {
  switch (kind) {
    case KIND.FUNCTION:
      return () => {};
    case KIND.CLASS:
      return constructible();
    case KIND.ARRAY:
      return [];
    default:
      return {};
  }
}

function constructible() {
  function target() {}
  return target;
}

function withFixedKeys(target: object, keys: (string | symbol)[]) {
  const fixed = Reflect.ownKeys(target).filter(
    (key) => !(Reflect.getOwnPropertyDescriptor(target, key) as PropertyDescriptor).configurable,
  );
  return [...new Set([...keys, ...fixed])];
}

export const TRAP = { APPLY };
export { createMembrane };
export type { Membrane, Realm };
