// Tags: every-node
// A socket lives as long as its connection, whether or not code still refers to it when Node collects garbage.

import assert from "node:assert/strict";
import { runScript } from "../support/child.mjs";
import { test } from "../support/test.mjs";

const WORKER = `export default { fetch() {
  const [client, server] = Object.values(new WebSocketPair());
  server.accept();
  server.addEventListener("message", ({ data }) => server.send(data));
  server.addEventListener("close", ({ code }) => server.close(code));
  return new Response(null, { status: 101, webSocket: client });
} }`;

/** Collects all garbage, and lets finalizers run. */
const COLLECT = `
const collect = async () => {
  for (let round = 0; round < 3; round++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
};
const mf = new Miniflare({ modules: true, cfFetch: false, host: "127.0.0.1", port: 0, script: ${JSON.stringify(WORKER)} });
`;

const printed = async (source) => {
  const { stdout, stderr } = await runScript(`${COLLECT}${source}`, { nodeArgs: ["--expose-gc"] });
  return `${stdout}${stderr}`.trim();
};

test("a server's connection goes on after a collection", async () => {
  const text = await printed(`
    import { once } from "node:events";
    import { createRequire } from "node:module";
    const WebSocket = createRequire(process.cwd() + "/package.json")("ws");
    const socket = new WebSocket("ws://127.0.0.1:" + (await mf.startServer()).address().port);
    await once(socket, "open");
    const heard = [];
    for (let number = 0; number < 10; number++) {
      socket.send(String(number));
      const [data] = await once(socket, "message");
      heard.push(String(data));
      await collect();
    }
    socket.close(4000);
    const [code] = await once(socket, "close");
    console.log(heard.join(""), code);
    await mf.dispose();`);
  assert.equal(text, "0123456789 4000");
});

test("the listeners of a socket of dispatchFetch go on after a collection", async () => {
  const text = await printed(`
    let heard = "";
    let done;
    const all = new Promise((resolve) => (done = resolve));
    await (async () => {
      const { webSocket } = await mf.dispatchFetch("http://localhost/");
      const weak = new WeakRef(webSocket);
      webSocket.addEventListener("message", async ({ data }) => {
        heard += data;
        await collect();
        if (data === "9") return done();
        weak.deref()?.send(String(Number(data) + 1));
      });
      webSocket.accept();
      webSocket.send("0");
    })();
    await all;
    console.log(heard);
    await mf.dispose();`);
  assert.equal(text, "0123456789");
});
