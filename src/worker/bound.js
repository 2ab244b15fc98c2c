// The realm's built-ins as they are before a worker's script can change them, for the scripts of the runtime. They are bound
// to these by the build (`scripts/bind-intrinsics.mjs`), which also fills in the names that they use.
//
// `g$Map` is a global, `Object$keys` a static method, `Object$prototype$toString` a method to call, `m$get(map, key)` calls a
// method on a value, `get$size(map)` reads an accessor, `iterate(list)` is what to iterate over instead of the list.
(() => {
  "use strict";

  const NAMES = [];

  const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
  const { isArray } = Array;
  const { isView } = ArrayBuffer;
  const { iterator: ITERATOR, species: SPECIES } = Symbol;
  const NativePromise = Promise;
  const NativeArray = Array;
  const NativeTypeError = TypeError;
  const NativeBytes = Uint8Array;
  const BytesPrototype = Uint8Array.prototype;
  const prototypeOf = (made) => getPrototypeOf(made);
  const TypedArray = getPrototypeOf(Uint8Array);
  const [ArrayPrototype, FunctionPrototype, MapPrototype, PromisePrototype, SetPrototype, StringPrototype] = [
    Array.prototype,
    Function.prototype,
    Map.prototype,
    Promise.prototype,
    Set.prototype,
    String.prototype,
  ];
  const GeneratorPrototype = getPrototypeOf(function* () {}).prototype;
  const ArrayIteratorPrototype = prototypeOf([][ITERATOR]());
  const arrayValues = ArrayPrototype[ITERATOR];
  const arrayNext = ArrayIteratorPrototype.next;
  const accessor = (prototype, name) => getOwnPropertyDescriptor(prototype, name).get;
  const mapSize = accessor(MapPrototype, "size");
  const setSize = accessor(SetPrototype, "size");

  /** Whose methods are found by the prototype of what they are called on: `[prototype, methods]`. */
  const OWNERS = [
    ArrayPrototype,
    MapPrototype,
    SetPrototype,
    WeakMap.prototype,
    WeakSet.prototype,
    WeakRef.prototype,
    FinalizationRegistry.prototype,
    RegExp.prototype,
    StringPrototype,
    PromisePrototype,
  ].map((prototype) => [prototype, prototype]);
  OWNERS.push([Uint8Array.prototype, TypedArray.prototype]);

  /** What of a value's own class answers a call; undefined and null have none. */
  function ownerOf(self) {
    if (typeof self === "string") return StringPrototype;
    return typeof self === "object" && self !== null ? getPrototypeOf(self) : undefined;
  }

  // Methods whose built-ins call what a worker can change, as `[name, owner, method]`.
  const OWN = [
    ["then", PromisePrototype, (self, kept, broken) => then(self, kept, broken)],
    ["catch", PromisePrototype, (self, broken) => then(self, undefined, broken)],
    ["finally", PromisePrototype, (self, settled) => after(self, settled)],
    ["test", RegExp.prototype, (self, text) => apply(exec, self, [text]) !== null],
  ];

  function after(promise, settled) {
    const kept = (value) => {
      settled();
      return value;
    };
    const broken = (error) => {
      settled();
      throw error;
    };
    return then(promise, kept, broken);
  }

  const { exec } = RegExp.prototype;
  const nativeThen = PromisePrototype.then;
  /** Methods that make a list, or bytes, by the constructor which those they are called on name. */
  const BY_SPECIES = new Set(["concat", "filter", "flat", "flatMap", "map", "slice", "splice", "subarray"]);

  function method(name) {
    if (name === "call" || name === "apply" || name === "bind") return functionMethod(name);
    for (const [own, owner, found] of OWN) {
      if (own !== name) continue;
      return (self, ...args) =>
        ownerOf(self) === owner ? found(self, args[0], args[1]) : apply(self[name], self, args);
    }
    const owners = [];
    for (const [prototype, holder] of OWNERS) {
      const found = getOwnPropertyDescriptor(holder, name)?.value;
      if (typeof found === "function") owners.push([prototype, found]);
    }
    if (BY_SPECIES.has(name)) return methodBySpecies(name, owners);
    return owners.length === 1 ? methodOfOne(name, owners[0][0], owners[0][1]) : methodOfMany(name, owners);
  }

  // V8 makes no list of the arguments where it sees what they are given to: `apply` is called by its own name.

  function methodOfOne(name, owner, found) {
    return (self, ...args) => apply(ownerOf(self) === owner ? found : self[name], self, args);
  }

  function methodOfMany(name, owners) {
    const [firstOwner, first] = owners[0];
    return (self, ...args) => {
      const owner = ownerOf(self);
      return apply(owner === firstOwner ? first : (methodIn(owners, owner) ?? self[name]), self, args);
    };
  }

  function methodBySpecies(name, owners) {
    return (self, ...args) => {
      const found = methodIn(owners, ownerOf(self));
      return found === undefined ? apply(self[name], self, args) : applyBySpecies(found, self, args);
    };
  }

  function methodIn(owners, owner) {
    const { length } = owners;
    for (let index = 0; index < length; index++) if (owners[index][0] === owner) return owners[index][1];
    return undefined;
  }

  function applyBySpecies(found, self, args) {
    if (typeof self === "string" || isSpeciesIntact()) return apply(found, self, args);
    defineProperty(self, "constructor", { __proto__: null, value: undefined, configurable: true });
    try {
      return apply(found, self, args);
    } finally {
      deleteProperty(self, "constructor");
    }
  }

  function isSpeciesIntact() {
    try {
      return (
        ArrayPrototype.constructor === NativeArray &&
        NativeArray[SPECIES] === NativeArray &&
        BytesPrototype.constructor === NativeBytes &&
        TypedArray[SPECIES] === TypedArray
      );
    } catch {
      return false;
    }
  }

  function functionMethod(name) {
    const found = FunctionPrototype[name];
    return (self, ...args) => apply(typeof self === "function" ? found : self[name], self, args);
  }

  /** As the built-in, which makes the promise that it returns by the constructor which the promise names. */
  function then(promise, kept, broken) {
    if (!isPromiseIntact()) {
      defineProperty(promise, "constructor", { __proto__: null, value: undefined, configurable: true });
    }
    return apply(nativeThen, promise, [kept, broken]);
  }

  function isPromiseIntact() {
    try {
      return PromisePrototype.constructor === NativePromise && NativePromise[SPECIES] === NativePromise;
    } catch {
      return false;
    }
  }

  /** What gives the items of what is iterated over, whatever has become of iterators. */
  function iterate(iterable) {
    if (isArray(iterable)) return isArrayIntact() ? iterable : iteration(apply(arrayValues, iterable, []), arrayNext);
    const owner = ownerOf(iterable);
    if (owner === MapPrototype) return iteration(apply(mapEntries, iterable, []), mapNext);
    if (owner === SetPrototype) return iteration(apply(setValues, iterable, []), setNext);
    const next = NEXT.get(owner);
    if (next !== undefined) return iteration(iterable, next);
    const isGenerator = typeof owner === "object" && owner !== null && getPrototypeOf(owner) === GeneratorPrototype;
    if (isGenerator) return iteration(iterable, generatorNext, generatorReturn);
    if (typeof iterable?.[ITERATOR] === "function") return iterable;
    // The engine would name this function instead.
    throw new NativeTypeError(`${typeof iterable === "symbol" ? "a symbol" : iterable} is not iterable`);
  }

  const mapEntries = MapPrototype.entries;
  const mapNext = prototypeOf(new Map().entries()).next;
  const setValues = SetPrototype.values;
  const setNext = prototypeOf(new Set().values()).next;
  const generatorNext = GeneratorPrototype.next;
  const generatorReturn = GeneratorPrototype.return;
  const nextOf = new Map([
    [ArrayIteratorPrototype, arrayNext],
    [prototypeOf(new Map().entries()), mapNext],
    [prototypeOf(new Set().values()), setNext],
  ]);
  const mapGet = MapPrototype.get;
  const NEXT = { __proto__: null, get: (owner) => apply(mapGet, nextOf, [owner]) };

  function iteration(iterator, next, leave = undefined) {
    const result = {
      __proto__: null,
      next: () => apply(next, iterator, []),
      [ITERATOR]: () => result,
    };
    if (leave !== undefined) result.return = (value) => apply(leave, iterator, [value]);
    return result;
  }

  function isArrayIntact() {
    try {
      return ArrayPrototype[ITERATOR] === arrayValues && ArrayIteratorPrototype.next === arrayNext;
    } catch {
      return false;
    }
  }

  const resolved = Promise.resolve.bind(Promise);

  // Static methods whose built-ins call what a worker can change.
  const STATIC = {
    __proto__: null,
    Object$defineProperty(object, key, descriptor) {
      return Object$defineProperty(object, key, { __proto__: null, ...descriptor });
    },
    Reflect$defineProperty: (object, key, descriptor) =>
      defineProperty(object, key, { __proto__: null, ...descriptor }),
    Object$fromEntries(entries) {
      const object = {};
      for (const { 0: key, 1: value } of iterate(entries)) {
        defineProperty(object, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
      }
      return object;
    },
    Promise$all: (promises) => gather(promises, (value) => value, undefined),
    Promise$allSettled: (promises) =>
      gather(
        promises,
        (value) => ({ status: "fulfilled", value }),
        (reason) => ({ status: "rejected", reason }),
      ),
    Promise$race: (promises) =>
      new NativePromise((resolve, reject) => {
        for (const promise of iterate(promises)) then(resolved(promise), resolve, reject);
      }),
  };
  const Object$defineProperty = Object.defineProperty;

  function gather(promises, kept, broken) {
    return new NativePromise((resolve, reject) => {
      const results = [...iterate(promises)];
      let left = results.length;
      if (left === 0) resolve(results);
      const settle = (index, shown) => (value) => {
        results[index] = shown(value);
        if (--left === 0) resolve(results);
      };
      for (let index = 0, { length } = results; index < length; index++) {
        then(resolved(results[index]), settle(index, kept), broken === undefined ? reject : settle(index, broken));
      }
    });
  }

  const GETTERS = {
    __proto__: null,
    size(value) {
      const owner = ownerOf(value);
      if (owner === MapPrototype) return apply(mapSize, value, []);
      return owner === SetPrototype ? apply(setSize, value, []) : value.size;
    },
  };
  for (const name of ["buffer", "byteLength", "byteOffset"]) {
    const get = accessor(TypedArray.prototype, name);
    GETTERS[name] = (value) => (isTypedArray(value) ? apply(get, value, []) : value[name]);
  }
  const tagOfTypedArray = accessor(TypedArray.prototype, Symbol.toStringTag);
  const isTypedArray = (value) => isView(value) && apply(tagOfTypedArray, value, []) !== undefined;

  function make(name) {
    const { 0: first, 1: second, 2: third } = name.split("$");
    if (name === "iterate") return iterate;
    if (first === "g") return globalThis[second];
    if (first === "m") return method(second);
    if (first === "get") return GETTERS[second];
    if (second === "prototype") return globalThis[first].prototype[third];
    return STATIC[name] ?? (first === "Promise" ? Promise[second].bind(Promise) : globalThis[first][second]);
  }

  const bound = { __proto__: null };
  for (const name of NAMES) bound[name] = make(name);
  return bound;
})();
