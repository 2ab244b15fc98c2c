// Tags: every-node
// `node:util` in a worker, as in Node.

import { sameAsNode } from "../support/nodejs.mjs";

sameAsNode(
  "node:util",
  { util: "node:util", types: "node:util/types" },
  {
    formats: `return [util.format("%s %d %i %f %j %o %O %% %c x", "a", 1.5, 1.5, "1.5", { a: 1 }, [1], { b: 2 }, "css"), util.format("a", "b", 3, { c: [1] }), util.format("%s", null, undefined, Symbol("s"), 5n), util.format()];`,
    inspects: `class A { constructor() { this.x = 1; } }
      return [util.inspect({ a: [1, 2, { b: new Map([["k", new Set([1])]]) }], f() {}, s: Symbol("x"), d: new Date(0), r: /x/g, n: null, u: undefined, big: 1n }), util.inspect(new A()), util.inspect("a'b"),
        util.inspect({ a: { b: { c: { d: 1 } } } }), util.inspect({ a: { b: { c: { d: 1 } } } }, { depth: 0 }), util.inspect([1, , 3]), util.inspect(new Array(200).fill(1)), util.inspect({ [util.inspect.custom]: () => "custom" }),
        /4/.test(util.inspect(Promise.resolve(4))), /<pending>/.test(util.inspect(new Promise(() => {}))), util.inspect({ a: 1 }, { colors: true })];`,
    promisifies: `const sum = util.promisify((a, b, callback) => callback(null, a + b));
      const fails = util.promisify((callback) => callback(new Error("x")));
      const custom = util.promisify(Object.assign(() => {}, { [util.promisify.custom]: async () => "custom" }));
      return [await sum(1, 2), await fails().catch((error) => error), await custom(), caught(() => util.promisify(1))];`,
    callbackifies: `const call = (work, ...args) => new Promise((resolve) => util.callbackify(work)(...args, (...results) => resolve(results)));
      return [await call(async (a) => a + 1, 1), await call(async () => { throw new Error("x"); }), (await call(() => Promise.reject(null)))[0].code];`,
    inherits: `function A() {} function B() {} util.inherits(A, B);
      return [new A() instanceof B, A.super_ === B, caught(() => util.inherits(A, null)).code];`,
    "compares deeply": `const values = [1, "1", true, null, undefined, NaN, 0, -0, 1n, {}, [], { a: 1 }, { a: "1" }, { a: undefined }, [1, 2], [1, , 2], new Date(0), new Date(1), new Date(0), /a/, /a/g,
        new Map([[1, { a: 1 }]]), new Map([[1, { a: 2 }]]), new Map([[{ k: 1 }, 1]]), new Map([[{ k: 1 }, 1]]), new Set([1, { a: 1 }]), new Set([{ a: 1 }, 1]), new Set([1]), new Uint8Array([1]), new Uint8Array([1]), new Int8Array([1]), new Error("a"), new Error("b"), new TypeError("a"),
        Object.create(null), new (class A {})(), new Number(1), new String("1"), Symbol.iterator, Object.assign([1], { x: 1 }), { [Symbol.for("x")]: 1 }, { [Symbol.for("x")]: 2 }, new Float32Array([0]), new Float32Array([-0]), new ArrayBuffer(1)];
      const cyclic = () => { const one = { list: [] }; one.list.push(one); return one; };
      return [values.map((a) => values.map((b) => Number(util.isDeepStrictEqual(a, b))).join("")), util.isDeepStrictEqual(cyclic(), cyclic())];`,
    "knows types": `const values = [new Date(), /a/, new Map(), new Set(), new WeakMap(), new WeakSet(), Promise.resolve(), new Error(), new Uint8Array(), new Uint8ClampedArray(), new Float64Array(), new BigInt64Array(), new DataView(new ArrayBuffer(1)), new ArrayBuffer(1), new SharedArrayBuffer(1),
        async () => {}, function* () {}, (function* () {})(), new Proxy({}, {}), new Number(1), new String(""), Object(Symbol()), Object(1n), new Boolean(true), new Map().keys(), new Set().values(), (function () { return arguments; })(), {}, 1, null];
      return Object.keys(types.default).filter((name) => !/External|KeyObject|EventTarget|isFloat16|isCryptoKey/.test(name)).sort().map((name) => name + " " + values.map((value) => Number(types[name](value))).join(""));`,
    "parses arguments": `return [util.parseArgs({ args: ["-f", "--bar", "b", "rest"], options: { foo: { type: "boolean", short: "f" }, bar: { type: "string" } }, allowPositionals: true }), caught(() => util.parseArgs({ args: ["--nope"], options: {} })).code];`,
    "parses MIME types": `const type = new util.MIMEType("text/html; charset=utf-8;q=\\"a b\\"");
      return [type.type, type.subtype, type.essence, type.params.get("charset"), String(type)];`,
    "strips escape sequences": `return [util.stripVTControlCharacters("\\u001b[31mred\\u001b[0m"), util.toUSVString("a\\ud800b")];`,
    deprecates: `const old = util.deprecate((a) => a + 1, "old", "DEP_TEST"); return [old(1), old(2)];`,
    "waits for abortion": `const controller = new AbortController(); const waited = util.aborted(controller.signal, {}); controller.abort(); await waited; return [(await util.aborted(1, {}).catch((error) => error)).code];`,
    "has the encoders": `return [new util.TextEncoder().encode("é"), new util.TextDecoder().decode(new Uint8Array([195, 169])), util.types === types.default];`,
    "says what it is": `return [util.isArray([]), util.inspect.custom.toString(), typeof util.debuglog("x"), typeof util.inspect.defaultOptions];`,
  },
);
