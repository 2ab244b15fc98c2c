// Tags: every-node
// `node:assert` in a worker, as in Node.

import { sameAsNode } from "../support/nodejs.mjs";

const SUMMARY = `const outcome = (work) => { const error = caught(work); return error === undefined ? "passes" : [error.name, error.code, error.operator, error.generatedMessage]; };`;

sameAsNode(
  "node:assert",
  { assert: "node:assert", strict: "node:assert/strict" },
  {
    compares: `${SUMMARY} const pairs = [[1, 1], [1, "1"], [1, 2], [{ a: 1 }, { a: 1 }], [{ a: 1 }, { a: "1" }], [NaN, NaN], [[1], [2]], [null, undefined]];
      return ["equal", "notEqual", "strictEqual", "notStrictEqual", "deepEqual", "notDeepEqual", "deepStrictEqual", "notDeepStrictEqual"].map((name) =>
        pairs.map(([a, b]) => [outcome(() => assert[name](a, b)), outcome(() => strict[name](a, b))]));`,
    "says what differs": `return [() => assert.strictEqual(1, 2), () => assert.equal(1, 2), () => assert.notEqual(1, 1), () => assert.notStrictEqual(1, 1), () => assert.fail(), () => assert.fail("x"), () => assert.ifError(new Error("x")), () => assert.ifError("y")].map((work) => caught(work).message);`,
    "takes an error as the message": `return [caught(() => assert.ok(false, new RangeError("mine"))), caught(() => assert.equal(1, 2, new RangeError("mine")))];`,
    "expects errors": `${SUMMARY} const fails = () => { throw new TypeError("wrong"); };
      return [[fails], [fails, TypeError], [fails, RangeError], [fails, /wrong/], [fails, /right/], [fails, { message: "wrong" }], [fails, { message: "right" }], [fails, (error) => error.message === "wrong"], [fails, () => false], [() => {}], [() => {}, TypeError], [() => {}, "text"], [fails, new TypeError("wrong")]].map((args) => {
        try { assert.throws(...args); return "passes"; } catch (error) { return [error.name, error.code ?? null]; } });`,
    "expects rejections": `const outcome = (promise) => promise.then(() => "passes", (error) => [error.name, error.code ?? null, error.message.split("\\n")[0]]);
      return [await outcome(assert.rejects(Promise.reject(new Error("x")))), await outcome(assert.rejects(async () => { throw new Error("x"); }, /x/)), await outcome(assert.rejects(Promise.resolve(1))), await outcome(assert.doesNotReject(Promise.resolve(1))), await outcome(assert.doesNotReject(Promise.reject(new Error("y")))), await outcome(assert.rejects(1))];`,
    "expects no errors": `return [caught(() => assert.doesNotThrow(() => {})), caught(() => assert.doesNotThrow(() => { throw new Error("x"); }, "mine")).message];`,
    matches: `return [() => assert.match("abc", /b/), () => assert.match("abc", /x/), () => assert.doesNotMatch("abc", /b/), () => assert.match("abc", "b")].map(caught).map((error) => error && [error.code, error.operator ?? null]);`,
    "is a function, with its strict form": `return [caught(() => assert.default(0, "m")).message, caught(() => assert.ok(0, "m")).message, assert.default.strict === strict.default, strict.default.equal === assert.strictEqual, caught(() => assert.ok()).message, caught(() => assert.equal(1)).code];`,
    "has the class of its errors": `const error = new assert.AssertionError({ actual: 1, expected: 2, operator: "strictEqual" });
      return [error.message, error.name, error.code, error.actual, error.expected, error instanceof Error];`,
  },
);
