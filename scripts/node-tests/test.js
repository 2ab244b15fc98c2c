// In a worker, in place of `node:test`: tests run one after the other, and what one throws is a failure of the file.
"use strict";

const { nodeTest } = globalThis;
const noop = () => {};

let suite;

/** The arguments of a test, of which each may be missing. */
function given(args) {
  const fn = args.find((arg) => typeof arg === "function") ?? noop;
  const options = args.find((arg) => typeof arg === "object" && arg !== null) ?? {};
  const name = typeof args[0] === "string" ? args[0] : fn.name;
  return { name, options, fn };
}

const call = (fn, argument) =>
  fn.length < 2
    ? fn(argument)
    : new Promise((resolve, reject) => fn(argument, (error) => (error ? reject(error) : resolve())));

async function hooksOf(of, kind) {
  for (const hook of of?.[kind] ?? []) await hook();
}

async function run({ name, fn }, of) {
  const assert = require("node:assert");
  const mocks = createMock();
  const context = {
    name,
    assert,
    mock: mocks,
    plan: noop,
    diagnostic: noop,
    skip: noop,
    signal: new AbortController().signal,
    after: (hook) => void after.push(hook),
    test: (...args) => attempt(given(args)),
  };
  const after = [];
  try {
    await hooksOf(of, "beforeEach");
    await call(fn, context);
    await hooksOf(of, "afterEach");
    for (const hook of after) await hook();
  } catch (error) {
    const named = new Error(`${name}: ${error?.message ?? error}`, { cause: error });
    named.stack = error?.stack;
    nodeTest.failures.push(named);
  } finally {
    mocks.restoreAll();
  }
}

const attempt = (test, of) => (test.options.skip || test.options.todo ? undefined : run(test, of));

/** What runs, in order, when the file has been read. */
let queue = Promise.resolve();
let pending = 0;

function later(work) {
  pending++;
  nodeTest.isBusy = () => pending > 0;
  queue = queue.then(work).finally(() => void pending--);
  return queue;
}

function test(...args) {
  const one = given(args);
  if (suite !== undefined) return void suite.tests.push(one);
  return later(() => attempt(one));
}

async function runSuite(of) {
  await hooksOf(of, "before");
  for (const one of of.tests) {
    if (one.tests === undefined) await attempt(one, of);
    else await runSuite(one);
  }
  await hooksOf(of, "after");
}

function describe(...args) {
  const { options, fn } = given(args);
  if (options.skip) return;
  const outer = suite;
  const made = {
    tests: [],
    before: [],
    after: [],
    beforeEach: [...(outer?.beforeEach ?? [])],
    afterEach: [...(outer?.afterEach ?? [])],
  };
  suite = made;
  const result = fn();
  suite = outer;
  if (outer !== undefined) outer.tests.push(made);
  else later(async () => (await result, await runSuite(made)));
}

const hook = (kind) => (fn) => (suite === undefined ? later(fn) : suite[kind].push(fn));

/** Functions that count their calls, as `t.mock` makes them. */
function createMock() {
  const restores = [];
  const fn = (original = noop, implementation = original) => {
    const calls = [];
    const mocked = function (...args) {
      const call = { arguments: args, this: this, target: new.target };
      calls.push(call);
      call.result = new.target ? Reflect.construct(implementation, args) : implementation.apply(this, args);
      return call.result;
    };
    mocked.mock = { calls, callCount: () => calls.length, resetCalls: () => void calls.splice(0), restore: noop };
    return mocked;
  };
  const method = (target, name, implementation = target[name]) => {
    const original = Object.getOwnPropertyDescriptor(target, name);
    const mocked = fn(target[name], implementation);
    Object.defineProperty(target, name, { value: mocked, configurable: true, writable: true });
    mocked.mock.restore = () =>
      original === undefined ? delete target[name] : Object.defineProperty(target, name, original);
    restores.push(mocked.mock.restore);
    return mocked;
  };
  const restoreAll = () => {
    for (const restore of restores.splice(0)) restore();
  };
  return { fn, method, restoreAll, reset: restoreAll };
}

test.skip = noop;
test.todo = noop;
describe.skip = noop;
module.exports = Object.assign(test, {
  after: hook("after"),
  afterEach: hook("afterEach"),
  before: hook("before"),
  beforeEach: hook("beforeEach"),
  describe,
  it: test,
  mock: createMock(),
  suite: describe,
  test,
});
