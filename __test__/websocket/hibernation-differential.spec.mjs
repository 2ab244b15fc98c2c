// Hibernation of WebSockets on Miniflare 4 and here: the same worker, and the same values, errors and texts, except for the
// differences that are named.

import { after, describe } from "node:test";
import assert from "node:assert/strict";
import { RecordingLog } from "../support/log.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { Miniflare4 } from "../support/miniflare-4.mjs";
import { listen, UPGRADE } from "../support/hibernation.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);

/** Statements that run in an object, `ctx` being its state; `pair()` makes a pair. What they return, or throw, is compared. */
const SNIPPETS = {
  "more than ten tags": "ctx.acceptWebSocket(pair()[1], Array.from({ length: 11 }, (_, index) => index));",
  "equal tags count once": "return tagsOf(['b', 'a', ...Array(20).fill('b')]);",
  "a tag of 257 characters": "ctx.acceptWebSocket(pair()[1], ['x'.repeat(257)]);",
  "a tag of 256 characters": "ctx.acceptWebSocket(pair()[1], ['x'.repeat(256)]);",
  "a tag of 129 characters of two bytes": "ctx.acceptWebSocket(pair()[1], ['é'.repeat(129)]);",
  "an empty tag": "return tagsOf(['']);",
  "tags that are not text": "return tagsOf([1, null, undefined, true]);",
  "tags that are text": "return tagsOf('abc');",
  "tags that are null": "return tagsOf(null);",
  "tags that are a set": "return tagsOf(new Set(['a']));",
  "no socket": "ctx.acceptWebSocket();",
  "another object than a socket": "ctx.acceptWebSocket({});",
  "a socket that was accepted": "const [, one] = pair(); one.accept(); ctx.acceptWebSocket(one);",
  "a socket twice": "const [, one] = pair(); ctx.acceptWebSocket(one); ctx.acceptWebSocket(one);",
  "both of a pair": "const [one, other] = pair(); ctx.acceptWebSocket(one); ctx.acceptWebSocket(other);",
  "a socket whose other was accepted": "const [one, other] = pair(); one.accept(); ctx.acceptWebSocket(other);",
  "the other, accepted later":
    "const [one, other] = pair(); ctx.acceptWebSocket(other); one.accept(); return other.readyState;",
  "a socket that was constructed": "ctx.acceptWebSocket(new WebSocket('ws://127.0.0.1:1/'));",
  "accept() of an accepted socket": "const [, one] = pair(); ctx.acceptWebSocket(one); one.accept();",
  "tags of a plain socket": "const [, one] = pair(); one.accept(); ctx.getTags(one);",
  "tags of a new socket": "ctx.getTags(pair()[1]);",
  "tags of nothing": "ctx.getTags();",
  "no sockets of a tag": "return ctx.getWebSockets('none');",
  "a socket that was closed on this side": `
    const [, one] = pair();
    ctx.acceptWebSocket(one, ["closing"]);
    one.close(1000);
    one.close(1001);
    return [one.readyState, ctx.getWebSockets("closing").length];`,
  "send() of a closed socket": "const [, one] = pair(); ctx.acceptWebSocket(one); one.close(1000); one.send('a');",
  "no automatic response": "return ctx.getWebSocketAutoResponse();",
  "an automatic response": `
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("a", "b"));
    const { request, response } = ctx.getWebSocketAutoResponse();
    ctx.setWebSocketAutoResponse();
    return [request, response, ctx.getWebSocketAutoResponse()];`,
  "an automatic response that is an object": "ctx.setWebSocketAutoResponse({ request: 'a', response: 'b' });",
  "an automatic response that is null": "ctx.setWebSocketAutoResponse(null);",
  "a request of 2,049 bytes": "ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('x'.repeat(2049), 'a'));",
  "a request of 1,025 characters of two bytes":
    "ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('é'.repeat(1025), 'a'));",
  "a response of 2,049 bytes": "ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('a', 'x'.repeat(2049)));",
  "a pair without arguments": "new WebSocketRequestResponsePair();",
  "a pair with one argument": "new WebSocketRequestResponsePair('a');",
  "a pair without new": "WebSocketRequestResponsePair('a', 'b');",
  "a pair of values that are not text":
    "const { request, response } = new WebSocketRequestResponsePair(1, null); return [request, response];",
  "the time of a plain socket":
    "const [, one] = pair(); one.accept(); return ctx.getWebSocketAutoResponseTimestamp(one);",
  "the time of a new socket":
    "const [, one] = pair(); ctx.acceptWebSocket(one); return ctx.getWebSocketAutoResponseTimestamp(one);",
  "the time of nothing": "ctx.getWebSocketAutoResponseTimestamp();",
  ...Object.fromEntries(
    ["", "1000", "604_800_000", "604_800_001", "-1", "'x'", "10.7", "0", "null", "'5'"].map((value) => [
      `the event timeout (${value})`,
      `ctx.setHibernatableWebSocketEventTimeout(${value}); return ctx.getHibernatableWebSocketEventTimeout();`,
    ]),
  ),
  "no attachment": "return pair()[1].deserializeAttachment();",
  "an attachment of a new socket":
    "const [, one] = pair(); one.serializeAttachment({ a: [1] }); return one.deserializeAttachment();",
  "an attachment is a copy": `
    const [, one] = pair();
    const value = { a: 1 };
    one.serializeAttachment(value);
    value.a = 2;
    return [one.deserializeAttachment(), one.deserializeAttachment() === one.deserializeAttachment()];`,
  "an attachment of a map":
    "const [, one] = pair(); one.serializeAttachment(new Map([[1, 2]])); return [...one.deserializeAttachment()];",
  "an attachment of undefined":
    "const [, one] = pair(); one.serializeAttachment(undefined); return String(one.deserializeAttachment());",
  "an attachment of nothing": "pair()[1].serializeAttachment();",
  "an attachment of a function": "pair()[1].serializeAttachment(() => {});",
  "an attachment of 20,000 characters": "pair()[1].serializeAttachment('x'.repeat(20_000));",
  "the largest attachment": "pair()[1].serializeAttachment('x'.repeat(16_379));",
  "an attachment of one byte more": "pair()[1].serializeAttachment('x'.repeat(16_380));",
};

/** `[theirs, ours]` for what differs. */
const DIFFERENCES = {
  "a pair without new": [
    [
      "TypeError",
      "Failed to construct 'WebSocketRequestResponsePair': Please use the 'new' operator, this object constructor cannot be called as a function.",
    ],
    ["TypeError", "Class constructor WebSocketRequestResponsePair cannot be invoked without 'new'"],
  ],
};

const script = `
const SNIPPETS = {
  ${Object.entries(SNIPPETS)
    .map(([name, body]) => `${JSON.stringify(name)}(ctx, pair, tagsOf) { ${body}\n }`)
    .join(",\n")}
};
const shown = (act) => {
  try { return act() ?? null; } catch ({ name, message }) { return [name, message]; }
};
const failing = new Set();
export class Room {
  constructor(ctx) {
    this.ctx = ctx;
    this.life = "first";
    this.closes = [];
    const found = ctx.getWebSockets();
    if (found.length === 0) return;
    if (failing.has(String(ctx.id))) throw new Error("not constructed");
    this.life = found.map((socket) => [ctx.getTags(socket).join(), socket.deserializeAttachment(), socket.readyState]);
  }
  async fetch(request) {
    const { ctx } = this;
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/snippets") {
      const pair = () => Object.values(new WebSocketPair());
      const tagsOf = (tags) => {
        const [, socket] = pair();
        ctx.acceptWebSocket(socket, tags);
        return ctx.getTags(socket);
      };
      return Response.json(Object.fromEntries(Object.entries(SNIPPETS).map(([name, act]) => [name, shown(() => act(ctx, pair, tagsOf))])));
    }
    if (pathname === "/most") {
      const accept = () => ctx.acceptWebSocket(new WebSocketPair()[1]);
      for (let count = 0; count < 32_768; count++) accept();
      return Response.json([ctx.getWebSockets().length, shown(accept)]);
    }
    if (pathname === "/open") {
      const [client, server] = Object.values(new WebSocketPair());
      ctx.acceptWebSocket(server, searchParams.getAll("tag"));
      server.addEventListener("message", () => server.send("listener"));
      server.send("opened");
      return new Response(null, { status: 101, webSocket: client });
    }
    if (pathname === "/answers") ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    if (pathname === "/fails") failing.add(String(ctx.id));
    if (pathname === "/abort") ctx.abort(new Error("aborted"));
    if (pathname === "/block") await ctx.blockConcurrencyWhile(async () => { throw new Error("blocked"); });
    if (pathname === "/tell") return Response.json(await new Promise((resolve) => (this.tell = resolve)));
    const sockets = ctx.getWebSockets(searchParams.get("tag") ?? undefined);
    return Response.json(sockets.map((socket) => [
      ctx.getTags(socket).join(),
      socket.deserializeAttachment(),
      ctx.getWebSocketAutoResponseTimestamp(socket) instanceof Date,
    ]));
  }
  async webSocketMessage(socket, message) {
    if (message === "throw") throw new Error("thrown");
    if (message === "abort") this.ctx.abort(new Error("aborted"));
    if (message === "close") socket.close(4001, "by the worker");
    if (message === "attach") socket.serializeAttachment({ attached: true });
    if (message === "slow") {
      await new Promise((resolve) => (this.go = resolve));
      return socket.send("slow");
    }
    this.go?.();
    if (message === "close") return;
    const data = typeof message === "string" ? message : [message.constructor.name, ...new Uint8Array(message)];
    socket.send(JSON.stringify([data, this.life, this.ctx.getWebSockets().indexOf(socket), socket.readyState]));
  }
  webSocketClose(socket, ...rest) {
    const before = [socket.readyState, this.ctx.getWebSockets().includes(socket), this.ctx.getTags(socket).join()];
    const sent = shown(() => socket.send("still"));
    const closed = shown(() => socket.close(4999, "reply"));
    this.tell?.([...rest, before, sent, closed, socket.readyState]);
  }
}
export default { fetch(request, env) {
  return env.ROOM.get(env.ROOM.idFromName(new URL(request.url).searchParams.get("object"))).fetch(request);
} };`;

const options = {
  modules: true,
  script,
  compatibilityDate: "2024-01-01",
  durableObjects: { ROOM: "Room" },
};
const [theirs, ours] = [
  new Miniflare4(options),
  new Miniflare({ ...options, log: new RecordingLog(), logUnhandledRejections: true }),
];
after(() => Promise.all([theirs.dispose(), ours.dispose()]));

const ask = async (mf, path) => (await mf.dispatchFetch(`http://localhost${path}`)).json();
/** Of a request that must fail. */
const fail = (mf, path) =>
  mf
    .dispatchFetch(`http://localhost${path}`)
    .then((response) => response.text())
    .catch(() => {});

async function open(mf, object, query = "") {
  const { webSocket } = await mf.dispatchFetch(`http://localhost/open?object=${object}${query}`, UPGRADE);
  const client = listen(webSocket);
  // Miniflare 4 answers a close by itself.
  webSocket.addEventListener("close", () => webSocket.readyState < 3 && webSocket.close(1000));
  await client.until(1);
  return client;
}

/** What `conversation(mf)` comes to is the same on both. */
async function same(conversation) {
  const [expected, actual] = await Promise.all([conversation(theirs), conversation(ours)]);
  assert.deepEqual(actual, expected);
}

describe("within an object", () => {
  const both = Promise.all([theirs, ours].map((mf) => ask(mf, "/snippets?object=snippets")));
  for (const name of Object.keys(SNIPPETS)) {
    test(name, async () => {
      const [expected, actual] = (await both).map((results) => results[name]);
      if (name in DIFFERENCES) assert.deepEqual([expected, actual], DIFFERENCES[name]);
      else assert.deepEqual(actual, expected);
    });
  }
});

test("the sockets of an object are 32,768 at most", () => same((mf) => ask(mf, "/most?object=most")));

describe("a conversation", () => {
  test("in text and bytes", () =>
    same(async (mf) => {
      const { socket, until } = await open(mf, "text");
      socket.send("text");
      await until(2);
      socket.send(new Uint8Array([1, 2, 3]));
      return until(3);
    }));

  test("of several sockets with tags", () =>
    same(async (mf) => {
      const clients = [];
      for (const query of ["&tag=x&tag=y", "&tag=y", ""]) clients.push(await open(mf, "tags", query));
      for (const { socket, until } of clients) {
        socket.send("attach");
        await until(2);
      }
      const lists = [];
      for (const query of ["", "&tag=x", "&tag=y", "&tag=z"]) lists.push(await ask(mf, `/?object=tags${query}`));
      return [lists, await Promise.all(clients.map(({ until }) => until(2)))];
    }));

  test("goes on after a method has thrown", () =>
    same(async (mf) => {
      const { socket, until } = await open(mf, "throws");
      socket.send("throw");
      socket.send("after");
      return until(2);
    }));

  test("whose methods overlap", () =>
    same(async (mf) => {
      const { socket, until } = await open(mf, "overlap");
      socket.send("slow");
      socket.send("fast");
      return until(3);
    }));

  test("that is answered automatically", () =>
    same(async (mf) => {
      const { socket, until } = await open(mf, "answers");
      await ask(mf, "/answers?object=answers");
      for (const message of ["ping", new TextEncoder().encode("ping"), "pin"]) socket.send(message);
      return [await until(4), await ask(mf, "/?object=answers")];
    }));
});

describe("the end", () => {
  for (const [name, args] of Object.entries({ "with a code": [4000, "enough"], "without a code": [] })) {
    test(`by the client, ${name}`, () =>
      same(async (mf) => {
        const { socket, until } = await open(mf, `client ${name}`, "&tag=a");
        const told = ask(mf, `/tell?object=client ${name}`);
        // The request has begun once another one is answered.
        await ask(mf, `/?object=client ${name}`);
        socket.close(...args);
        return [await until(3), await told, await ask(mf, `/?object=client ${name}`)];
      }));
  }

  test("by the worker", () =>
    same(async (mf) => {
      const { socket, until } = await open(mf, "worker");
      const told = ask(mf, "/tell?object=worker");
      await ask(mf, "/?object=worker");
      socket.send("close");
      await until(2);
      // The code of the reply is the client's.
      const [, , ...rest] = await told;
      return [await until(2), rest, await ask(mf, "/?object=worker")];
    }));

  for (const path of ["/abort", "/block"]) {
    test(`by ${path.slice(1)}`, () =>
      same(async (mf) => {
        const object = `ends by ${path.slice(1)}`;
        const { until } = await open(mf, object);
        await fail(mf, `${path}?object=${object}`);
        return [await until(2), await ask(mf, `/?object=${object}`)];
      }));
  }

  test("by abort in a method", () =>
    same(async (mf) => {
      const { socket, until } = await open(mf, "aborts");
      socket.send("abort");
      return [await until(2), await ask(mf, "/?object=aborts")];
    }));
});

/** Evicts objects, which Miniflare 4 does by itself after ten seconds without events. */
const IDLE_MS = 11_000;

async function evict(mf, objects) {
  if (mf === theirs) return new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const namespace = await mf.getDurableObjectNamespace("ROOM");
  for (const object of objects) await mf.evictDurableObject(namespace.idFromName(object));
}

/** A conversation with an object that was evicted. On a slow machine, that may not have happened yet. */
async function revived(mf, object, { socket, heard, until }) {
  for (;;) {
    await evict(mf, [object]);
    const before = heard.length;
    socket.send("again");
    const message = (await until(before + 1))[before];
    if (typeof message !== "string" || !message.includes('"first"')) return message;
  }
}

describe("after eviction", { concurrency: true }, () => {
  test("the object is constructed again, with its sockets, tags, attachments and automatic response", () =>
    same(async (mf) => {
      const [one, other] = [await open(mf, "evicted", "&tag=x"), await open(mf, "evicted", "&tag=y&tag=z")];
      await ask(mf, "/answers?object=evicted");
      one.socket.send("attach");
      await one.until(2);
      const message = await revived(mf, "evicted", other);
      one.socket.send("ping");
      return [message, (await one.until(3)).slice(2), await ask(mf, "/?object=evicted&tag=x")];
    }));

  test("the sockets are lost if that fails", () =>
    same(async (mf) => {
      const clients = [await open(mf, "fails"), await open(mf, "fails")];
      await ask(mf, "/fails?object=fails");
      const code = await revived(mf, "fails", clients[0]);
      return [code, await clients[1].until(2)];
    }));
});
