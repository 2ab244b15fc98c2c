// Tags: oracle, every-node
// In which request and behind which gates listeners hear of events, and what holds back messages.

import assert from "node:assert/strict";
import { differs, create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const UPGRADE = { headers: { Upgrade: "websocket" } };

/** A socket, and what arrives at it: `until(count)` resolves to so many messages. */
async function open(mf, url = "http://localhost/") {
  const { webSocket } = await mf.dispatchFetch(url, UPGRADE);
  const messages = [];
  let look = () => {};
  webSocket.addEventListener("message", ({ data }) => {
    messages.push(data);
    look();
  });
  webSocket.addEventListener("close", ({ code }) => {
    messages.push(code);
    look();
  });
  webSocket.accept();
  const until = (count) =>
    new Promise((resolve) => {
      look = () => messages.length >= count && resolve(messages);
      look();
    });
  return { socket: webSocket, until };
}

/** A worker whose object answers each message by what `body` returns. */
const objectThat = (body) => ({
  script: `
    export class Room {
      constructor(state) { this.state = state; this.storage = state.storage; }
      fetch() {
        const [client, server] = Object.values(new WebSocketPair());
        server.accept();
        server.addEventListener("message", async ({ data }) => {
          try {
            server.send(String(await this.answer(data)));
          } catch (error) {
            server.send(error.message);
          }
        });
        return new Response(null, { status: 101, webSocket: client });
      }
      async answer(data) { ${body} }
    }
    export default { fetch: (request, env) => env.ROOM.get(env.ROOM.idFromName("a")).fetch(request) };`,
  durableObjects: { ROOM: "Room" },
});

test("messages to an object wait while it uses its storage", async (t) => {
  const mf = create(
    t,
    objectThat(`
      const count = ((await this.storage.get("count")) ?? 0) + 1;
      await this.storage.put("count", count);
      return count;`),
  );
  const { socket, until } = await open(mf);
  for (let sent = 0; sent < 5; sent++) socket.send("count");
  assert.deepEqual(await until(5), ["1", "2", "3", "4", "5"]);
});

test("they wait while the object blocks concurrency, and stay in order", async (t) => {
  const mf = create(
    t,
    objectThat(`
      if (data !== "block") return data;
      return this.state.blockConcurrencyWhile(async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return "blocked";
      });`),
  );
  const { socket, until } = await open(mf);
  for (const text of ["block", "a", "b", "c"]) socket.send(text);
  assert.deepEqual(await until(4), ["blocked", "a", "b", "c"]);
});

test("each message to an object has limits of its own", async (t) => {
  const mf = create(
    t,
    objectThat(`
      for (let made = 0; made < 50; made++) await caches.default.match("http://localhost/");
      return "made 50";`),
  );
  const { socket, until } = await open(mf);
  socket.send("a");
  socket.send("b");
  assert.deepEqual(await until(2), ["made 50", "made 50"]);
});

test("but none may go beyond them", async (t) => {
  const mf = create(
    t,
    objectThat(`
      for (let made = 0; made < 51; made++) await caches.default.match("http://localhost/");
      return "made 51";`),
  );
  const { socket, until } = await open(mf);
  socket.send("a");
  assert.match((await until(1))[0], /^Too many subrequests/);
});

test("messages to an ordinary handler share the limits of its request", async (t) => {
  const mf = create(t, {
    script: `export default { fetch() {
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener("message", async () => {
        try {
          for (let made = 0; made < 30; made++) await caches.default.match("http://localhost/");
          server.send("made 30");
        } catch (error) {
          server.send(error.message);
        }
      });
      return new Response(null, { status: 101, webSocket: client });
    } };`,
  });
  const { socket, until } = await open(mf);
  socket.send("a");
  await until(1);
  socket.send("b");
  const [first, second] = await until(2);
  assert.equal(first, "made 30");
  assert.match(second, /^Too many subrequests/);
});

test("a listener may use I/O, as its request may", async (t) => {
  const mf = create(t, {
    script: `
      const { 0: early, 1: other } = new WebSocketPair();
      early.accept();
      other.accept();
      early.addEventListener("message", async ({ data }) => {
        await caches.default.match("http://localhost/");
        early.send("outside " + data);
      });
      export default { async fetch(request, env) {
        const answer = new Promise((resolve) => other.addEventListener("message", ({ data }) => resolve(data)));
        other.send("a");
        return new Response(await answer);
      } };`,
  });
  assert.equal(await (await mf.dispatchFetch("http://localhost/")).text(), "outside a");
});

test("time goes on for each message", differs("it stands still"), async (t) => {
  const mf = create(t, {
    script: `export default { fetch() {
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener("message", () => server.send(String(Date.now())));
      return new Response(null, { status: 101, webSocket: client });
    } };`,
  });
  await mf.clock.set(1000);
  const { socket, until } = await open(mf);
  socket.send("a");
  await until(1);
  await mf.clock.advance(500);
  socket.send("b");
  assert.deepEqual(await until(2), ["1000", "1500"]);
});

test("a socket of an object that was reset is lost", differs("the object goes on"), async (t) => {
  const mf = create(
    t,
    objectThat(`
      if (data !== "fail") return data;
      this.state.blockConcurrencyWhile(async () => { throw new Error("failed"); }).catch(() => {});
      return "failing";`),
  );
  const { socket, until } = await open(mf);
  socket.send("a");
  await until(1);
  socket.send("fail");
  await until(2);
  socket.send("b");
  assert.deepEqual(await until(3), ["a", "failing", 1006]);
});

test(
  "a socket that an object accepted itself is lost when the object is evicted",
  differs("it evicts none"),
  async (t) => {
    const mf = create(t, objectThat("return data;"));
    const { socket, until } = await open(mf);
    socket.send("a");
    await until(1);
    const objects = await mf.getDurableObjectNamespace("ROOM");
    assert.equal(await mf.evictDurableObject(objects.idFromName("a")), true);
    socket.send("b");
    assert.deepEqual(await until(2), ["a", 1006]);
  },
);

test("a simulation changes when events come, not their order on a socket", differs("there are none"), async (t) => {
  const orders = new Set();
  for (let seed = 0; seed < 20; seed++) {
    const mf = create(t, {
      simulate: { seed },
      script: `export default { async fetch() {
        const heard = [];
        const open = (name) => {
          const [one, other] = Object.values(new WebSocketPair());
          one.accept();
          other.accept();
          const done = new Promise((resolve) => other.addEventListener("message", ({ data }) => {
            heard.push(name + data);
            if (data === "3") resolve();
          }));
          for (const text of ["1", "2", "3"]) one.send(text);
          return done;
        };
        await Promise.all([open("a"), open("b")]);
        return new Response(heard.join(" "));
      } };`,
    });
    const text = await (await mf.dispatchFetch("http://localhost/")).text();
    for (const name of ["a", "b"]) {
      assert.deepEqual(
        text.split(" ").filter((one) => one.startsWith(name)),
        [`${name}1`, `${name}2`, `${name}3`],
      );
    }
    orders.add(text);
  }
  assert.ok(orders.size > 1, [...orders].join("; "));
});
