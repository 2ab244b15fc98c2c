import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";
import { errorFromWire, errorToWire, FetchError } from "../../src/node/errors.js";
import { MiniflareCoreError, MiniflareError, noScriptMessage } from "../../src/node/errors.js";

// There and back, through the clone that stands between two heaps.
function cross(error) {
  return errorFromWire(structuredClone(errorToWire(error)));
}

function ownKeys(error) {
  return Object.getOwnPropertyNames(error).filter((key) => Object.prototype.propertyIsEnumerable.call(error, key));
}

test("errors carry a code and a name that shows it", () => {
  const cause = new Error("why");
  const error = new FetchError("ERR_NO_HANDLER", "No fetch handler", cause);
  assert.ok(error instanceof MiniflareError);
  assert.equal(error.name, "FetchError [ERR_NO_HANDLER]");
  assert.equal(error.code, "ERR_NO_HANDLER");
  assert.equal(error.cause, cause);
  assert.match(error.stack, /^FetchError \[ERR_NO_HANDLER\]: No fetch handler\n {4}at .*errors\.spec\.mjs/);
  assert.equal("cause" in new FetchError("ERR_X", "x"), false);
});

test("a missing script is explained for service workers and for modules", () => {
  const classic = `No script defined, either:
- Pass it as a positional argument, if you're using the CLI
    $ miniflare dist/worker.js
- Set the script or scriptPath option, if you're using the API
    new Miniflare({ scriptPath: "dist/worker.js" })
- Set main in package.json
    { "main": "dist/worker.js" }
`;
  const modules = `No script defined, either:
- Pass it as a positional argument, if you're using the CLI
    $ miniflare dist/worker.mjs
- Set the script or scriptPath option, if you're using the API
    new Miniflare({ scriptPath: "dist/worker.mjs" })
- Set module in package.json
    { "module": "dist/worker.mjs" }
- Set build.upload.main in wrangler.toml
    [build.upload]
    format = "modules"
    dir = "dist"
    main = "worker.mjs"
`;
  const plain = (text) => text.replaceAll(/\x1b\[\d+m/g, "");
  assert.equal(plain(noScriptMessage(false)), classic);
  assert.equal(plain(noScriptMessage(true)), modules);
});

test("built-in errors arrive as the class they were", () => {
  for (const Class of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
    const sent = new Class("message");
    const received = cross(sent);
    assert.equal(Object.getPrototypeOf(received), Class.prototype);
    assert.equal(received.message, "message");
    assert.equal(received.stack, sent.stack);
    assert.deepEqual(ownKeys(received), []);
  }
});

test("an error of another realm arrives as one of this realm", () => {
  const received = cross(vm.runInNewContext("new RangeError('far')"));
  assert.ok(received instanceof RangeError);
  assert.equal(received.message, "far");
});

test("a name of the user's own, code and further properties arrive", () => {
  const sent = Object.assign(new TypeError("m"), { name: "MyError", code: 7, detail: { a: [1] }, callback() {} });
  const received = cross(sent);
  assert.equal(received.name, "MyError");
  assert.equal(received.code, 7);
  assert.deepEqual(received.detail, { a: [1] });
  assert.deepEqual(ownKeys(received).sort(), ["code", "detail"]);
});

test("errors of this package arrive as their class", () => {
  const received = cross(new MiniflareCoreError("ERR_NO_SCRIPT", "none"));
  assert.ok(received instanceof MiniflareCoreError);
  assert.equal(received.name, "MiniflareCoreError [ERR_NO_SCRIPT]");
  assert.equal(received.code, "ERR_NO_SCRIPT");
});

test("a DOMException arrives as one", () => {
  const received = cross(new DOMException("late", "InvalidStateError"));
  assert.ok(received instanceof DOMException);
  assert.equal(received.name, "InvalidStateError");
  assert.equal(received.message, "late");
  assert.equal(received.code, DOMException.INVALID_STATE_ERR);
});

test("an AggregateError arrives with its errors", () => {
  const received = cross(new AggregateError([new RangeError("a"), "b"], "many"));
  assert.ok(received instanceof AggregateError);
  assert.equal(received.message, "many");
  assert.ok(received.errors[0] instanceof RangeError);
  assert.equal(received.errors[1], "b");
});

test("causes arrive, errors and other values alike", () => {
  const received = cross(new Error("a", { cause: new TypeError("b", { cause: { plain: true } }) }));
  assert.ok(received.cause instanceof TypeError);
  assert.deepEqual(received.cause.cause, { plain: true });
  assert.deepEqual(ownKeys(received), []);
  assert.ok(Object.hasOwn(cross(new Error("a", { cause: undefined })), "cause"));
  assert.equal(Object.hasOwn(cross(new Error("a")), "cause"), false);
});

test("causes that go in a circle, or too deep, are cut", () => {
  const a = new Error("a");
  a.cause = new Error("b", { cause: a });
  assert.equal(cross(a).cause.message, "b");
  assert.equal(Object.hasOwn(cross(a).cause, "cause"), false);

  let deep = new Error("0");
  for (let i = 1; i < 1000; i++) deep = new Error(String(i), { cause: deep });
  let depth = 0;
  for (let error = cross(deep); error; error = error.cause) depth++;
  assert.equal(depth, 16);
});

test("a wire that contains itself does not overflow", () => {
  const wire = { name: "Error", message: "loop" };
  wire.cause = wire;
  assert.equal(errorFromWire(wire).cause.message, "loop");
});

test("what was thrown without being an error arrives as it is", () => {
  for (const value of ["text", 5, null, undefined]) assert.equal(cross(value), value);
  assert.deepEqual(cross({ status: 1 }), { status: 1 });
});

test("getters that throw do not keep an error from crossing", () => {
  const error = new Error("m");
  Object.defineProperty(error, "stack", { get: () => assert.fail("read") });
  Object.defineProperty(error, "extra", { get: () => assert.fail("read"), enumerable: true });
  assert.equal(cross(error).message, "m");
});

test("an error without a prototype crosses", () => {
  assert.equal(cross(Object.setPrototypeOf(new Error("bare"), null)).message, "bare");
});
