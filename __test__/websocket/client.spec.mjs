// Tags: oracle, every-node
// Sockets that a worker opens to servers, by `fetch` and by `new WebSocket`, with the library `ws` at the other end.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { create, differs } from "../support/miniflare.mjs";
import { deepEqualOutside as deepEqual, deferred, evaluate, json } from "../support/dispatch.mjs";
import { closedPort, serve } from "../support/server.mjs";
import { echo, OPEN, serveSockets } from "../support/socket-server.mjs";
import { test } from "../support/test.mjs";

const run = (t, body, options) => evaluate(t, `${OPEN}${body}`, options);

describe("fetch with Upgrade: websocket", () => {
  test("opens a socket for text and bytes", async (t) => {
    const origin = await serveSockets(t, echo);
    const seen = await run(
      t,
      `const { response, ws, next } = await open("${origin}/");
      ws.send("grüße");
      ws.send(new Uint8Array([1, 2, 255]));
      ws.send("");
      return [response.status, response.headers.get("upgrade"), await next(), await next(), await next()];`,
    );
    assert.deepEqual(seen, [101, "websocket", ["message", "grüße"], ["message", [1, 2, 255]], ["message", ""]]);
  });

  test("takes the header in any case", differs("only lower case is known"), async (t) => {
    const origin = await serveSockets(t, echo);
    const status = await run(t, `return (await fetch("${origin}/", { headers: { UPGRADE: "WebSocket" } })).status;`);
    assert.equal(status, 101);
  });

  test("sends its headers, and asks for the subprotocols that they name", async (t) => {
    const asked = deferred();
    const origin = await serveSockets(t, (_, request) => asked.resolve(request), {
      handleProtocols: (protocols) => [...protocols][1],
    });
    const chosen = await run(
      t,
      `const headers = { "x-own": "1", cookie: "a=b", "sec-websocket-protocol": "one, two" };
      return (await open("${origin}/path?query", { headers })).response.headers.get("sec-websocket-protocol");`,
    );
    const { headers, url } = await asked.promise;
    assert.deepEqual([chosen, url, headers["x-own"], headers.cookie], ["two", "/path?query", "1", "a=b"]);
    assert.equal(headers["sec-websocket-protocol"].replaceAll(" ", ""), "one,two");
    assert.equal(headers["mf-loop"], undefined);
  });

  test("keeps what arrives before accept()", async (t) => {
    const origin = await serveSockets(t, (socket) => {
      socket.send("first");
      socket.send("second");
      socket.close(4000, "early");
    });
    const seen = await run(
      t,
      `const { webSocket } = await fetch("${origin}/", { headers: { Upgrade: "websocket" } });
      await new Promise((resolve) => setTimeout(resolve, 10));
      const { rest } = listen(webSocket);
      webSocket.accept();
      return rest();`,
    );
    assert.deepEqual(seen, [
      ["message", "first"],
      ["message", "second"],
      ["close", 4000, "early"],
    ]);
  });

  test("tells the server of a close, with its code and reason", async (t) => {
    const closed = [];
    const all = deferred();
    const origin = await serveSockets(t, (socket) => {
      socket.on("close", (code, reason) => {
        if (closed.push([code, `${reason}`]) === 3) all.resolve();
      });
    });
    const seen = await run(
      t,
      `const heard = [];
      for (const args of [[3001, "dönè"], [1000], []]) {
        const { ws, next } = await open("${origin}/");
        ws.send("before");
        ws.close(...args);
        heard.push(await next());
      }
      return heard;`,
    );
    await all.promise;
    assert.deepEqual(closed, [
      [3001, "dönè"],
      [1000, ""],
      [1005, ""],
    ]);
    assert.deepEqual(seen, [
      ["close", 3001, "dönè"],
      ["close", 1000, ""],
      ["close", 1005, ""],
    ]);
  });

  test("tells the worker of a close without a code, and of a connection that is lost", async (t) => {
    const origin = await serveSockets(t, (socket, { url }) => (url === "/lost" ? socket.terminate() : socket.close()));
    const seen = await run(
      t,
      `return [await (await open("${origin}/")).rest(), await (await open("${origin}/lost")).rest()];`,
    );
    assert.deepEqual(seen[0], [["close", 1005, ""]]);
    assert.deepEqual(seen[1].at(-1), ["close", 1006, ""]);
  });

  test(
    "gives the answer of a server that does not upgrade",
    differs("rejects with `Unexpected server response: 404`"),
    async (t) => {
      const long = "x".repeat(200_000);
      const origin = await serve(t, (request, response) => {
        response.writeHead(request.url === "/403" ? 403 : 200, { "x-why": "no" });
        response.end(request.url === "/403" ? "not for you" : long);
      });
      const seen = await run(
        t,
        `const ask = async (path) => {
          const response = await fetch("${origin}" + path, { headers: { Upgrade: "websocket" } });
          return [response.status, response.headers.get("x-why"), response.webSocket ?? null, (await response.text()).length];
        };
        return [await ask("/403"), await ask("/long")];`,
      );
      assert.deepEqual(seen, [
        [403, "no", null, 11],
        [200, "no", null, long.length],
      ]);
    },
  );

  test("follows redirects to http: and ws: URLs", async (t) => {
    const target = await serveSockets(t, echo);
    const origin = await serve(t, ({ url }, response) => {
      const location = url === "/ws" ? target.replace("http:", "ws:") : target;
      response.writeHead(302, { location: `${location}/there` }).end();
    });
    const seen = await run(
      t,
      `const heard = [];
      for (const path of ["/http", "/ws"]) {
        const { ws, next } = await open("${origin}" + path);
        ws.send(path);
        heard.push(await next());
      }
      return heard;`,
    );
    assert.deepEqual(seen, [
      ["message", "/http"],
      ["message", "/ws"],
    ]);
  });

  test("gives a redirect that is not to be followed", differs("rejects with its status"), async (t) => {
    const origin = await serve(t, (_, response) => response.writeHead(302, { location: "/there" }).end());
    const status = await run(
      t,
      `return (await fetch("${origin}/", { redirect: "manual", headers: { Upgrade: "websocket" } })).status;`,
    );
    assert.equal(status, 302);
  });

  test("rejects with the reason if the server cannot be reached", async (t) => {
    const port = await closedPort();
    const seen = await run(
      t,
      `return fetch("http://127.0.0.1:${port}/", { headers: { Upgrade: "websocket" } }).catch(({ message }) => message);`,
    );
    assert.equal(seen, `connect ECONNREFUSED 127.0.0.1:${port}`);
  });

  test("counts as one subrequest", async (t) => {
    const origin = await serveSockets(t, echo);
    const seen = await run(
      t,
      `for (let count = 1; ; count++) {
        try {
          (await open("${origin}/")).ws.close(1000);
        } catch (error) {
          return [count, error.message.split(".")[0]];
        }
      }`,
    );
    assert.deepEqual(seen, [51, "Too many subrequests"]);
  });

  test("ends with its signal", differs("signals are not looked at"), async (t) => {
    const asked = deferred();
    const gone = deferred();
    const origin = await serve(t, (request) => {
      asked.resolve();
      request.socket.on("close", gone.resolve);
    });
    // A request with an upgrade that nothing listens for is an ordinary one.
    const mf = create(t, {
      script: `
      const controller = new AbortController();
      export default { async fetch(request) {
        if (request.url.endsWith("/abort")) return new Response(controller.abort("enough"));
        const reason = await fetch("${origin}/", { signal: controller.signal, headers: { Upgrade: "websocket" } }).catch(String);
        return Response.json(reason);
      } }`,
    });
    const answer = json(mf);
    await asked.promise;
    await mf.dispatchFetch("http://localhost/abort");
    assert.equal(await answer, "enough");
    await gone.promise;
  });
});

describe("new WebSocket(url)", () => {
  test("opens, exchanges messages and closes", async (t) => {
    const origin = await serveSockets(t, echo, { handleProtocols: () => "two" });
    const seen = await run(
      t,
      `const { ws, next } = listen(new WebSocket("${origin.replace("http", "ws")}/", ["one", "two"]));
      const before = ws.readyState;
      const heard = [await next()];
      ws.send("hello");
      heard.push(await next());
      ws.close(1000, "done");
      heard.push(await next());
      return [before, heard];`,
    );
    assert.deepEqual(seen, [0, [["open"], ["message", "hello"], ["close", 1000, "done"]]]);
  });

  test("has the subprotocol and the extensions", differs("has no such properties"), async (t) => {
    const origin = await serveSockets(t, echo, { handleProtocols: () => "two", perMessageDeflate: true });
    const seen = await run(
      t,
      `const { ws, next } = listen(new WebSocket("${origin.replace("http", "ws")}/", ["one", "two"]));
      await next();
      return [ws.protocol, ws.extensions];`,
    );
    assert.deepEqual(seen, ["two", "permessage-deflate"]);
  });

  test("has the events error and close if there is no socket", differs("error comes twice"), async (t) => {
    const origin = await serve(t, (_, response) => response.writeHead(403).end("no"));
    const port = await closedPort();
    const seen = await run(
      t,
      `const heard = [];
      for (const url of ["ws://127.0.0.1:${port}/", "${origin.replace("http", "ws")}/"]) {
        const { ws, rest } = listen(new WebSocket(url));
        heard.push(await rest(), ws.readyState);
      }
      return heard;`,
    );
    assert.deepEqual(seen, [
      [
        ["error", `connect ECONNREFUSED 127.0.0.1:${port}`],
        ["close", 1006, ""],
      ],
      3,
      [
        ["error", "Unexpected server response: 403"],
        ["close", 1006, ""],
      ],
      3,
    ]);
  });
});

test("an idle socket does not hold up the clock", differs("there is no clock"), async (t) => {
  const origin = await serveSockets(t, echo);
  const mf = create(t, {
    script: `${OPEN}let due = false; export default { async fetch(request) {
      if (request.url.endsWith("/due")) return Response.json(due);
      const { ws } = await open("${origin}/");
      setTimeout(() => { due = true; }, 60_000);
      return Response.json(ws.readyState);
    } }`,
  });
  await mf.clock.set(0);
  deepEqual(await json(mf), 1);
  await mf.clock.advance(60_000);
  assert.equal(await json(mf, "http://localhost/due"), true);
});

describe("the life of a socket to a server", () => {
  const script = `${OPEN}
    let socket;
    export default { async fetch(request) {
      socket = await open(await request.text());
      return new Response(socket.response.status);
    } }`;

  async function openOne(t) {
    const opened = deferred();
    const origin = await serveSockets(t, opened.resolve);
    const mf = create(t, { script });
    await mf.dispatchFetch("http://localhost/", { method: "POST", body: origin });
    return { mf, server: await opened.promise };
  }

  test("ends when the worker is loaded again", async (t) => {
    const { mf, server } = await openOne(t);
    const closed = once(server, "close");
    await mf.setOptions({ script });
    const [code, reason] = await closed;
    deepEqual([code, `${reason}`], [1012, "Service Restart"]);
  });

  test("ends with its instance", async (t) => {
    const { mf, server } = await openOne(t);
    const closed = once(server, "close");
    await mf.dispose();
    const [code, reason] = await closed;
    deepEqual([code, `${reason}`], [1012, "Service Restart"]);
  });
});
