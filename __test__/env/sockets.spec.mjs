// Sockets in tests of Jest and Vitest: those of the test, and those of the worker whose bindings the test has.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { jest, suiteOf, write } from "../support/jest.mjs";
import { emptyProject, project } from "../support/project.mjs";
import { within } from "../support/test.mjs";
import { vitest } from "../support/vitest.mjs";

const test = within(200_000);

const OPTIONS = { modules: true, scriptPath: "worker.mjs", durableObjects: { ROOM: "Room" } };
const WORKER = `
export class Room {
  fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener("message", ({ data }) => server.send("object " + data));
    return new Response(null, { status: 101, webSocket: client });
  }
}
export default { fetch: () => new Response("worker") };`;

/** The bodies of tests that a suite has, by their names. */
const TESTS = {
  "a handler in the test returns a socket": `
    const handle = () => {
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener("message", ({ data }) => server.send("test " + data));
      return new Response(null, { status: 101, webSocket: client });
    };
    const { status, webSocket } = handle(new Request("http://localhost/", { headers: { Upgrade: "websocket" } }));
    expect(status).toBe(101);
    expect(webSocket).toBeInstanceOf(WebSocket);
    const message = new Promise((resolve) => webSocket.addEventListener("message", resolve));
    webSocket.accept();
    webSocket.send("a");
    const event = await message;
    expect(event).toBeInstanceOf(MessageEvent);
    expect(event.data).toBe("test a");`,
  "an object returns a socket": `
    const { ROOM } = getMiniflareBindings();
    const { webSocket } = await ROOM.get(ROOM.newUniqueId()).fetch("http://localhost/", { headers: { Upgrade: "websocket" } });
    expect(webSocket).toBeInstanceOf(WebSocket);
    const message = new Promise((resolve) => webSocket.addEventListener("message", resolve));
    webSocket.accept();
    webSocket.send("a");
    expect((await message).data).toBe("object a");
    const bytes = new Promise((resolve) => webSocket.addEventListener("close", resolve));
    webSocket.close(4000, "enough");
    expect(webSocket.readyState).toBe(2);`,
  "a test connects to a server": `
    const socket = new WebSocket(SERVER, ["chat"]);
    const message = new Promise((resolve, reject) => {
      socket.addEventListener("message", resolve);
      socket.addEventListener("error", ({ error }) => reject(error));
    });
    expect((await message).data).toBe("hello");
    socket.close(1000);`,
  "a test fetches a socket as a worker does": `
    const { status, webSocket } = await fetch(SERVER.replace("ws:", "http:"), { headers: { Upgrade: "websocket" } });
    expect(status).toBe(101);
    const message = new Promise((resolve) => webSocket.addEventListener("message", resolve));
    webSocket.accept();
    expect((await message).data).toBe("hello");
    webSocket.close(1000);`,
};
const sourceOf = (server) =>
  `const SERVER = ${JSON.stringify(server)};\n${Object.entries(TESTS)
    .map(([name, body]) => `test(${JSON.stringify(name)}, async () => {${body}\n});`)
    .join("\n")}`;

/** The URL of a server that greets its clients. */
async function greet(t) {
  const { WebSocketServer } = await import("ws");
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (connection) => connection.send("hello"));
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${server.address().port}/`;
}

test("sockets work in Jest", async (t) => {
  const cwd = suiteOf(t, { source: sourceOf(await greet(t)), options: OPTIONS, files: { "worker.mjs": WORKER } });
  const { code, result, messages, stderr } = await jest(cwd, "--runInBand");
  assert.deepEqual([code, result.numPassedTests], [0, Object.keys(TESTS).length], messages);
  assert.doesNotMatch(stderr, /did not exit|open handle/i);
});

test("sockets work in Vitest", async (t) => {
  const cwd = project(t, emptyProject(t), ["vitest"]);
  const config = `import { fileURLToPath } from "node:url";
    const environment = fileURLToPath(import.meta.resolve("miniflare-rs/vitest"));
    export default { test: { environment, environmentOptions: ${JSON.stringify(OPTIONS)}, include: ["sockets.test.mjs"] } };`;
  write(cwd, { "worker.mjs": WORKER, "vitest.config.mjs": config });
  const source = `import { expect, test } from "vitest";\n${sourceOf(await greet(t))}`;
  fs.writeFileSync(path.join(cwd, "sockets.test.mjs"), source);
  const { code, stdout, stderr } = await vitest(cwd, "--reporter=tap-flat");
  assert.equal([...stdout.matchAll(/^ok /gm)].length, Object.keys(TESTS).length, stdout + stderr);
  assert.equal(code, 0, stderr);
});
