// A process that repeats one thing very often and reports what it cost, after a warm-up and after each tenth. Its
// arguments name the thing and how often; the last line it prints is { megabytes: [...], times: [...] } as JSON, where a
// time is the median of one repetition in that tenth, in microseconds.

import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createFetchMock, Miniflare } from "./miniflare.mjs";

const TENTHS = 10;
const hello = { modules: true, script: "export default { fetch: () => new Response('hello') }" };
const HANDLER = {
  onConnect() {},
  onHeaders: () => true,
  onData: () => true,
  onComplete() {},
  onError(error) {
    throw error;
  },
};
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Resident memory once the garbage of both heaps had the time to be released. */
async function megabytes() {
  for (let round = 0; round < 10; round++) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().rss / 2 ** 20;
}

/** Runs `batch` (which repeats `size` times) until `count` repetitions are done, after a warm-up of a tenth. */
async function soak(count, size, batch) {
  const perTenth = Math.ceil(count / size / TENTHS);
  const tenth = async () => {
    const times = [];
    for (let index = 0; index < perTenth; index++) {
      const start = performance.now();
      await batch(size);
      times.push(((performance.now() - start) * 1000) / size);
    }
    return median(times);
  };
  await tenth();
  const result = { megabytes: [await megabytes()], times: [] };
  for (let index = 0; index < TENTHS; index++) {
    result.times.push(await tenth());
    result.megabytes.push(await megabytes());
  }
  return result;
}

/** An object whose sockets answer each message. */
const SOCKETS = `
  export class Room {
    sockets = new Set();
    fetch(request) {
      const replies = new URL(request.url).pathname === "/replies";
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      this.sockets.add(server);
      server.addEventListener("message", ({ data }) => {
        if (data === "close") server.close(1000);
        else server.send("echo " + data);
      });
      server.addEventListener("close", () => {
        this.sockets.delete(server);
        if (replies && server.readyState !== 3) server.close();
      });
      return new Response(null, { status: 101, webSocket: client });
    }
  }
  export default { fetch: (request, env) => env.ROOM.get(env.ROOM.idFromName("a")).fetch(request) };`;

/** Sockets that only one side closes: the client, or the worker. */
const HALF = `export default {
  fetch(request) {
    const closes = new URL(request.url).pathname === "/closes";
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener("message", ({ data }) => {
      server.send("echo " + data);
      if (closes) server.close(1000);
    });
    return new Response(null, { status: 101, webSocket: client });
  },
};`;

async function openSocket(mf, path) {
  const { webSocket } = await mf.dispatchFetch(`http://localhost${path}`, { headers: { Upgrade: "websocket" } });
  webSocket.accept();
  return webSocket;
}

/** Resolves when a socket has heard what `send` asks for. */
function heard(socket, send) {
  return new Promise((resolve) => {
    socket.addEventListener("message", resolve, { once: true });
    send();
  });
}

const subjects = {
  cycles: (count) =>
    soak(count, 10, async (size) => {
      for (let index = 0; index < size; index++) {
        const mf = new Miniflare(hello);
        await (await mf.dispatchFetch("http://localhost/")).text();
        await mf.dispose();
      }
    }),

  reloads: async (count) => {
    const mf = new Miniflare(hello);
    const result = await soak(count, 10, async (size) => {
      for (let index = 0; index < size; index++) await mf.reload();
    });
    await mf.dispose();
    return result;
  },

  dispatches: async (count) => {
    const mf = new Miniflare({
      modules: true,
      script:
        "export default { async fetch(r) { return new Response(await r.text(), { headers: { 'x-key': 'v' } }) } }",
    });
    const result = await soak(count, 100, async (size) => {
      for (let index = 0; index < size; index++) {
        await (await mf.dispatchFetch("http://localhost/path", { method: "POST", body: "body" })).text();
      }
    });
    await mf.dispose();
    return result;
  },

  errors: async (count) => {
    const mf = new Miniflare({ modules: true, script: "export default { fetch() { throw new Error('again') } }" });
    const result = await soak(count, 100, async (size) => {
      for (let index = 0; index < size; index++) await mf.dispatchFetch("http://localhost/").catch(() => {});
    });
    await mf.dispose();
    return result;
  },

  messages: async (count) => {
    const mf = new Miniflare({ modules: true, script: SOCKETS, durableObjects: { ROOM: "Room" } });
    const sockets = [];
    for (let index = 0; index < 1_000; index++) sockets.push(await openSocket(mf, "/"));
    let next = 0;
    const result = await soak(count, 100, async (size) => {
      for (let index = 0; index < size; index++) {
        const socket = sockets[next++ % sockets.length];
        await heard(socket, () => socket.send(`message ${index}`));
      }
    });
    await mf.dispose();
    return result;
  },

  databases: async (count) => {
    const script = `
      export class Table {
        constructor({ storage: { sql } }) {
          this.sql = sql;
          this.ballast = new Uint8Array(10_000);
          sql.exec("CREATE TABLE IF NOT EXISTS t (a)");
        }
        fetch() {
          this.sql.exec("INSERT INTO t VALUES (?)", "x".repeat(100));
          return new Response(String(this.sql.exec("SELECT count(*) AS n FROM t").one().n));
        }
      }
      export default { async fetch(request, env) {
        const [from, size] = new URL(request.url).pathname.slice(1).split(",").map(Number);
        let lives = 0;
        for (let index = from; index < from + size; index++) {
          lives = Number(await (await env.TABLE.getByName("object " + index).fetch("http://object/")).text());
        }
        return new Response(String(lives));
      } };`;
    const durableObjectsPersist = mkdtempSync(path.join(os.tmpdir(), "soak-"));
    const durableObjects = { TABLE: { className: "Table", useSQLite: true } };
    const mf = new Miniflare({ modules: true, script, durableObjects, durableObjectsPersist });
    let begun = 0;
    const result = await soak(count, 500, async (size) => {
      const from = begun % 10_000;
      const lives = await (await mf.dispatchFetch(`http://localhost/${from},${size}`)).text();
      const expected = 1 + Math.floor(begun / 10_000);
      if (lives !== String(expected)) throw new Error(`an object has ${lives} rows instead of ${expected}`);
      begun += size;
      await mf.evictAllDurableObjects();
    });
    await mf.dispose();
    rmSync(durableObjectsPersist, { recursive: true, force: true });
    return result;
  },

  hibernation: async (count) => {
    const script = `
      export class Room {
        constructor(state) {
          this.state = state;
          this.ballast = new Uint8Array(10_000);
        }
        fetch() {
          const [client, server] = Object.values(new WebSocketPair());
          this.state.acceptWebSocket(server, ["tag"]);
          server.serializeAttachment({ messages: 0 });
          return new Response(null, { status: 101, webSocket: client });
        }
        webSocketMessage(socket) {
          const { messages } = socket.deserializeAttachment();
          socket.serializeAttachment({ messages: messages + 1 });
          socket.send(this.state.getTags(socket) + messages);
        }
      }
      export default { fetch: (request, env) => env.ROOM.get(env.ROOM.idFromName(new URL(request.url).pathname)).fetch(request) };`;
    const mf = new Miniflare({ modules: true, script, durableObjects: { ROOM: "Room" } });
    const namespace = await mf.getDurableObjectNamespace("ROOM");
    const sockets = [];
    for (let index = 0; index < 10_000; index++) sockets.push(await openSocket(mf, `/${index % 100}`));
    let next = 0;
    const result = await soak(count, 100, async (size) => {
      for (let index = 0; index < size; index++) {
        const socket = sockets[next++ % sockets.length];
        await heard(socket, () => socket.send("message"));
        await mf.evictDurableObject(namespace.idFromName(`/${index}`));
      }
    });
    await mf.dispose();
    return result;
  },

  halfClosed: async (count) => {
    const mf = new Miniflare({ modules: true, script: HALF });
    const result = await soak(count, 100, async (size) => {
      for (let index = 0; index < size; index++) {
        const socket = await openSocket(mf, index % 2 === 0 ? "/" : "/closes");
        await heard(socket, () => socket.send("message"));
        if (index % 2 === 0) socket.close(1000);
      }
    });
    await mf.dispose();
    return result;
  },

  sockets: async (count) => {
    const mf = new Miniflare({ modules: true, script: SOCKETS, durableObjects: { ROOM: "Room" } });
    const result = await soak(count, 100, async (size) => {
      for (let index = 0; index < size; index++) {
        const socket = await openSocket(mf, "/replies");
        await heard(socket, () => socket.send("message"));
        const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
        socket.close(1000);
        await closed;
      }
    });
    await mf.dispose();
    return result;
  },

  // Every mock has interceptors of each kind, some of them used up, and is closed or forgotten.
  mocks: (count) =>
    soak(count, 10, async (size) => {
      for (let index = 0; index < size; index++) {
        const fetchMock = createFetchMock();
        const pool = fetchMock.get("https://example.com");
        for (let kind = 0; kind < 20; kind++) {
          pool.intercept({ path: new RegExp(`^/${kind}/\\d+$`), body: { ballast: "0".repeat(1_000) } }).reply(200);
          pool.intercept({ path: `/${kind}`, headers: { a: "1" } }).reply(200);
          pool.intercept({ path: (path) => path === `/${kind}` }).reply(200);
          fetchMock.dispatch({ origin: "https://example.com", path: `/${kind}`, method: "GET" }, HANDLER);
        }
        if (index % 2) await fetchMock.close();
      }
    }),

  interceptors: async (count) => {
    const fetchMock = createFetchMock();
    fetchMock.disableNetConnect();
    const pool = fetchMock.get("https://example.com");
    for (let index = 0; index < 100; index++)
      pool
        .intercept({ path: new RegExp(`^/${index}$`) })
        .reply(200)
        .persist();
    const result = await soak(count, 100, async (size) => {
      for (let index = 0; index < size; index++) {
        pool.intercept({ path: index % 2 ? "/a" : /^\/a$/ }).reply(200, "once");
        fetchMock.dispatch({ origin: "https://example.com", path: "/a", method: "GET" }, HANDLER);
      }
    });
    if (fetchMock.pendingInterceptors().length !== 100) throw new Error("an interceptor was not used up");
    return result;
  },

  // Every round crosses ten times: a function, an object and a promise each way, two calls, and two results.
  crossings: async (count) => {
    class Live {
      constructor(number) {
        this.number = number;
      }
    }
    const bindings = { take: (callback, live) => [() => callback(1), new Live(live.number), Promise.resolve(2)] };
    const mf = new Miniflare({
      modules: true,
      bindings,
      script: `class Own { constructor(number) { this.number = number; } }
      export default { async fetch(request, env) {
        let sum = 0;
        const rounds = Number(await request.text());
        for (let round = 0; round < rounds; round++) {
          const [callback, live, promise] = env.take((by) => by + round, new Own(round));
          sum += callback() + live.number + await promise;
        }
        return new Response(String(sum));
      } }`,
    });
    const result = await soak(count / 10, 1000, async (size) => {
      const response = await mf.dispatchFetch("http://localhost/", { method: "POST", body: String(size) });
      const sum = await response.text();
      if (sum !== String(size * (size - 1) + 3 * size)) throw new Error(`a crossing went wrong: ${sum}`);
    });
    await mf.dispose();
    return result;
  },

  // Every round: a blob, a signal that is listened to, a stream and an error of a class of one's own, each way and twice.
  // All of them hold so much that what is not released shows.
  webObjects: async (count) => {
    const source = `class Failure extends Error {
      owner = { get: () => this, ballast: new Uint8Array(10_000) };
      retry() {
        return this.owner.get() === this;
      }
    }
    const listened = (signal, ballast = new Uint8Array(10_000)) => {
      signal.addEventListener("abort", () => ballast);
      return signal;
    };
    const make = (ballast = new Uint8Array(10_000)) => [
      new Blob([ballast]),
      listened(new AbortController().signal),
      new ReadableStream({ pull: () => ballast }),
      new Failure("again"),
    ];`;
    const { listened, make } = new Function(`${source} return { listened, make };`)();
    const bindings = {
      take([, signal, , error]) {
        listened(signal);
        const own = make();
        return [...own, ...own, error.retry()];
      },
    };
    const mf = new Miniflare({
      modules: true,
      bindings,
      compatibilityFlags: ["streams_enable_constructors"],
      script: `${source}
      export default { async fetch(request, env) {
        const rounds = Number(await request.text());
        let right = 0;
        for (let round = 0; round < rounds; round++) {
          const objects = make();
          env.take(objects);
          const [blob, signal, stream, failure, ...again] = env.take(objects);
          listened(signal);
          if (blob === again[0] && signal === again[1] && stream === again[2] && failure === again[3]) right++;
          if (failure.retry() && again[4]) right++;
          if (round % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
        }
        return new Response(String(right));
      } }`,
    });
    const result = await soak(count / 16, 100, async (size) => {
      const response = await mf.dispatchFetch("http://localhost/", { method: "POST", body: String(size) });
      const right = await response.text();
      if (right !== String(2 * size)) throw new Error(`a crossing went wrong: ${right}`);
    });
    await mf.dispose();
    return result;
  },
};

const [subject, count] = process.argv.slice(-2);
console.log(JSON.stringify(await subjects[subject](Number(count))));
