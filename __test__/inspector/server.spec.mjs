// The server that debuggers connect to: what it lists, who may connect, and where it listens.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { create } from "../support/miniflare.mjs";
import { folder } from "../support/files.mjs";
import { Debugger, debuggee, get, urlOf } from "../support/inspector.mjs";
import { freePort } from "../support/server.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);
const script = "export default { fetch: () => new Response('body') };";
const inspected = { inspectorPort: 0, script };

/** An instance in this process: nothing here pauses it. */
async function start(t, options = {}) {
  const mf = create(t, { ...inspected, ...options });
  await mf.getBindings();
  return mf;
}

describe("the server of debuggers", () => {
  test("lists the worker, and itself", async (t) => {
    const cwd = folder(t, { "worker.mjs": script });
    const scriptPath = path.join(cwd, "worker.mjs");
    const mf = await start(t, { name: "api", script: undefined, scriptPath, modules: true });
    const url = await mf.getInspectorURL();
    assert.equal(url.protocol, "ws:");
    assert.equal(url.hostname, "127.0.0.1");
    assert.equal(url.pathname, "/api");
    for (const place of ["/json", "/json/list", "/json/"]) {
      const { status, value } = await get(url, place);
      assert.equal(status, 200);
      const [worker, root] = value;
      assert.equal(value.length, 2);
      assert.deepEqual(
        { id: worker.id, type: worker.type, title: worker.title, url: worker.url, at: worker.webSocketDebuggerUrl },
        { id: "api", type: "node", title: "api", url: pathToFileURL(scriptPath).href, at: url.href },
      );
      assert.match(worker.devtoolsFrontendUrl, new RegExp(`^devtools://.*[?&]ws=${url.host}/api$`));
      assert.equal(root.webSocketDebuggerUrl, `ws://${url.host}/`);
    }
    const { value } = await get(url, "/json/version");
    assert.equal(value["Protocol-Version"], "1.3");
    assert.equal((await get(url, "/other")).status, 404);
  });

  test("lists itself first if there are several workers", async (t) => {
    const mf = await start(t, { name: "main", mounts: { other: { script, modules: true } } });
    const { value } = await get(await mf.getInspectorURL(), "/json/list");
    assert.deepEqual(value.map(({ id }) => id).sort(), ["", "main", "other"]);
    assert.equal(value[0].id, "");
    const mount = await mf.getMount("other");
    assert.equal((await mount.getInspectorURL()).pathname, "/other");
  });

  test("gives workers of the same name different addresses", async (t) => {
    const port = await freePort();
    const [first, second] = [await start(t, { inspectorPort: port }), await start(t, { inspectorPort: port })];
    assert.equal((await first.getInspectorURL()).href, `ws://127.0.0.1:${port}/worker`);
    assert.equal((await second.getInspectorURL()).href, `ws://127.0.0.1:${port}/worker-2`);
  });

  test("answers no other names of hosts, and no web pages", async (t) => {
    const mf = await start(t);
    const url = await mf.getInspectorURL();
    for (const host of [
      "evil.example",
      `evil.example:${url.port}`,
      "localhost.evil.example",
      "127.0.0.1.evil.example",
    ]) {
      const { status, value } = await get(url, "/json/list", { host });
      assert.deepEqual([status, /^Invalid Host header/.test(value)], [403, true], host);
      await assert.rejects(Debugger.connect(t, url, { host }), /Unexpected server response: 403/, host);
    }
    for (const origin of ["https://evil.example", "http://localhost", "null"]) {
      const { status, value } = await get(url, "/json/list", { origin });
      assert.deepEqual([status, /^Invalid Origin header/.test(value)], [403, true], origin);
      await assert.rejects(Debugger.connect(t, url, { origin }), /Unexpected server response: 403/, origin);
    }
    for (const host of ["localhost", `LOCALHOST:${url.port}`, "127.0.0.1", "[::1]:9229"]) {
      assert.equal((await get(url, "/json/list", { host })).status, 200, host);
    }
    const client = await Debugger.connect(t, url, { origin: "devtools://devtools" });
    assert.equal(await client.evaluate("1 + 1"), 2);
  });

  test("answers the name that it was told to listen on", async (t) => {
    const mf = await start(t, { inspectorHost: "localhost" });
    const url = await mf.getInspectorURL();
    assert.equal(url.hostname, "localhost");
    assert.equal((await get(url, "/json/list")).status, 200);
  });

  test("refuses a target that is not there, and names those that are", async (t) => {
    const url = await (await start(t)).getInspectorURL();
    await assert.rejects(Debugger.connect(t, new URL("/missing", url)), /Unexpected server response: 404/);
  });

  test("stays there whatever it is sent", async (t) => {
    const url = await (await start(t)).getInspectorURL();
    for (const place of ["//", "/%E0", "/%", "*"]) {
      assert.equal((await get(url, place)).status, 404, place);
      await assert.rejects(Debugger.connect(t, Object.assign(new URL(url), { pathname: "/%E0" })), /404/);
    }
    for (const path of ["/worker", "/"]) {
      const client = await Debugger.connect(t, new URL(path, url));
      const wrong = [
        "",
        "no JSON",
        "null",
        "[]",
        "1",
        "{}",
        '{"id":1}',
        '{"id":1,"method":2}',
        '{"id":"a","method":"b"}',
      ];
      for (const text of wrong) client.write(text);
      client.write('{"id":9,"method":"Target.attachToTarget","params":null}');
      client.write('{"id":9,"method":"NodeWorker.sendMessageToWorker","params":3}');
      await client.call("Runtime.enable");
    }
  });

  test("takes the next port if one is taken", async (t) => {
    const taken = net.createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    t.after(() => taken.close());
    const { port } = taken.address();
    const mf = await start(t, { inspectorPort: port });
    assert.ok(Number((await mf.getInspectorURL()).port) > port);
  });

  test("rejects an address that it cannot listen on", async (t) => {
    const mf = create(t, { ...inspected, inspectorHost: "192.0.2.1" });
    await assert.rejects(mf.getBindings(), (error) => {
      assert.equal(error.code, "ERR_LISTEN");
      assert.match(error.message, /192\.0\.2\.1:0 \(options "inspectorHost" and "inspectorPort"\): .*EADDRNOTAVAIL/);
      return true;
    });
  });

  test("ends with the last instance that uses it, and is there again for the next one", async (t) => {
    const port = await freePort();
    const [first, second] = [await start(t, { inspectorPort: port }), await start(t, { inspectorPort: port })];
    const url = await first.getInspectorURL();
    const client = await Debugger.connect(t, url);
    await first.dispose();
    await client.closed;
    assert.equal((await get(url, "/json/list")).value.length, 2);
    await second.dispose();
    await assert.rejects(get(url, "/json/list"), { code: "ECONNREFUSED" });
    const third = await start(t, { inspectorPort: port });
    assert.equal((await third.getInspectorURL()).href, url.href);
  });

  test("keeps no process alive", async (t) => {
    const process = await debuggee(t, inspected);
    await Debugger.connect(t, await urlOf(process));
    process.child.disconnect();
    assert.deepEqual(await process.ended, { code: 0, signal: null });
  });
});

describe("an instance without the option inspectorPort", () => {
  test("has no inspector", async (t) => {
    const mf = create(t, { script });
    await assert.rejects(mf.getInspectorURL(), {
      name: "MiniflareCoreError [ERR_NO_INSPECTOR]",
      code: "ERR_NO_INSPECTOR",
      message: 'The instance has no inspector. Set the option "inspectorPort" to have one.',
    });
  });

  test("loses it when the option goes, and gets one when it comes", async (t) => {
    const mf = await start(t);
    const url = await mf.getInspectorURL();
    await mf.setOptions({ inspectorPort: undefined });
    await assert.rejects(get(url, "/json/list"), { code: "ECONNREFUSED" });
    await assert.rejects(mf.getInspectorURL(), { code: "ERR_NO_INSPECTOR" });
    await mf.setOptions({ inspectorPort: 0 });
    const client = await Debugger.connect(t, await mf.getInspectorURL());
    assert.equal(await client.evaluate("1 + 1"), 2);
  });
});

describe("the root target", () => {
  const workers = { name: "main", mounts: { other: { script: "globalThis.me = 'other';" } } };

  test("has workers as children in the protocol of Node", async (t) => {
    const mf = await start(t, { script: "globalThis.me = 'main';", ...workers });
    const client = await Debugger.connect(t, new URL("/", await mf.getInspectorURL()));
    await client.call("Runtime.enable");
    await client.call("Debugger.enable");
    await client.call("NodeWorker.enable", { waitForDebuggerOnStart: false });
    for (const name of ["other", "main"]) {
      const isIt = ({ workerInfo }) => workerInfo.title === name;
      const { sessionId } = await client.event("NodeWorker.attachedToWorker", isIt);
      const message = JSON.stringify({ id: 7, method: "Runtime.evaluate", params: { expression: "me" } });
      await client.call("NodeWorker.sendMessageToWorker", { sessionId, message });
      const answer = await client.event("NodeWorker.receivedMessageFromWorker", (it) => it.sessionId === sessionId);
      const { id, result } = JSON.parse(answer.message);
      assert.deepEqual([id, result.result.value], [7, name]);
    }
    await mf.setOptions({ mounts: { third: { script: "globalThis.me = 'third';" } } });
    await client.event("NodeWorker.attachedToWorker", ({ workerInfo }) => workerInfo.title === "third");
    await client.event("NodeWorker.detachedFromWorker");
  });

  test("has workers as children in the protocol of Chrome", async (t) => {
    const mf = await start(t, { script: "globalThis.me = 'main';", ...workers });
    const client = await Debugger.connect(t, new URL("/", await mf.getInspectorURL()));
    await client.call("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: true });
    for (const name of ["other", "main"]) {
      const { sessionId } = await client.event(
        "Target.attachedToTarget",
        ({ targetInfo }) => targetInfo.title === name,
      );
      assert.equal(await client.session(sessionId).evaluate("me"), name);
    }
    const { targetInfos } = await client.call("Target.getTargets");
    assert.deepEqual(targetInfos.map(({ targetId }) => targetId).sort(), ["main", "other"]);
    await assert.rejects(client.call("Runtime.evaluate", { expression: "1" }), { code: -32601 });
  });
});
