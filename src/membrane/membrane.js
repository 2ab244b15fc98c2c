// The membrane: how the objects of two realms meet. One copy runs in Node and one in the worker, talking to each other.
//
// Plain data is cloned. Functions, classes and live objects stay where they are: the other realm gets a proxy whose every
// operation is a call back, on the same stack. An object crosses by its number in its own realm's table; the same object
// always has the same proxy, and a proxy that crosses back is the original again. A table entry lives until the other
// realm's proxy is collected: each arrival of a number is counted, and a release gives back what was counted.
//
// On the wire a value is a primitive, or a list whose first item says what it is: README.md has them all.
(() => {
  "use strict";

  const { CALL, KIND, TAG } =
    typeof module === "object"
      ? require("../protocol.js")
      : __bootstrap.core.loadExtScript("ext:miniflare/protocol.js");
  const { attempt, tagOf } =
    typeof module === "object"
      ? require("./attempt.js")
      : __bootstrap.core.loadExtScript("ext:miniflare/membrane/attempt.js");
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
  const OPERATIONS = TRAPS.map((name) => Reflect[name]);
  const ordinaryHasInstance = Function.prototype[Symbol.hasInstance];

  /** How an object is shown that throws when it is looked at. */
  const UNSHOWN = "<unreadable object>";
  const STREAMS = new Set(["[object ReadableStream]", "[object WritableStream]"]);
  const WELL_KNOWN = new Map();
  for (const name of Object.getOwnPropertyNames(Symbol)) {
    if (typeof Symbol[name] === "symbol") WELL_KNOWN.set(Symbol[name], name);
  }

  /**
   * Makes one realm's half.
   * @param realm what the realm provides:
   *   `call(number, args)` the other half, synchronously; `serialize`, `deserialize` structured clone;
   *   `intrinsics` `{ nameOf(object), byName(name) }`, classes that both realms have;
   *   `kinds` of `createKinds`;
   *   `signals` of `createSignals`;
   *   `errors` `{ is(value), encode(error, number, membrane), encodeThrown(value, membrane), create(list), fill(error,
   *   list, membrane), skip(list, membrane) }`, which are cloned too;
   *   `data` of `membrane-data.js`;
   *   `answers` `{ is(promise), encode(value, encodeBytes) }` of `sources.js`, whose promises are never sent back and so
   *   need no identity; `copiesBelow` how many bytes are copied on their way at once, and need no copy here;
   *   `isProxy(object)` whether it is a `Proxy`, which answers for itself;
   *   `inspect(object)` the text that shows it, and `showAs(target, inspect)` makes a proxy's target show that text;
   *   `context()` what an object was shared in, `resume(context)` enters that again for a call of the object, where it
   *   must be, and `leave()` follows then;
   *   `waiting(delta)` told when promises of the other realm begin and cease to be awaited, and `owes(promise, is)`
   *   when the other realm begins and ceases to await one of this
   */
  function createMembrane(realm) {
    const { data } = realm;
    const own = new Map();
    const numbers = new WeakMap();
    const foreign = new Map();
    const foreignNumbers = new WeakMap();
    const settlers = new Map();
    // A promise may be settled before it arrives: the call that brings it drains the other realm's microtasks first.
    const early = new Map();
    const collected = new FinalizationRegistry(release);
    /** What is told when this half ends. */
    const endings = new Set();
    let next = 1;
    let ended;
    const membrane = {
      encode,
      encodeThrown: (value) => realm.errors.encodeThrown(value, membrane),
      decode,
      serve,
      close,
      number: (object) => share(object),
      newest,
      holdsNewer,
      ask: (number, ...args) => trap(number, ASK, ...args.map(encode)),
      apply: (number, wires) => trap(number, APPLY, undefined, wires),
      standIn: (number) => createProxy(number, KIND.OBJECT),
      isForeign: (object) => foreignNumbers.has(object),
      whenClosed,
      signals: realm.signals,
    };
    return membrane;

    function encode(value) {
      switch (typeof value) {
        case "object":
          return value === null ? null : encodeObject(value);
        case "function":
          return encodeObject(value);
        case "symbol":
          return encodeSymbol(value);
        default:
          return value;
      }
    }

    function encodeObject(value) {
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

    function encodeData(value) {
      if (data.isBytes(value)) return encodeBytes(value);
      return data.isSmall(value) ? data.listed(value) : [CLONE, realm.serialize(value)];
    }

    function encodeBytes(bytes) {
      return [BYTES, bytes.byteLength < realm.copiesBelow ? bytes : new Uint8Array(bytes)];
    }

    function encodePromise(promise) {
      const isOnce = realm.answers.is(promise);
      const known = !isOnce && numbers.get(promise) !== undefined;
      const number = isOnce ? next++ : share(promise);
      const settle = (kept) => (value) => {
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
    function encodeOutcome(kept, value, isOnce) {
      if (kept) {
        try {
          return [true, isOnce ? realm.answers.encode(value, encodeBytes) : encode(value)];
        } catch (error) {
          return [false, membrane.encodeThrown(error)];
        }
      }
      return [false, membrane.encodeThrown(value)];
    }

    function share(object) {
      if (ended !== undefined) throw ended();
      let number = numbers.get(object);
      if (number === undefined) {
        number = next++;
        numbers.set(object, number);
        own.set(number, { object, sent: 0, context: realm.context() });
      }
      own.get(number).sent++;
      return number;
    }

    function decode(wire) {
      if (typeof wire !== "object" || wire === null) return wire;
      switch (wire[0]) {
        case HOME:
          return own.get(wire[1]).object;
        case BUILT_IN:
          return realm.intrinsics.byName(wire[1]);
        case LIVE:
          return arrive(wire[1], () => createProxy(wire[1], wire[2]));
        case PLATFORM:
          return arrive(wire[1], () => realm.kinds.decode(wire[2], wire.slice(3), membrane, wire[1]));
        case PROMISE:
          return arrive(wire[1], () => createPromise(wire[1]));
        case ONCE:
          return createPromise(wire[1]);
        case BYTES:
          return wire[1];
        case CLONE:
          return realm.deserialize(wire[1]);
        case SYMBOL:
          return decodeSymbol(wire);
        case ERROR:
          return arrive(
            wire[1],
            () => realm.errors.create(wire),
            (error) => realm.errors.fill(error, wire, membrane),
            () => realm.errors.skip(wire, membrane),
          );
        case LIST:
          return decodeList(wire);
        case RECORD:
          return decodeObject(wire);
        case DESCRIPTOR:
          return decodeDescriptor(wire);
        default:
          return realm.kinds.decode(wire[0], wire.slice(1), membrane);
      }
    }

    /** An array of this realm: the wire's may be of another. */
    function decodeList(wire) {
      const items = [];
      for (let index = 1; index < wire.length; index++) items.push(decode(wire[index]));
      return items;
    }

    function decodeObject(wire) {
      const entries = [];
      for (let index = 1; index < wire.length; index += 2) entries.push([wire[index], decode(wire[index + 1])]);
      return Object.fromEntries(entries);
    }

    /**
     * The stand-in for the other realm's object, new or known. A new one is filled once it is known, as it may lead back;
     * `skip` receives what comes with a known one.
     */
    function arrive(number, create, fill, skip) {
      const entry = foreign.get(number);
      const known = entry?.reference.deref();
      if (known !== undefined) {
        entry.arrived.count++;
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
    function holdsNewer(number) {
      for (const [one, { reference }] of foreign) {
        const object = reference.deref();
        if (one <= number || object === undefined) continue;
        if (realm.isProxy(object) || STREAMS.has(tagOf(object))) return true;
      }
      return realm.signals.mayAbort();
    }

    function release(arrived) {
      const { number, count } = arrived;
      if (foreign.get(number)?.arrived === arrived) foreign.delete(number);
      try {
        realm.call(CALL.RELEASE, [number, count]);
      } catch {}
    }

    function createPromise(number) {
      realm.waiting(1);
      const { promise, resolve, reject } = withResolvers();
      settlers.set(number, { promise, resolve, reject });
      if (early.has(number)) settle(number, ...early.get(number));
      return promise;
    }

    function settle(number, kept, wire) {
      const settler = settlers.get(number);
      if (settler === undefined) {
        if (!foreign.has(number)) early.set(number, [kept, wire]);
        return;
      }
      early.delete(number);
      settlers.delete(number);
      realm.waiting(-1);
      try {
        const value = decode(wire);
        if (kept) settler.resolve(value);
        else settler.reject(value);
      } catch (error) {
        settler.reject(error);
      }
    }

    function createProxy(number, kind) {
      const behind = target(kind);
      realm.showAs(behind, () => trap(number, INSPECT));
      const traps = handler((...call) => trap(number, ...call));
      const proxy = new Proxy(behind, traps);
      if (kind !== KIND.CLASS) return proxy;
      const { get } = traps;
      const hasInstance = hasInstanceOf(number, proxy);
      traps.get = (_, key) => {
        const value = get(_, key);
        return key === Symbol.hasInstance && value === ordinaryHasInstance ? hasInstance : value;
      };
      return proxy;
    }

    /** An error that was rebuilt here has not the class as a prototype: whose instance it is, the other realm knows. */
    function hasInstanceOf(number, proxy) {
      return function (value) {
        if (ordinaryHasInstance.call(this, value)) return true;
        const isRebuilt = this === proxy && typeof value === "object" && foreignNumbers.has(value);
        return isRebuilt && !realm.isProxy(value) && trap(number, HAS_INSTANCE, encode(value));
      };
    }

    function trap(number, index, ...args) {
      const [done, result] = realm.call(CALL.TRAP, [number, index, ...args]);
      const value = decode(result);
      if (done) return value;
      throw value;
    }

    function handler(trap) {
      return {
        __proto__: null,
        get: (_, key) => trap(GET, encode(key)),
        set: (_, key, value) => trap(SET, encode(key), encode(value)),
        has: (_, key) => trap(HAS, encode(key)),
        deleteProperty: (_, key) => trap(DELETE, encode(key)),
        ownKeys: (target) => withFixedKeys(target, trap(OWN_KEYS)),
        getOwnPropertyDescriptor: (target, key) => descriptorFor(target, key, trap(DESCRIBE, encode(key))),
        defineProperty: (_, key, descriptor) => trap(DEFINE, encode(key), encodeDescriptor(descriptor)),
        getPrototypeOf: () => trap(PROTOTYPE),
        setPrototypeOf: () => false,
        isExtensible: () => true,
        preventExtensions: () => false,
        apply: (_, self, args) => trap(APPLY, encode(self), args.map(encode)),
        construct: (_, args, newTarget) => extend(trap(CONSTRUCT, args.map(encode)), newTarget),
      };
    }

    /** An instance of a class of this realm that extends one of the other's: the subclass's own members come first. */
    function extend(instance, { prototype }) {
      if (foreignNumbers.has(prototype)) return instance;
      const ownMember = (key) => {
        for (let one = prototype; one !== null && !foreignNumbers.has(one); one = Object.getPrototypeOf(one)) {
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
      foreignNumbers.set(extended, foreignNumbers.get(instance));
      return extended;
    }

    /** Answers a call of the other half. */
    function serve(call, args) {
      switch (call) {
        case CALL.TRAP:
          return serveTrap(args[0], args[1], args.slice(2));
        case CALL.SETTLE:
          return settle(args[0], args[1], args[2]);
        case CALL.RELEASE:
          return serveRelease(args[0], args[1]);
        case CALL.SIGNAL:
          return realm.signals.serve(args, membrane);
      }
    }

    function serveTrap(number, index, args) {
      let resumed = false;
      try {
        const { object, context } = own.get(number);
        resumed = realm.resume(context);
        return [true, perform(object, index, args)];
      } catch (error) {
        return [false, membrane.encodeThrown(error)];
      } finally {
        if (resumed) realm.leave();
      }
    }

    function perform(object, index, args) {
      switch (index) {
        case OWN_KEYS:
          return [LIST, ...Reflect.ownKeys(object).map(encode)];
        case DESCRIBE:
          return encodeDescriptor(Reflect.getOwnPropertyDescriptor(object, decode(args[0])));
        case DEFINE:
          return Reflect.defineProperty(object, decode(args[0]), decodeDescriptor(args[1]));
        case APPLY:
          return encode(Reflect.apply(object, decode(args[0]), args[1].map(decode)));
        case INSPECT:
          return attempt(() => realm.inspect(object)) ?? UNSHOWN;
        case CONSTRUCT:
          return encode(Reflect.construct(object, args[0].map(decode)));
        case HAS_INSTANCE:
          return decode(args[0]) instanceof object;
        case ASK:
          return encode(realm.kinds.ask(object, ...args.map(decode)));
        default:
          return encode(OPERATIONS[index](object, ...args.map(decode)));
      }
    }

    function serveRelease(number, count) {
      const entry = own.get(number);
      if (entry === undefined) return;
      entry.sent -= count;
      if (entry.sent > 0) return;
      own.delete(number);
      numbers.delete(entry.object);
    }

    function encodeDescriptor(descriptor) {
      if (descriptor === undefined) return undefined;
      const { value, get, set } = descriptor;
      const flags = ["enumerable", "configurable", "writable"].map((flag) => descriptor[flag]);
      return "value" in descriptor || !(get || set)
        ? [DESCRIPTOR, encode(value), ...flags, "value" in descriptor]
        : [DESCRIPTOR, [encode(get), encode(set)], ...flags.slice(0, 2)];
    }

    function decodeDescriptor(wire) {
      const [, value, enumerable, configurable, writable] = wire;
      const accessor = wire.length === 4;
      const descriptor = accessor ? { get: decode(value[0]), set: decode(value[1]) } : { value: decode(value) };
      if (!accessor && !wire[5]) delete descriptor.value;
      if (!accessor && writable !== undefined) descriptor.writable = writable;
      if (enumerable !== undefined) descriptor.enumerable = enumerable;
      if (configurable !== undefined) descriptor.configurable = configurable;
      return descriptor;
    }

    /** A proxy may only report what its target could have, so everything the target lacks is configurable. */
    function descriptorFor(target, key, descriptor) {
      if (descriptor === undefined) return Reflect.getOwnPropertyDescriptor(target, key);
      const fixed = Reflect.getOwnPropertyDescriptor(target, key);
      descriptor.configurable = fixed === undefined || fixed.configurable;
      if (!descriptor.configurable)
        Object.assign(descriptor, { enumerable: fixed.enumerable, writable: fixed.writable });
      return descriptor;
    }

    /** Ends this half: pending and later calls of the other realm are rejected with `reason`. */
    function close(reason) {
      ended = reason;
      for (const { promise, reject } of settlers.values()) {
        realm.waiting(-1);
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
    function whenClosed(end) {
      endings.add(end);
      return () => endings.delete(end);
    }

    function decodeSymbol([, how, name]) {
      if (how === "well-known") return Symbol[name];
      return how === "registered" ? Symbol.for(name) : Symbol(name);
    }
  }

  // Node 20 has no such thing.
  function withResolvers() {
    const parts = {};
    parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
    return parts;
  }

  function encodeSymbol(symbol) {
    const wellKnown = WELL_KNOWN.get(symbol);
    if (wellKnown !== undefined) return [SYMBOL, "well-known", wellKnown];
    const key = Symbol.keyFor(symbol);
    return key === undefined ? [SYMBOL, "own", symbol.description] : [SYMBOL, "registered", key];
  }

  function isPromise(value) {
    return tagOf(value) === "[object Promise]" && attempt(() => typeof value.then) === "function";
  }

  /** Whether the prototypes of an object can be looked at. */
  function hasPrototypes(value) {
    return attempt(() => value instanceof Nothing) !== undefined;
  }

  function kindOf(value) {
    if (typeof value !== "function") return attempt(() => Array.isArray(value)) ? KIND.ARRAY : KIND.OBJECT;
    // A constructor has a prototype of its own to give; arrows and methods have none.
    return attempt(() => Object.hasOwn(value, "prototype")) ? KIND.CLASS : KIND.FUNCTION;
  }

  function Nothing() {}

  function target(kind) {
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

  function withFixedKeys(target, keys) {
    const fixed = Reflect.ownKeys(target).filter((key) => !Reflect.getOwnPropertyDescriptor(target, key).configurable);
    return [...new Set([...keys, ...fixed])];
  }

  const exported = { createMembrane, TRAP: { APPLY } };
  if (typeof module === "object") module.exports = exported;
  return exported;
})();
