// RPC and `cloudflare:workers` here and on workerd, by way of Miniflare 4: the same snippets on both give the same values, errors
// and texts.

import { compareAll } from "../support/rpc.mjs";

const failing = (text) => `${text}.then(() => "no error", (error) => error)`;

/** The number of bytes depends on how V8 keeps arrays. */
const tooLong = (text) =>
  `${failing(text)}.then((error) => [error.name, error.remote, error.message?.replace(/[0-9]+ bytes/, "n bytes")])`;

/** Resets an object by one stub, and calls it by that and by others. */
const resetting = (binding) =>
  `(async () => {
    const stub = fresh("${binding}");
    const [reset, again] = [await ${failing("stub.reset()")}, await ${failing("stub.reset()")}];
    return [reset, again, reset.durableObjectReset, typeof (await fresh("${binding}").${binding === "NEAR" ? "add(1, 2)" : "bump()"})];
  })()`;

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
  "props and exports of an object": `[...(await NEAR.context()), await NEAR.loop()]`,
  "a message of 32 MiB": tooLong(`OTHER.echo("x".repeat(2 ** 25))`),
  "a message of 32 MiB in bytes": tooLong("OTHER.echo(new Uint8Array(2 ** 25))"),
  "a message of 32 MiB of two-byte text": tooLong(`OTHER.echo({ a: ["\\u4e2d".repeat(2 ** 24)] })`),
  "a message of 32 MiB to an object": tooLong(`NEAR.add("x".repeat(2 ** 25), 1)`),
  "a result of 32 MiB": tooLong("OTHER.long(2 ** 25)"),
  "a message that is shorter": `(await OTHER.echo("x".repeat(2 ** 25 - 100))).length`,
  "a stub of an object that was reset": resetting("NEAR"),
  "a stub of an object of another worker that was reset": resetting("FAR"),
  "a stub that has not been used before the reset": `(async () => { const stub = fresh("NEAR"); await ${failing('fresh("NEAR").reset()')}; return stub.add(1, 2); })()`,
  "fetch of an object that was reset": `(async () => { const stub = fresh("NEAR"); await ${failing("stub.reset()")}; return [await ${failing('stub.fetch("http://x/")')}, await (await fresh("NEAR").fetch("http://x/")).text()]; })()`,
  "a call that is pending at a reset": `(async () => { const stub = fresh("NEAR"); const pending = ${failing("stub.pendingReset()")}; await stub.add(1, 1); await ${failing("stub.reset()")}; return pending; })()`,
  "an object that is never made": `(async () => { const stub = fresh("BROKEN"); return [await ${failing("stub.add()")}, await ${failing("stub.add()")}]; })()`,
  "a stub that an object keeps": `(async () => { const far = fresh("FAR"); await far.hold((x) => x + 1); return far.callHeld(1); })()`,
  "a stub of another request": `(async () => { await OTHER.keepStub((x) => x + 1); return ${failing("OTHER.useKept(1)")}; })()`,
  "a call is sent once": `(async () => { const call = fresh("FAR").bump(); return [await call, await call, await fresh("FAR").bump()]; })()`,
  "a property is read at each await": `(async () => { const counter = await OTHER.counter(); const { count } = counter; const first = await count; await counter.add(2); return [first, await count]; })()`,
  "a promise after its disposal": failing(
    "(async () => { const call = OTHER.counter(); call[Symbol.dispose](); return call.add(1); })()",
  ),
  "a path of 64 names": failing(
    `["a".repeat(64)].flatMap((text) => [...text]).reduce((stub, name) => stub[name], OTHER)()`,
  ),
  "an RpcPromise as a member": failing("OTHER.echo({ promise: OTHER.counter() })"),
  "an RpcProperty as an argument": failing("OTHER.echo(OTHER.getter)"),
  "a stub as a property of a stub": `(async () => { const nested = await OTHER.nested(); return [typeof nested.a.b, await nested.a.b(3), Object.keys(nested)]; })()`,
  "a target that duplicates itself": `(async () => { class Own extends RpcTarget { constructor(n) { super(); this.n = n; } dup() { return new Own(this.n + 1); } which() { return this.n; } } return OTHER.callMember(new Own(1), "which"); })()`,
  "a target whose duplicate is no target": failing(
    `(async () => { class Own extends RpcTarget { dup() { return 5; } which() { return 1; } } return OTHER.callMember(new Own(), "which"); })()`,
  ),
  "a target whose duplicate is a function": failing(
    `(async () => { class Own extends RpcTarget { dup() { return () => 3; } } return OTHER.call(new Own()); })()`,
  ),
  "a target whose duplicate is another target": `(async () => { class Own extends RpcTarget { dup() { return new Target(); } } return OTHER.callMember(new Own(), "hi"); })()`,
  "a function that duplicates itself": `OTHER.call(Object.assign(() => 1, { dup: () => () => 2 }))`,
  "a target that is returned and duplicates itself": `OTHER.doubling().which()`,
  "a locked stream": failing(
    `(async () => { const { body } = new Response("a"); body.getReader(); return OTHER.text(body); })()`,
  ),
  "symbols as names": `[typeof OTHER[Symbol.iterator], typeof OTHER.echo[Symbol.toPrimitive]]`,
  "a name that every object has": failing("OTHER.toString()"),
  "hasOwnProperty of a target": failing("OTHER.counter().hasOwnProperty('own')"),
  "a call within a result": `OTHER.call((counter) => counter.add(5), OTHER.counter && (await OTHER.counter()))`,
  "a function that throws": failing(`OTHER.call(() => { throw new RangeError("here"); })`),
  "a function that returns a function": `OTHER.call(() => (x) => x * 2)(4)`,
  "spans run their functions": `[workers.tracing.enterSpan("a", (span, x, y) => [span.isTraced, span.setAttribute("k", 1), x, y, String(span)], 1, 2), await workers.tracing.enterSpan("a", async () => (await null, "later")), String(workers.tracing), typeof workers.cache]`,
  "a span that throws": `workers.tracing.enterSpan("a", () => { throw new RangeError("in a span"); })`,
  "spans without a name": `workers.tracing.enterSpan()`,
  "spans without a function": `workers.tracing.enterSpan("a")`,
  "spans with a symbol": `workers.tracing.enterSpan(Symbol("a"), () => 1)`,
  "attributes without a name": `workers.tracing.enterSpan("a", (span) => span.setAttribute())`,
  "services are ServiceStubs": `[OTHER instanceof workers.ServiceStub, NEAR instanceof workers.ServiceStub, OTHER.echo instanceof workers.RpcProperty, OTHER.echo(1) instanceof workers.RpcPromise]`,
};

/** Where ours is another on purpose, and why. */
const RESET = "an error of an object that was reset is of its class, and remote";
const DIFFERENCES = {
  withEnv: "without bindings, env is empty inside: this version of workerd takes the worker's",
  "a stub of a value": "the text is that of other values that a stub cannot wrap",
  "a stub of an object that was reset": RESET,
  "a stub of an object of another worker that was reset": RESET,
  "fetch of an object that was reset": RESET,
  "a call that is pending at a reset": RESET,
  "an object that is never made": RESET,
};

compareAll("RPC and cloudflare:workers, as on workerd", SNIPPETS, DIFFERENCES);
