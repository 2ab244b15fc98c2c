// Tags: oracle, every-node
// Durable Objects whose class another worker of the instance exports.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { RecordingLog } from "../support/log.mjs";
import { create, createInvalid, differs, LogLevel } from "../support/miniflare.mjs";
import { json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

/** A worker with a class that counts in memory and in storage, and passes every request to one of its objects. */
const counter = (exported = "export") => `
${exported} class Counter {
  constructor(state, env) { this.state = state; this.env = env; this.calls = 0; }
  async fetch(request) {
    const stored = ((await this.state.storage.get("stored")) ?? 0) + 1;
    await this.state.storage.put("stored", stored);
    return Response.json({ calls: ++this.calls, stored, path: new URL(request.url).pathname, name: NAME });
  }
}
`;
const PASS = `export default { fetch: (request, env) => env.COUNTER.get(env.COUNTER.idFromName("one")).fetch(request) };`;
const foreign = { COUNTER: { className: "Counter", scriptName: "api" } };
const api = (options = {}) => ({ modules: true, script: counter() + PASS, globals: { NAME: "api" }, ...options });
const failure = (t, options) => rejection(createInvalid(t, options).dispatchFetch(URL_ROOT));

describe("a class that a mount exports", () => {
  test("makes objects for the worker that is bound to it", async (t) => {
    const mf = create(t, { script: PASS, durableObjects: foreign, mounts: { api: api() } });
    assert.deepEqual(await json(mf, "http://localhost/path"), { calls: 1, stored: 1, path: "/path", name: "api" });
    assert.deepEqual((await json(mf)).calls, 2);
  });

  test("shares ids, storage and living objects with the mount's binding of the same name", async (t) => {
    const mf = create(t, {
      script: PASS,
      durableObjects: foreign,
      mounts: { api: api({ durableObjects: { COUNTER: "Counter" } }) },
    });
    const mount = await mf.getMount("api");
    assert.equal((await json(mf)).calls, 1);
    assert.equal((await json(mount)).calls, 2);
    assert.equal((await json(mf)).calls, 3);
  });

  test("is reached from outside, and so is the storage", async (t) => {
    const mf = create(t, { script: PASS, durableObjects: foreign, mounts: { api: api() } });
    const ns = await mf.getDurableObjectNamespace("COUNTER");
    const id = ns.idFromName("one");
    const storage = await mf.getDurableObjectStorage(id);
    await storage.put("stored", 41);
    assert.equal((await (await ns.get(id).fetch("http://localhost/")).json()).stored, 42);
    assert.equal((await json(mf)).stored, 43);
    assert.equal(await storage.get("stored"), 43);
  });

  test("carries bodies, statuses and errors across", async (t) => {
    const script = `export class Counter {
      async fetch(request) {
        if (request.method === "DELETE") throw new RangeError("not that");
        return new Response((await request.text()).toUpperCase(), { status: 202, headers: { "x-from": "object" } });
      }
    }`;
    const mf = create(t, { script: PASS, durableObjects: foreign, mounts: { api: { modules: true, script } } });
    const response = await mf.dispatchFetch(URL_ROOT, { method: "POST", body: "text" });
    assert.deepEqual([response.status, response.headers.get("x-from"), await response.text()], [202, "object", "TEXT"]);
    const error = await rejection(mf.dispatchFetch(URL_ROOT, { method: "DELETE" }));
    assert.deepEqual([error.name, error.message], ["RangeError", "not that"]);
  });

  test("gives its objects the bindings of its own worker", differs("of the worker that asked first"), async (t) => {
    const script = `export class Counter {
      constructor(state, env) { this.env = env; }
      fetch() { return new Response(this.env.WHO); }
    }`;
    const mounts = { api: { modules: true, script, bindings: { WHO: "api" } } };
    const mf = create(t, { script: PASS, durableObjects: foreign, bindings: { WHO: "main" }, mounts });
    assert.equal(await text(mf), "api");
  });

  test("is replaced when the mount is loaded again; storage stays", async (t) => {
    const mf = create(t, { script: PASS, durableObjects: foreign, mounts: { api: api() } });
    await json(mf);
    const reloaded = new Promise((resolve) => mf.addEventListener("reload", resolve, { once: true }));
    await (await mf.getMount("api")).setOptions({ globals: { NAME: "changed" } });
    await reloaded;
    assert.deepEqual(await json(mf), { calls: 1, stored: 2, path: "/", name: "changed" });
  });
});

describe("a class that the main worker exports", () => {
  test("makes objects for a mount, by the main worker's name", async (t) => {
    const mf = create(t, {
      name: "main",
      script: counter() + PASS,
      globals: { NAME: "main" },
      durableObjects: { COUNTER: "Counter" },
      mounts: {
        api: { modules: true, script: PASS, durableObjects: { COUNTER: { className: "Counter", scriptName: "main" } } },
      },
    });
    assert.equal((await json(mf)).calls, 1);
    const { calls, name } = await json(await mf.getMount("api"));
    assert.deepEqual([calls, name], [2, "main"]);
  });

  test("may be named together with the worker itself", async (t) => {
    const mf = create(t, {
      name: "api",
      script: counter() + PASS,
      globals: { NAME: "self" },
      durableObjects: foreign,
    });
    assert.equal((await json(mf)).name, "self");
  });
});

test("workers may export classes for each other", async (t) => {
  const script = (other) => `
    export class Box { constructor(state, env) { this.env = env; }
      async fetch(request) {
        const n = Number(new URL(request.url).searchParams.get("n"));
        if (n === 0) return new Response(NAME);
        const stub = this.env.${other}.get(this.env.${other}.idFromName(String(n)));
        return new Response(NAME + await (await stub.fetch("http://localhost/?n=" + (n - 1))).text());
      }
    }
    export default { fetch: (request, env) => env.${other}.get(env.${other}.idFromName("x")).fetch(request) };`;
  const boxes = {
    A_BOX: { className: "Box", scriptName: "a" },
    B_BOX: { className: "Box", scriptName: "b" },
  };
  const mf = create(t, {
    name: "a",
    script: script("B_BOX"),
    globals: { NAME: "a" },
    durableObjects: boxes,
    mounts: { b: { modules: true, script: script("A_BOX"), globals: { NAME: "b" }, durableObjects: boxes } },
  });
  assert.equal(await text(mf, "http://localhost/?n=5"), "bababa");
});

describe("a class that is missing", () => {
  test("because the script is not mounted is named with what to do", async (t) => {
    const error = await failure(t, { script: PASS, durableObjects: foreign });
    assert.equal(error.name, "DurableObjectError [ERR_SCRIPT_NOT_FOUND]");
    assert.equal(
      error.message,
      'Script "api" for Durable Object "COUNTER" not found.\nMake sure "api" is mounted so Miniflare knows where to find it.',
    );
  });

  test("because the script does not export it is named with the script", async (t) => {
    const script = counter("") + PASS;
    const error = await failure(t, { script: PASS, durableObjects: foreign, mounts: { api: api({ script }) } });
    assert.equal(error.name, "DurableObjectError [ERR_CLASS_NOT_FOUND]");
    assert.equal(error.message, 'Class "Counter" in script "api" for Durable Object "COUNTER" not found');
  });

  test("because a service worker exports nothing is named as well", async (t) => {
    const script = "class Counter {}";
    const error = await failure(t, { script: PASS, durableObjects: foreign, mounts: { api: { script } } });
    assert.equal(error.message, 'Class "Counter" in script "api" for Durable Object "COUNTER" not found');
  });
});

describe("one name for different classes", () => {
  const own = { COUNTER: "Counter" };
  const clash = (one, other) =>
    `Durable Object "COUNTER" is bound to class ${one} and to class ${other}.\nObjects of one name share ids and storage: ` +
    "use two names, or bind one class, by its scriptName where it is another worker's.";

  test("of two workers is refused", differs("the object is of whichever worker asks first"), async (t) => {
    const mounts = { api: api({ durableObjects: own }) };
    const error = await failure(t, { script: counter() + PASS, durableObjects: own, mounts });
    assert.equal(error.name, "DurableObjectError [ERR_CLASS_CONFLICT]");
    assert.equal(error.message, clash('"Counter" of the main worker', '"Counter" of "api"'));
  });

  test("of one worker is refused", differs("the object is of whichever worker asks first"), async (t) => {
    const script = `${counter()}export class Other {}\n${PASS}`;
    const mounts = { api: api({ script, durableObjects: { COUNTER: "Other" } }) };
    const error = await failure(t, { script: PASS, durableObjects: foreign, mounts });
    assert.equal(error.message, clash('"Counter" of "api"', '"Other" of "api"'));
  });

  test(
    "is noticed when a mount is loaded again",
    differs("the object is of whichever worker asks first"),
    async (t) => {
      const log = new RecordingLog(LogLevel.ERROR);
      const main = { script: counter() + PASS, durableObjects: own, globals: { NAME: "main" } };
      const mf = create(t, { log, ...main, mounts: { api: api() } });
      const mount = await mf.getMount("api");
      await mount.setOptions({ durableObjects: own });
      const error = await rejection(mf.dispatchFetch(URL_ROOT));
      assert.equal(error.code, "ERR_CLASS_CONFLICT");
      await mount.setOptions({ durableObjects: undefined });
      assert.equal((await mf.dispatchFetch(URL_ROOT)).status, 200);
    },
  );
});
