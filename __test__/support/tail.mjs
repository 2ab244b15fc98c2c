// Workers whose events are recorded, for the specs about tails: on this package, and on Miniflare 4.

/** The worker whose events are recorded. Its Durable Object is one of the classes that are bound. */
export const MAIN = `
  import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
  import { channel } from "node:diagnostics_channel";
  export class Recorded extends DurableObject {
    constructor(ctx, env) { super(ctx, env); console.log("constructed"); }
    add(n) { console.log("in the object", n); return n; }
    fail() { throw new TypeError("of the object"); }
    fetch(request) {
      console.log("object", request.method);
      if (request.headers.get("upgrade") !== "websocket") return new Response("object");
      const { 0: client, 1: server } = new WebSocketPair();
      this.ctx.acceptWebSocket(server);
      return new Response(null, { status: 101, webSocket: client });
    }
    webSocketMessage(socket, message) { console.log("message", message); socket.send("heard " + message); }
    webSocketClose(socket, code, reason) { console.log("closed", code, reason); socket.close(code); }
  }
  export class Named extends WorkerEntrypoint {
    fetch() { console.log("named"); return new Response("named"); }
    double(n) { console.log("double"); return n * 2; }
    fail() { throw new RangeError("of the entrypoint"); }
  }
  class Plain { value = 1; }
  const handlers = {
    async log() {
      console.log("text", 1, -0, NaN, true, null, undefined, { a: [1, { b: undefined }] }, [undefined, () => 1]);
      console.log(5n, Symbol("x"), (a) => a, new Date(0), /a/g, new Map(), new Plain(), Object.create(null), new Error("e"), new Uint8Array([1, 2]));
      console.log({ big: 5n }, { toJSON: () => "json" }, { get a() { throw new Error(); } }, new String("boxed"), new URL("http://a/"));
      console.log();
      console.debug("d"); console.info("i"); console.warn("w"); console.error(new TypeError("shown"));
      console.dir({}); console.group("g"); console.log("in the group"); console.groupEnd(); console.table([1]); console.trace("t");
      return new Response("logged", { status: 201 });
    },
    throws() { console.log("before"); throw new RangeError("thrown"); },
    throwsText() { throw "text"; },
    throwsObject() { throw { a: 1 }; },
    async throwsLater() { await null; throw new TypeError("later"); },
    missing: () => new Response(null, { status: 404 }),
    waits(request, env, ctx) {
      ctx.waitUntil(Promise.reject(new Error("waited for")));
      ctx.waitUntil((async () => { await scheduler.wait(5); console.log("after the response"); })());
      return new Response("waits");
    },
    async timer() {
      setTimeout(() => { throw new Error("in a timer"); }, 1);
      await scheduler.wait(20);
      return new Response("timer");
    },
    stream: () => new Response(new ReadableStream({
      async pull(controller) {
        await scheduler.wait(5);
        console.log("pulled");
        controller.enqueue(new TextEncoder().encode("chunk"));
        controller.close();
      },
    })),
    async channel() { channel("a channel").publish({ a: 1 }); return new Response("published"); },
    long() { console.log("x".repeat(300_000)); console.log("after"); return new Response("long"); },
    many() { for (let i = 0; i < 5; i++) console.log("y".repeat(60_000)); return new Response("many"); },
    async call(request, env) { return Response.json(await env.RECORDED.get(env.RECORDED.idFromName("a")).add(1)); },
    async callFails(request, env) {
      await env.RECORDED.get(env.RECORDED.idFromName("b")).fail().catch(() => {});
      return new Response("failed");
    },
    object: (request, env) => env.RECORDED.get(env.RECORDED.idFromName("c")).fetch("http://object/path"),
    upgrade: (request, env) => env.RECORDED.get(env.RECORDED.idFromName("d")).fetch(request),
    async own(request, env, ctx) { return Response.json(await ctx.exports.Named.double(2)); },
    ownFetch: (request, env, ctx) => ctx.exports.Named.fetch("http://named/"),
    async service(request, env) { return Response.json([await env.OTHER.greet("x"), await env.OTHER.a.b()]); },
    async serviceFails(request, env) { await env.OTHER.fail().catch(() => {}); return new Response("failed"); },
    serviceFetch: (request, env) => env.OTHER.fetch("http://other/id/0123456789abcdef0123456789abcdef?k=ABcd12ABcd12ABcd12ABc", {
      headers: { authorization: "a", "x-auth-x": "b", cookie: "c", "my-token": "d", "x-key": "e", jwt: "f", secret: "g", session: "h", "x-plain": "i" },
    }),
    queue: async (request, env) => (await env.QUEUE.send({ a: 1 }), new Response("sent")),
    entrypointFails: async (request, env, ctx) => (await ctx.exports.Named.fail().catch(() => {}), new Response("failed")),
  };
  export default {
    fetch: (request, env, ctx) => handlers[new URL(request.url).pathname.slice(1)](request, env, ctx),
    scheduled({ cron }) { console.log("scheduled", cron); if (cron === "1 1 1 1 1") throw new Error("of the schedule"); },
    queue(batch) { console.log("batch of", batch.messages.length); if (batch.queue === "failing") throw new Error("of the queue"); },
  };`;

/** The worker that it calls. */
export const OTHER = `
  import { WorkerEntrypoint } from "cloudflare:workers";
  export class Service extends WorkerEntrypoint {
    greet(name) { console.log("greet", name); return "hello " + name; }
    get a() { return { b: () => 5 }; }
    fail() { throw new RangeError("of the service"); }
    fetch() { console.log("service"); return new Response("service"); }
  }
  export default {};`;

/** A tail that hands all items on to a function in Node, with the names of their classes. */
export const TAIL = `
  const named = (value) => Array.isArray(value) ? value.map(named)
    : typeof value !== "object" || value === null || value instanceof Date ? value
    : { ...Object.fromEntries(Object.entries(value).map(([key, one]) => [key, named(one)])), class: value.constructor?.name };
  export default {
    async tail(items, env) {
      const unredacted = items.map(({ event }) => event.request?.getUnredacted?.()).map((one) => one && [one.url, one.headers.authorization]);
      await env.SEEN.fetch("http://seen/", { method: "POST", body: JSON.stringify({ items: named([...items]), unredacted }) });
    },
  };`;
