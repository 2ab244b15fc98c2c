// RPC beyond what workerd can be compared in: from Node, by compatibility dates, gates of objects, the lives of stubs.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { RecordingLog } from "../support/log.mjs";
import { create } from "../support/miniflare.mjs";
import { json, rejection } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const IMPORT = `import { DurableObject, RpcTarget, WorkerEntrypoint, env, waitUntil } from "cloudflare:workers";`;
const withScript = (t, script, options = {}) =>
  create(t, { modules: true, script: `${IMPORT}\n${script}`, ...options });
const answering = (expression) =>
  `export default { async fetch(request, env, ctx) { return Response.json(await (${expression})); } };`;
const MEMBERS = `export class Members extends DurableObject {
  add(a, b) { return a + b; }
  fail() { throw Object.assign(new RangeError("text"), { code: 7 }); }
}`;
const stubOf = async (mf, name) => {
  const namespace = await mf.getDurableObjectNamespace(name);
  return namespace.get(namespace.idFromName("a"));
};

describe("from Node", () => {
  const script = `
    class Counter extends RpcTarget {
      #count = 0;
      add(by = 1) { return (this.#count += by); }
    }
    ${MEMBERS}
    export class Named extends WorkerEntrypoint {
      props() { return this.ctx.props; }
      fetch(request) { return new Response(new URL(request.url).pathname + JSON.stringify(this.ctx.props)); }
    }
    export default class extends WorkerEntrypoint {
      echo(value) { return value; }
      counter() { return new Counter(); }
      nested() { return { a: { double: (x) => x * 2 } }; }
      call(f, ...args) { return f(...args); }
      text(stream) { return new Response(stream).text(); }
      fail() { throw Object.assign(new TypeError("text"), { code: 7 }); }
    }`;
  const options = { durableObjects: { MEMBERS: "Members" } };

  test("methods of an object are called", async (t) => {
    const stub = await stubOf(withScript(t, script, options), "MEMBERS");
    assert.equal(await stub.add(1, 2), 3);
    assert.equal(await stub, stub);
  });

  test("methods of a worker are called, and their results followed", async (t) => {
    const worker = await withScript(t, script, options).getWorker();
    const data = { map: new Map([[1, new Set([2])]]), date: new Date(5), bytes: new Uint8Array([1]), none: undefined };
    assert.deepEqual(await worker.echo(data), data);
    assert.equal(await worker.nested().a.double(4), 8);
    assert.equal(await worker.counter().add(3), 3);
    const counter = await worker.counter();
    assert.deepEqual([await counter.add(), await counter.add(2)], [1, 3]);
  });

  test("functions of a test are called, with what they return", async (t) => {
    const worker = await withScript(t, script, options).getWorker();
    assert.equal(await worker.call(async (a, b) => a + b, 1, 2), 3);
    assert.equal(await worker.call(() => ({ f: (x) => x + 1 })).f(1), 2);
    const error = await rejection(
      worker.call(() => {
        throw new RangeError("of the test");
      }),
    );
    assert.deepEqual([error.name, error.message, error instanceof RangeError], ["RangeError", "of the test", true]);
  });

  test("streams pass", async (t) => {
    const worker = await withScript(t, script, options).getWorker();
    const { readable, writable } = new TransformStream();
    const text = worker.text(readable);
    const writer = writable.getWriter();
    await writer.write(new TextEncoder().encode("sent"));
    await writer.close();
    assert.equal(await text, "sent");
  });

  test("errors are remote, of their class, with their properties", async (t) => {
    const mf = withScript(t, script, options);
    for (const call of [(await stubOf(mf, "MEMBERS")).fail(), (await mf.getWorker()).fail()]) {
      const { name, message, remote, code } = await rejection(call);
      assert.equal(message, "text");
      assert.match(name, /^(RangeError|TypeError)$/);
      assert.deepEqual([remote, code], [true, 7]);
    }
    const unknown = await rejection((await mf.getWorker()).nothing());
    assert.equal(unknown.message, 'The RPC receiver does not implement the method "nothing".');
  });

  test("entrypoints are chosen, with props", async (t) => {
    const mf = withScript(t, script, options);
    const named = await mf.getWorker(undefined, { entrypoint: "Named", props: { a: 1 } });
    assert.deepEqual(await named.props(), { a: 1 });
    assert.equal(await (await named.fetch("http://localhost/path")).text(), '/path{"a":1}');
    const missing = await mf.getWorker(undefined, { entrypoint: "Missing" });
    assert.equal((await rejection(missing.call())).message, 'The worker exports no entrypoint "Missing".');
    assert.equal((await rejection(mf.getWorker("other"))).code, "ERR_SERVICE_NOT_MOUNTED");
  });

  test("values that cannot be passed are refused", async (t) => {
    const worker = await withScript(t, script, options).getWorker();
    class Plain {}
    for (const value of [new Plain(), Symbol("a"), { a: Promise.resolve() }, new WeakMap()])
      assert.equal((await rejection(worker.echo(value))).name, "DataCloneError");
  });

  test("stubs reach the worker that is loaded", async (t) => {
    const mf = withScript(t, script, options);
    const [stub, worker] = [await stubOf(mf, "MEMBERS"), await mf.getWorker()];
    await mf.reload();
    assert.deepEqual([await stub.add(1, 1), await worker.echo("a")], [2, "a"]);
  });
});

describe("classes", () => {
  test("handle events, one instance for each", async (t) => {
    const mf = withScript(
      t,
      `let made = 0;
      export default class extends WorkerEntrypoint {
        constructor(ctx, env) { super(ctx, env); made++; }
        fetch() { waitUntil(Promise.resolve("module")); this.ctx.waitUntil("ctx"); return Response.json([made, this.env.A, env.A]); }
        scheduled({ cron }) { return [cron, made]; }
      }`,
      { bindings: { A: 1 } },
    );
    const res = await mf.dispatchFetch("http://localhost/");
    assert.deepEqual(await res.json(), [1, 1, 1]);
    assert.deepEqual(await res.waitUntil(), ["module", "ctx"]);
    assert.deepEqual(await mf.dispatchScheduled(0, "* * * * *"), [["* * * * *", 2]]);
  });

  test("without the base class are no entrypoints", async (t) => {
    const mf = withScript(t, "export default class { method() { return 1; } }");
    const error = await rejection((await mf.getWorker()).method());
    assert.equal(error.message, 'The RPC receiver does not implement the method "method".');
  });
});

describe("compatibility dates", () => {
  const script = `${MEMBERS} ${answering(`[typeof env.SELF.member, typeof env.MEMBERS.get(env.MEMBERS.newUniqueId()).member, typeof ctx.exports]`)}`;
  const options = { name: "self", serviceBindings: { SELF: "self" }, durableObjects: { MEMBERS: "Members" } };
  const cases = [
    [{}, ["function", "function", "object"]],
    [{ compatibilityDate: "2024-04-02" }, ["undefined", "undefined", "undefined"]],
    [{ compatibilityDate: "2024-04-03" }, ["function", "function", "undefined"]],
    [{ compatibilityDate: "2025-11-17" }, ["function", "function", "object"]],
    [{ compatibilityFlags: ["no_rpc", "disable_ctx_exports"] }, ["undefined", "undefined", "undefined"]],
    [{ compatibilityDate: "2022-01-01", compatibilityFlags: ["rpc"] }, ["function", "function", "undefined"]],
  ];
  for (const [given, expected] of cases) {
    test(`decide what stubs have: ${JSON.stringify(given)}`, async (t) => {
      assert.deepEqual(await json(withScript(t, script, { ...options, ...given })), expected);
    });
  }
});

test("a flag makes env and exports empty, at the top level and in handlers", async (t) => {
  const script = `
    import { exports, withEnv } from "cloudflare:workers";
    const look = () => [Object.keys(env), "A" in env, Object.keys(exports), ((env.B = 1), env.B)];
    const top = look();
    ${answering(`[top, look(), withEnv({ A: 2 }, () => env.A), arguments[1].A]`).replace("async fetch(request, env, ctx)", "async fetch()")}`;
  const empty = [[], false, [], null];
  for (const [flags, expected] of [
    [["disallow_importable_env"], [empty, empty, 2, 1]],
    [
      ["disallow_importable_env", "allow_importable_env"],
      [[["A"], true, [], 1], [["A", "B"], true, ["default"], 1], 2, 1],
    ],
  ]) {
    const mf = withScript(t, script, { bindings: { A: 1 }, compatibilityFlags: flags });
    assert.deepEqual(await json(mf), expected);
  }
});

test("what is a part of Cloudflare's network says so", async (t) => {
  const mf = withScript(
    t,
    `import { cache } from "cloudflare:workers";
    ${answering(`cache.purge({ tags: ["a"] }).catch(({ message }) => message)`)}`,
  );
  assert.match(
    await json(mf),
    /^cache.purge\(\) purges the cache of Cloudflare's network, which is not there in a test: /,
  );
});

describe("an object", () => {
  test("delays calls while it blocks concurrency, and calls back what came with the block", async (t) => {
    const mf = withScript(
      t,
      `export class Blocking extends DurableObject {
        order = [];
        block(f) {
          return this.ctx.blockConcurrencyWhile(async () => {
            this.order.push("begin");
            this.order.push(await f());
            this.order.push("end");
          });
        }
        note(text) { this.order.push(text); return this.order; }
      }
      export default {}`,
      { durableObjects: { BLOCKING: "Blocking" } },
    );
    const stub = await stubOf(mf, "BLOCKING");
    const { promise, resolve } = withResolvers();
    const blocked = stub.block(() => promise);
    const noted = stub.note("later");
    resolve("called back");
    await blocked;
    assert.deepEqual(await noted, ["begin", "called back", "end", "later"]);
  });

  test("answers when its writes are safe, in the order of the calls", async (t) => {
    const mf = withScript(
      t,
      `export class Counting extends DurableObject {
        async add() {
          const count = ((await this.ctx.storage.get("count")) ?? 0) + 1;
          this.ctx.storage.put("count", count);
          return count;
        }
      }
      export default {}`,
      { durableObjects: { COUNTING: "Counting" } },
    );
    const stub = await stubOf(mf, "COUNTING");
    const counts = await Promise.all(Array.from({ length: 10 }, () => stub.add()));
    assert.deepEqual(counts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("whose constructor throws rejects the call", async (t) => {
    const mf = withScript(
      t,
      `export class Failing extends DurableObject { constructor(ctx, env) { super(ctx, env); throw new Error("made"); } add() {} }
      export default {}`,
      { durableObjects: { FAILING: "Failing" } },
    );
    const error = await rejection((await stubOf(mf, "FAILING")).add());
    assert.deepEqual([error.message, error.remote], ["made", true]);
  });
});

describe("the life of stubs", () => {
  const script = `
    let disposed = [];
    class Target extends RpcTarget {
      constructor(name) { super(); this.name = name; }
      hi() { return "hi"; }
      [Symbol.dispose]() { disposed.push(this.name); }
    }
    let kept;
    export class Callee extends WorkerEntrypoint {
      target(name) { return new Target(name); }
      several() { return { a: new Target("a"), b: [new Target("b")], [Symbol.dispose]() { disposed.push("result"); } }; }
      use(stub) { return stub.hi(); }
      async keep(stub) {
        const dup = stub.dup();
        await null;
        const hi = await dup.hi();
        dup[Symbol.dispose]();
        return hi;
      }
      keepForLater(stub) { kept = stub.dup(); }
      useKept() { return kept.hi(); }
      async leave() { const stub = await this.ctx.exports.Callee.target("left"); return stub.hi(); }
      async pass() { return this.ctx.exports.Callee.target("passed"); }
    }
    export class Keeper extends DurableObject {
      keep(stub) { this.kept = stub.dup(); }
      useKept() { return this.kept.hi(); }
      drop() { this.kept[Symbol.dispose](); }
    }
    const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
    const cases = {
      async disposed({ callee }) {
        const stub = await callee.target("one");
        const other = stub.dup();
        stub[Symbol.dispose](); stub[Symbol.dispose]();
        await turn();
        const before = [...disposed];
        other[Symbol.dispose]();
        const within = [...disposed];
        await turn();
        return { before, within, after: disposed };
      },
      async using({ callee }) {
        const stub = await callee.target("used");
        try { await stub.hi(); } finally { stub[Symbol.dispose](); }
        await turn();
        return disposed;
      },
      async results({ callee }) {
        const result = await callee.several();
        result[Symbol.dispose]();
        await turn();
        return disposed.sort();
      },
      async parameters({ callee }) {
        await callee.use(new Target("parameter"));
        await turn();
        return disposed;
      },
      async duplicated({ callee }) {
        const hi = await callee.keep(new Target("kept"));
        await turn();
        return { hi, disposed };
      },
      async keptForLater({ callee }) {
        await callee.keepForLater(new Target("later"));
        await turn();
        return [disposed, await callee.useKept().catch(({ message }) => message.slice(0, 54))];
      },
      async keptByObject({ keeper }) {
        await keeper.keep(new Target("object's"));
        await turn();
        const before = [...disposed];
        const hi = await keeper.useKept();
        await keeper.drop();
        await turn();
        return { before, hi, after: disposed };
      },
      async left({ callee }) {
        const hi = await callee.leave();
        await turn();
        return [hi, disposed];
      },
      async passedOn({ callee }) {
        const stub = await callee.pass();
        await turn();
        const before = [...disposed];
        const hi = await stub.hi();
        stub[Symbol.dispose]();
        await turn();
        return { before, hi, after: disposed };
      },
      async dropped({ callee }) {
        callee.target("dropped")[Symbol.dispose]();
        await turn(); await turn();
        return disposed;
      },
    };
    export default {
      async fetch(request, env, ctx) {
        disposed = [];
        const name = new URL(request.url).pathname.slice(1);
        const keeper = env.KEEPER.getByName(name);
        return Response.json(await cases[name]({ callee: ctx.exports.Callee, keeper }));
      },
    };`;
  const expected = {
    disposed: { before: [], within: [], after: ["one"] },
    using: ["used"],
    results: ["a", "b", "result"],
    parameters: ["parameter"],
    duplicated: { hi: "hi", disposed: ["kept"] },
    keptForLater: [["later"], "Cannot perform I/O on behalf of a different request. I"],
    keptByObject: { before: [], hi: "hi", after: ["object's"] },
    left: ["hi", ["left"]],
    passedOn: { before: [], hi: "hi", after: ["passed"] },
    dropped: ["dropped"],
  };
  for (const [name, result] of Object.entries(expected)) {
    test(name, async (t) => {
      const mf = withScript(t, script, { durableObjects: { KEEPER: "Keeper" } });
      const res = await mf.dispatchFetch(`http://localhost/${name}`);
      assert.deepEqual(await res.json(), result);
    });
  }

  test("ends once a request is answered, and what it waits for has settled", async (t) => {
    const mf = withScript(
      t,
      `let disposed = [];
      class Target extends RpcTarget {
        constructor(name) { super(); this.name = name; }
        hi() { return "hi"; }
        [Symbol.dispose]() { disposed.push(this.name); }
      }
      export class Callee extends WorkerEntrypoint { target(name) { return new Target(name); } }
      const handlers = {
        async plain(ctx) { return (await ctx.exports.Callee.target("plain")).hi(); },
        async waiting(ctx) {
          const stub = await ctx.exports.Callee.target("waiting");
          ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 0)).then(() => stub.hi()));
          return "waits";
        },
        async failing(ctx) { await ctx.exports.Callee.target("failing"); throw new Error("fails"); },
        disposed: () => disposed.join(),
      };
      export default {
        async fetch(request, env, ctx) { return new Response(await handlers[new URL(request.url).pathname.slice(1)](ctx)); },
        async scheduled(controller, env, ctx) { await ctx.exports.Callee.target("scheduled"); },
      }`,
    );
    const ask = (name) => mf.dispatchFetch(`http://localhost/${name}`);
    assert.equal(await (await ask("plain")).text(), "hi");
    const waiting = await ask("waiting");
    assert.deepEqual(await waiting.waitUntil(), ["hi"]);
    await assert.rejects(ask("failing"), /fails/);
    await mf.dispatchScheduled();
    assert.equal(await (await ask("disposed")).text(), "plain,waiting,failing,scheduled");
  });

  test("a call that no code awaits rejects once, at the caller", async (t) => {
    const log = new RecordingLog();
    const { promise, resolve } = withResolvers();
    log.error = ({ message }) => {
      log.lines.push(message);
      setImmediate(() => setImmediate(resolve));
    };
    const mf = withScript(
      t,
      `export class Callee extends WorkerEntrypoint { fail() { throw new Error("unawaited"); } }
      export default { async fetch(request, env, ctx) { ctx.exports.Callee.fail(); return new Response("ok"); } };`,
      { log, logUnhandledRejections: true },
    );
    assert.equal(await (await mf.dispatchFetch("http://localhost/")).text(), "ok");
    await promise;
    const reports = log.lines.filter((line) => line.includes("unawaited"));
    assert.equal(reports.length, 1, reports.join());
  });
});

function withResolvers() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}
