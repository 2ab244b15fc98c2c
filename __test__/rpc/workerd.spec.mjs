// RPC and `cloudflare:workers` here and on workerd, by way of Miniflare 4: the same snippets on both give the same values, errors
// and texts.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { openPair } from "../support/rpc.mjs";
import { test } from "../support/test.mjs";

const failing = (text) => `${text}.then(() => "no error", (error) => error)`;

const SNIPPETS = {
  "the exports of the module": `["WorkerEntrypoint", "DurableObject", "RpcTarget", "RpcStub", "RpcPromise", "RpcProperty", "ServiceStub", "WorkflowEntrypoint", "env", "exports", "waitUntil", "withEnv", "withExports", "withEnvAndExports"].map((name) => typeof workers[name])`,
  "env is what handlers get, in a proxy": `[imported === env, imported.VALUE, "VALUE" in imported, "x" in imported, Object.keys(imported).length === Object.keys(env).length]`,
  "env shows what a handler changes": `(env.NEW = 2, [imported.NEW, delete imported.NEW, "NEW" in env])`,
  withEnv: `[withEnv({ VALUE: 7 }, () => imported.VALUE), await withEnv({ VALUE: 8 }, async () => (await null, imported.VALUE)), imported.VALUE, withEnv(null, () => Object.keys(imported))]`,
  "types of members": `[typeof OTHER, typeof OTHER.echo, typeof OTHER.echo(1), typeof NEAR, typeof OTHER.then, typeof NEAR.then]`,
  primitives: `OTHER.args(1, "a", true, null, undefined, 5n, -0, NaN)`,
  data: `OTHER.echo({ date: new Date(5), re: /a/g, map: new Map([[1, { a: 1 }]]), set: new Set([1]), list: [1, , 3], bytes: new Uint8Array([1, 2]), buffer: new ArrayBuffer(1), floats: new Float64Array([1.5]) })`,
  "cyclic data": `(async () => { const a = { n: 1 }; a.a = a; const b = await OTHER.echo(a); return [b.a === b, b === a, b.n]; })()`,
  "arguments are copies": `(async () => { const a = { n: 1 }; await OTHER.keep(a); return a; })()`,
  "errors as values": `(async () => { const e = await OTHER.echo(new RangeError("x")); return [e instanceof RangeError, e.message]; })()`,
  properties: `[await OTHER.getter, await OTHER.promised]`,
  "own fields are out of reach": failing("OTHER.field"),
  "an unknown method": failing("OTHER.nothing()"),
  "an unknown property": failing("OTHER.nothing"),
  "a path of unknown names": failing("OTHER.getter.a.b()"),
  "a value that is not a function": failing("OTHER.getter()"),
  ctx: failing("OTHER.ctx"),
  "constructor of an entrypoint": failing("OTHER.echo.constructor.x()"),
  "a reserved name": failing("OTHER.alarm()"),
  "each call has an instance of its own": `[await OTHER.state(), await OTHER.state()]`,
  "promises as results": `OTHER.later({ a: 1 })`,
  "a target": `(async () => { const c = await OTHER.counter(); return [typeof c, c instanceof RpcStub, await c.add(), await c.add(2), await c.count, await c.fetch("x")]; })()`,
  "an own field of a target": `(async () => { const c = await OTHER.counter(); return ${failing("c.own")}; })()`,
  "a private field of a target": `(async () => { const c = await OTHER.counter(); return ${failing('c["#private"]')}; })()`,
  pipelining: `[await OTHER.counter().add(5), await OTHER.counter().child().add(3), await OTHER.nested().a.b(2), await OTHER.nested().a.n]`,
  "pipelining on a failed call": failing('OTHER.fail("TypeError").a.b()'),
  "pipelining on a primitive": failing("OTHER.echo(1).x()"),
  "pipelining on a string": failing('OTHER.echo("a").length'),
  "pipelining on an array": failing("OTHER.nested().list.map()"),
  "a function": `(async () => { const f = await OTHER.fn(); return [typeof f, await f(1), await f.prop]; })()`,
  "a function as argument": `OTHER.call((x) => x + 1, 41)`,
  "a target as argument": `OTHER.callMember(new Target(), "hi")`,
  "a stub as argument": `(async () => { const c = await OTHER.counter(); return OTHER.callMember(c, "add"); })()`,
  "one target twice is two stubs": `(async () => { const { a, b } = await OTHER.both(); return [a === b, await a.add(), await b.add()]; })()`,
  "an instance of a class": failing("OTHER.echo(new Plain())"),
  "a result that is an instance of a class": failing("OTHER.plain()"),
  "an object without prototype": failing("OTHER.echo(Object.create(null))"),
  "a symbol": failing("OTHER.echo(Symbol('x'))"),
  "a promise as member": failing("OTHER.echo({ p: Promise.resolve() })"),
  "a WeakMap": failing("OTHER.echo(new WeakMap())"),
  "a TypeError": failing('OTHER.fail("TypeError")'),
  "a RangeError": failing('OTHER.fail("RangeError")'),
  "an error of another name": failing('OTHER.fail("CustomError")'),
  "a thrown value": failing("OTHER.throwValue({ a: 1 })"),
  "a thrown text": failing('OTHER.throwValue("text")'),
  streams: `[await OTHER.text(new Response("sent").body), await new Response(await OTHER.stream()).text()]`,
  requests: `OTHER.request(new Request("http://x/y", { method: "POST", headers: { a: "b" }, body: "c" }))`,
  responses: `(async () => { const r = await OTHER.response(); return [r.status, r.headers.get("a"), await r.text()]; })()`,
  headers: `(async () => [...(await OTHER.echo(new Headers({ a: "b" })))])()`,
  props: `[await NAMED.props(), await (await NAMED.fetch("http://x/")).json()]`,
  "handler objects": `[await HANDLERS.one(1), await HANDLERS.three(2)]`,
  "a handler object without argument": failing("HANDLERS.one()"),
  "a handler object with two arguments": failing("HANDLERS.one(1, 2)"),
  "a handler with four parameters": failing("HANDLERS.four(1)"),
  "a value of a handler object": `HANDLERS.value`,
  "no handler for fetch": failing('HANDLERS.fetch("http://x/")'),
  "an object": `[await NEAR.add(1, 2), await NEAR.put("k", { a: 1 }), await NEAR.members()]`,
  "an object of another worker": `[await FAR.bump(), await FAR.bump(), await (await FAR.fetch("http://x/")).text()]`,
  "an error of an object": failing("NEAR.fail()"),
  "a reserved name of an object": failing("FAR.alarm()"),
  "a target of an object": `NEAR.counter().hi()`,
  "a function passed to an object": `NEAR.callBack((x) => x + 1)`,
  "an object without the base class": failing("OLD.add()"),
  "fetch of an object without the base class": `(async () => (await OLD.fetch("http://x/")).text())()`,
  "local stubs": `(async () => { const s = new RpcStub(new Target()); return [await s.hi(), s instanceof RpcStub, await new RpcStub((x) => x)(3), await new RpcStub({ a: 1 }).a]; })()`,
  "a stub of a value": failing("(async () => new RpcStub(1))()"),
  "a stub of a class instance": failing("(async () => new RpcStub(new Plain()))()"),
  "a stub after its disposal": failing(
    "(async () => { const c = await OTHER.counter(); c[Symbol.dispose](); return c.add(); })()",
  ),
  "a dup outlives its stub": `(async () => { const c = await OTHER.counter(); const d = c.dup(); c[Symbol.dispose](); return d.add(); })()`,
  "results have a disposer": `[typeof (await OTHER.nested())[Symbol.dispose], typeof (await OTHER.counter())[Symbol.dispose]]`,
  "ctx.exports": `[Object.keys(ctx.exports).sort().join(), await ctx.exports.Loop({ props: { p: 1 } }).props(), await ctx.exports.Loop.props(), await (await ctx.exports.Loop.fetch("http://x/")).text()]`,
  "classes that cannot be constructed": `["RpcPromise", "RpcProperty", "ServiceStub"].map((name) => { try { new workers[name](); } catch (error) { return error; } })`,
  "RpcTarget can be": `typeof new RpcTarget()`,
  "services are ServiceStubs": `[OTHER instanceof workers.ServiceStub, NEAR instanceof workers.ServiceStub, OTHER.echo instanceof workers.RpcProperty, OTHER.echo(1) instanceof workers.RpcPromise]`,
};

/** Where ours is another on purpose, and why. */
const DIFFERENCES = {
  withEnv: "without bindings, env is empty inside: this version of workerd takes the worker's",
  "a stub of a value": "the text is that of other values that a stub cannot wrap",
};

describe("as on workerd", () => {
  test("RPC and cloudflare:workers", async (t) => {
    const [ours, theirs] = openPair(t, SNIPPETS);
    const found = [];
    for (const name of Object.keys(SNIPPETS)) {
      const [own, other] = await Promise.all([ours(name), theirs(name)]);
      if (process.env.SHOW)
        console.log(
          name,
          JSON.stringify(other),
          JSON.stringify(own) === JSON.stringify(other) ? "" : `\n   OURS ${JSON.stringify(own)}`,
        );
      else if (DIFFERENCES[name] === undefined) assert.deepEqual(own, other, name);
      else {
        assert.notDeepEqual(own, other, name);
        found.push(name);
      }
    }
    assert.deepEqual(found, Object.keys(DIFFERENCES));
  });
});
