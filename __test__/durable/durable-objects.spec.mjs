// Tags: oracle, every-node
// Durable Objects: the documentation's example, stubs, and the state an object is given.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid, differs } from "../support/miniflare.mjs";
import { objectScript, withObject } from "../support/durable-objects.mjs";
import { json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

/** What namespaces, states and storages have that is newer than Miniflare 2. */
const NEWER = [
  "abort",
  "acceptWebSocket",
  "exports",
  "getBookmarkForTime",
  "getByName",
  "getCurrentBookmark",
  "getHibernatableWebSocketEventTimeout",
  "getTags",
  "getWebSocketAutoResponse",
  "getWebSocketAutoResponseTimestamp",
  "getWebSockets",
  "kv",
  "onNextSessionRestoreBookmark",
  "props",
  "setHibernatableWebSocketEventTimeout",
  "setWebSocketAutoResponse",
  "sql",
  "transactionSync",
];

const DOCUMENTED = `
export class TestObject {
  constructor(state) { this.storage = state.storage; }
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/put") await this.storage.put("key", 1);
    return new Response((await this.storage.get("key")).toString());
  }
}
export default {
  async fetch(request, env) {
    const stub = env.TEST_OBJECT.get(env.TEST_OBJECT.idFromName("test"));
    return stub.fetch(request);
  }
}`;

describe("the documentation's example", () => {
  test("gives the same object inside and outside", async (t) => {
    const mf = create(t, { durableObjects: { TEST_OBJECT: "TestObject" }, script: DOCUMENTED });
    const namespace = await mf.getDurableObjectNamespace("TEST_OBJECT");
    const stub = namespace.get(namespace.idFromName("test"));
    const response = await stub.fetch("http://localhost:8787/put");
    assert.equal(await response.text(), "1");
    assert.equal(await text(mf, "http://localhost:8787/"), "1");
  });

  test("keeps its data through setOptions and reload, with new stubs", async (t) => {
    const mf = create(t, { durableObjects: { TEST_OBJECT: "TestObject" }, script: DOCUMENTED });
    await text(mf, "http://localhost/put");
    await mf.setOptions({ bindings: { changed: true } });
    assert.equal(await text(mf), "1");
    await mf.reload();
    assert.equal(await text(mf), "1");
  });

  test("shares no data with another instance", async (t) => {
    const options = { durableObjects: { TEST_OBJECT: "TestObject" }, script: DOCUMENTED };
    const [first, second] = [create(t, options), create(t, options)];
    await text(first, "http://localhost/put");
    assert.match((await rejection(second.dispatchFetch(URL_ROOT))).message, /Cannot read properties of undefined/);
  });
});

describe("a stub", () => {
  test("knows its id and name", async (t) => {
    const mf = withObject(t, "");
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const id = namespace.idFromName("named");
    const stub = namespace.get(id);
    assert.equal(stub.id.toString(), id.toString());
    assert.equal(stub.name, "named");
    assert.equal(namespace.get(namespace.newUniqueId()).name, undefined);
  });

  test("sends method, headers and body, and brings status and headers back", async (t) => {
    const mf = create(t, {
      durableObjects: { ECHO: "Echo" },
      script: `
    export class Echo {
      async fetch(request) {
        const headers = { "x-method": request.method, "x-key": request.headers.get("x-key") };
        return new Response(await request.text(), { status: 201, headers });
      }
    }
    export default {}`,
    });
    const namespace = await mf.getDurableObjectNamespace("ECHO");
    const init = { method: "PUT", body: "sent", headers: { "x-key": "1" } };
    const response = await namespace.get(namespace.newUniqueId()).fetch("http://localhost/", init);
    assert.equal(response.status, 201);
    assert.deepEqual([response.headers.get("x-method"), response.headers.get("x-key")], ["PUT", "1"]);
    assert.equal(await response.text(), "sent");
  });

  test("reaches one object per id, which keeps its own state", async (t) => {
    const mf = create(t, {
      durableObjects: { COUNTER: "Counter" },
      script: `
    export class Counter { count = 0; fetch() { return new Response(String(++this.count)); } }
    export default { async fetch(request, { COUNTER }) {
      const { searchParams } = new URL(request.url);
      return COUNTER.get(COUNTER.idFromName(searchParams.get("name"))).fetch(request);
    } }`,
    });
    const ask = (name) => text(mf, `http://localhost/?name=${name}`);
    assert.deepEqual([await ask("a"), await ask("a"), await ask("b"), await ask("a")], ["1", "2", "1", "3"]);
  });

  test("of two bindings to one class reach different objects", async (t) => {
    const script = objectScript(`storage.put("n", (await storage.get("n") ?? 0) + 1); return storage.get("n");`);
    const mf = create(t, { durableObjects: { ONE: "Box", TWO: { className: "Box" } }, script });
    const ask = async (binding) => {
      const namespace = await mf.getDurableObjectNamespace(binding);
      return (await namespace.get(namespace.idFromName("same")).fetch(URL_ROOT)).json();
    };
    assert.deepEqual([await ask("ONE"), await ask("ONE"), await ask("TWO")], [1, 2, 1]);
  });

  test("brings the object's errors to its caller", async (t) => {
    const mf = withObject(t, `throw new RangeError("in the object");`);
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.deepEqual([error.name, error.message], ["RangeError", "in the object"]);
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const outside = await rejection(namespace.get(namespace.newUniqueId()).fetch(URL_ROOT));
    assert.deepEqual([outside.name, outside.message], ["RangeError", "in the object"]);
  });

  test("brings a constructor's error to its caller", async (t) => {
    const mf = create(t, {
      durableObjects: { BAD: "Bad" },
      script: `
    export class Bad { constructor() { throw new RangeError("while constructed"); } }
    export default { fetch: (request, { BAD }) => BAD.get(BAD.newUniqueId()).fetch(request) }`,
    });
    assert.equal((await rejection(mf.dispatchFetch(URL_ROOT))).message, "while constructed");
  });

  const answers = [
    ["export class Mute {}", "ERR_NO_HANDLER", "No fetch handler defined in Durable Object"],
    [
      "export class Mute { fetch() { return 'text'; } }",
      "ERR_RESPONSE_TYPE",
      "Durable Object fetch handler didn't respond with a Response object",
    ],
  ];
  for (const [source, code, message] of answers) {
    test(`fails with ${code} for an object that does not answer`, async (t) => {
      const script = `${source}\nexport default { fetch: (r, { MUTE }) => MUTE.get(MUTE.idFromName("a")).fetch(r) }`;
      const error = await rejection(create(t, { durableObjects: { MUTE: "Mute" }, script }).dispatchFetch(URL_ROOT));
      assert.equal(error.name, `DurableObjectError [${code}]`);
      assert.equal(error.message, message);
    });
  }

  test("of before a reload is refused with an error", differs("its fetch hangs for ever"), async (t) => {
    const mf = withObject(t, "return 1;");
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const stub = namespace.get(namespace.idFromName("name"));
    assert.equal(await (await stub.fetch(URL_ROOT)).json(), 1);
    await mf.reload();
    const outcome = await stub.fetch(URL_ROOT).then(
      (response) => response.json(),
      (error) => error,
    );
    assert.ok(outcome === 1 || outcome instanceof Error, String(outcome));
    await mf.dispose();
    assert.match((await rejection(stub.fetch(URL_ROOT))).message, /disposed/);
  });
});

describe("a class that is missing", () => {
  test("fails with ERR_CLASS_NOT_FOUND", async (t) => {
    const mf = createInvalid(t, { durableObjects: { BOX: "Absent" }, script: objectScript("") });
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.equal(error.name, "DurableObjectError [ERR_CLASS_NOT_FOUND]");
    assert.equal(error.message, `Class "Absent" for Durable Object "BOX" not found`);
  });
});

describe("an object's state", () => {
  test("has id, storage, waitUntil and blockConcurrencyWhile, and the worker's env", async (t) => {
    const mf = withObject(
      t,
      `return [state.id.toString() === env.BOX.idFromName("name").toString(),
      typeof state.waitUntil, await state.blockConcurrencyWhile(async () => "blocked"), env.KEY,
      state.waitUntil(Promise.resolve()) === undefined, Object.keys(state)];`,
      { bindings: { KEY: "value" } },
    );
    assert.deepEqual(await json(mf), [true, "function", "blocked", "value", true, ["id", "storage"]]);
  });

  test("has the documented properties only", async (t) => {
    const mf = withObject(
      t,
      `
      const names = (object) => {
        const found = new Set();
        const newer = ${JSON.stringify(NEWER)};
        for (let at = object; Object.getPrototypeOf(at); at = Object.getPrototypeOf(at)) {
          for (const name of Object.getOwnPropertyNames(at)) if (name !== "constructor" && !newer.includes(name)) found.add(name);
        }
        return [...found].sort().join();
      };
      return [names(env.BOX), names(env.BOX.get(state.id)), names(state), names(state.id), names(storage)];`,
    );
    const [namespace, stub, state, id, storage] = await json(mf);
    assert.equal(namespace, "get,idFromName,idFromString,jurisdiction,newUniqueId");
    assert.equal(stub, "fetch,id,name");
    assert.equal(state, "blockConcurrencyWhile,id,storage,waitUntil");
    assert.equal(id, "equals,name,toString");
    assert.match(storage, /delete,deleteAlarm,deleteAll,get,getAlarm,list,put,setAlarm,sync,transaction/);
  });
});
