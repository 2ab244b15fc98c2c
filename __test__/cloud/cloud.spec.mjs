// Small bindings: rate limits, Analytics Engine, the Secrets Store, version metadata, Hyperdrive, and bindings of services that
// exist on Cloudflare's network only.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { CAUGHT, evaluate, json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { RecordingLog } from "../support/log.mjs";
import { create, createInvalid, LogLevel } from "../support/miniflare.mjs";
import { Miniflare4 } from "../support/miniflare-4.mjs";
import { test } from "../support/test.mjs";

/** A worker that runs the body of its requests. */
const RUNS = (body) => `${CAUGHT} export default { async fetch(request, env) {
  const value = await (async () => { ${body} })();
  return Response.json(value ?? null);
} };`;

describe("small bindings answer as those of Miniflare 4", () => {
  const body = `
    const limits = [{ key: "a" }, { key: "a" }, { key: "a" }, { key: "b" }, {}, undefined, { key: 1 }, { key: "a", other: 1 },
      { key: "z", limit: 1, period: 10 }, { key: "z", limit: 1, period: 10 }, { key: "z", period: 20 }, { key: "z", limit: "x" },
      "a", { key: "" }, { key: null }];
    const seen = { keys: Object.keys(env).sort(), limits: [] };
    for (const options of limits) seen.limits.push(await env.RATE.limit(options).catch(({ name, message }) => [name, message]));
    seen.secret = await caught(() => env.SECRET.get());
    const { id, tag, timestamp } = env.VERSION;
    seen.version = [Object.keys(env.VERSION), typeof id, tag, Number.isNaN(Date.parse(timestamp))];
    seen.written = String(env.EVENTS.writeDataPoint({ indexes: ["a"], doubles: [1], blobs: ["b"] }));
    const { user, password, port, database } = env.DATABASE;
    seen.hyperdrive = [user, password, port, database, typeof env.DATABASE.connect];
    return seen;`;
  const common = {
    modules: true,
    compatibilityDate: "2025-01-01",
    script: RUNS(body),
    ratelimits: { RATE: { simple: { limit: 2, period: 60 } } },
    versionMetadata: "VERSION",
    secretsStoreSecrets: { SECRET: { store_id: "store", secret_name: "name" } },
    analyticsEngineDatasets: { EVENTS: { dataset: "events" } },
    hyperdrives: { DATABASE: "postgres://user:p%40ss@localhost:5432/db" },
  };

  test("with values, errors and types", async (t) => {
    const theirs = new Miniflare4(common);
    t.after(() => theirs.dispose());
    const mf = create(t, common);
    // A period that ends between two calls counts them apart.
    await mf.clock.set(0);
    assert.deepEqual(await json(mf), await (await theirs.dispatchFetch(URL_ROOT)).json());
  });
});

describe("a rate limit", () => {
  const script = RUNS(`return (await env[new URL(request.url).pathname.slice(1)].limit({ key: "a" })).success;`);
  const simple = { limit: 2, period: 10 };
  const ask = (mf, name = "A") => json(mf, `http://localhost/${name}`);

  test("counts in periods of the instance's clock", async (t) => {
    const mf = create(t, { script, ratelimits: { A: { simple } } });
    await mf.clock.set(1_009_000);
    assert.deepEqual([await ask(mf), await ask(mf), await ask(mf)], [true, true, false]);
    await mf.clock.advance(999);
    assert.equal(await ask(mf), false);
    await mf.clock.advance(1);
    assert.equal(await ask(mf), true);
  });

  test("shares its counts with those of the same namespace, and keeps them over reloads", async (t) => {
    const ratelimits = {
      A: { simple, namespaceId: "1" },
      B: { simple, namespaceId: "1" },
      C: { simple },
    };
    const mf = create(t, { script, ratelimits });
    await mf.clock.set(0);
    assert.deepEqual([await ask(mf, "A"), await ask(mf, "B")], [true, true]);
    await mf.reload();
    assert.deepEqual([await ask(mf, "A"), await ask(mf, "B"), await ask(mf, "C")], [false, false, true]);
  });
});

describe("Analytics Engine", () => {
  const options = { analyticsEngineDatasets: { EVENTS: { dataset: "events" }, OTHER: {} } };

  test("keeps data points for the test, by their datasets", async (t) => {
    const script = RUNS(`
      env.EVENTS.writeDataPoint({ indexes: ["i"], doubles: [1, 2.5], blobs: ["b", null] });
      env.OTHER.writeDataPoint();`);
    const mf = create(t, { script, ...options });
    await mf.clock.set(5000);
    await json(mf);
    const point = { dataset: "events", timestamp: 5000, indexes: ["i"], doubles: [1, 2.5], blobs: ["b", null] };
    const other = { dataset: "OTHER", timestamp: 5000, indexes: [], doubles: [], blobs: [] };
    assert.deepEqual(await mf.getAnalyticsDataPoints(), [point, other]);
    assert.deepEqual(await mf.getAnalyticsDataPoints("OTHER"), [other]);
    assert.deepEqual(await mf.getAnalyticsDataPoints("none"), []);
  });

  test("refuses points above its limits", async (t) => {
    const points = [
      '{ indexes: ["a", "b"] }',
      "{ doubles: new Array(21).fill(1) }",
      '{ blobs: new Array(21).fill("x") }',
      '{ indexes: ["x".repeat(97)] }',
      '{ blobs: ["x".repeat(16_385)] }',
      '{ doubles: ["1"] }',
      "{ blobs: 1 }",
    ];
    const body = `return [${points.map((point) => `caught(() => env.EVENTS.writeDataPoint(${point}))`)}];`;
    const seen = await evaluate(t, CAUGHT + body, options);
    assert.deepEqual(seen, [
      ["TypeError", "writeDataPoint(): Maximum of 1 indexes supported."],
      ["TypeError", "writeDataPoint(): Maximum of 20 doubles supported."],
      ["TypeError", "writeDataPoint(): Maximum of 20 blobs supported."],
      ["TypeError", "writeDataPoint(): an index has at most 96 bytes"],
      ["TypeError", "writeDataPoint(): blobs have at most 16384 bytes together, got 16385"],
      ["TypeError", "writeDataPoint(): doubles are numbers, got 1"],
      ["TypeError", "writeDataPoint(): blobs is an array, got 1"],
    ]);
  });
});

describe("the Secrets Store", () => {
  test("has the secrets that options and tests give it", async (t) => {
    const secretsStoreSecrets = {
      GIVEN: { storeId: "store", secretName: "given", value: "from the option" },
      LATER: { storeId: "store", secretName: "later" },
    };
    const script = RUNS("return [await env.GIVEN.get(), await env.LATER.get()];");
    const mf = create(t, { script, secretsStoreSecrets });
    const store = await mf.getSecretsStore("store");
    assert.deepEqual([await store.list(), await store.get("later")], [["given"], null]);
    await store.put("later", "from the test");
    assert.deepEqual(await json(mf), ["from the option", "from the test"]);
    assert.deepEqual([await store.delete("given"), await store.delete("given")], [true, false]);
    await assert.rejects(json(mf), { message: 'Secret "given" not found' });
    await assert.rejects(store.put("a", 1), { message: "A secret is a string, got 1 (number)" });
  });
});

describe("version metadata", () => {
  test("has fixed values, or those of the option", async (t) => {
    const script = RUNS("return env.VERSION;");
    const given = { binding: "VERSION", id: "1", tag: "v1", timestamp: "2025-01-01T00:00:00.000Z" };
    const { binding, ...values } = given;
    assert.deepEqual(await json(create(t, { script, versionMetadata: given })), values);
    const mf = create(t, { script, versionMetadata: binding });
    const { id } = await json(mf);
    await mf.reload();
    assert.equal((await json(mf)).id, id);
  });
});

describe("Hyperdrive", () => {
  test("has the connection string, and the default port", async (t) => {
    const text = "mysql://root@db.test/shop";
    const seen = await evaluate(t, "return [env.DB.connectionString, env.DB.host, env.DB.port];", {
      hyperdrives: { DB: text },
    });
    assert.deepEqual(seen, [text, "db.test", 3306]);
  });

  test("refuses a value that is not a connection string", async (t) => {
    for (const wrong of ["localhost", "http://localhost/db", "postgres://localhost"]) {
      const error = await rejection(createInvalid(t, { script: "//", hyperdrives: { DB: wrong } }).getBindings());
      assert.equal(error.code, "ERR_INVALID_OPTION");
      assert.match(error.message, /"hyperdrives\.DB": expected a connection string like/);
    }
  });
});

describe("a binding of a service that exists on Cloudflare's network only", () => {
  const config = {
    ai: { binding: "AI" },
    vectorize: [{ binding: "INDEX", index_name: "i" }],
    browser: { binding: "BROWSER" },
    hyperdrive: [{ binding: "DB", id: "1" }],
  };
  const project = (t, script, options = {}) =>
    create(t, {
      rootPath: folder(t, { "wrangler.jsonc": JSON.stringify(config) }),
      wranglerConfigPath: true,
      modules: true,
      script,
      ...options,
    });

  test("throws when it is used, and names the binding and the way out", async (t) => {
    const log = new RecordingLog(LogLevel.WARN);
    const body = `const { AI, INDEX, BROWSER, DB } = env;
      return [caught(() => AI.run("model")), caught(() => INDEX.query), caught(() => { BROWSER.a = 1; }), caught(() => DB.connectionString),
        await AI === AI];`;
    const said = (what, name, service) => [
      "Error",
      `"${what}" of the binding "${name}" (${service}) is not available: this service exists on Cloudflare's network only. Provide an object for tests with the option \`bindings: { ${name}: ... }\`.`,
    ];
    assert.deepEqual(await json(project(t, RUNS(body), { log })), [
      said("run", "AI", "Workers AI"),
      said("query", "INDEX", "Vectorize"),
      said("a", "BROWSER", "Browser Rendering"),
      said("connectionString", "DB", "Hyperdrive, without a localConnectionString"),
      true,
    ]);
    assert.deepEqual(log.having("[mf:wrn] "), []);
  });

  test("is left alone by code that looks at all bindings", async (t) => {
    const script = `import { inspect, isDeepStrictEqual } from "node:util";
      export default { fetch: (request, env) => Response.json([JSON.stringify(env), Object.keys({ ...env }).length,
        inspect(env.AI), isDeepStrictEqual(env, { ...env }), Object.keys(process.env)]) };`;
    const mf = project(t, script, {
      bindings: { TEXT: "text" },
      compatibilityDate: "2025-09-01",
      compatibilityFlags: ["nodejs_compat"],
    });
    const [text, count, shown, isEqual, names] = await json(mf);
    assert.deepEqual(JSON.parse(text), { AI: {}, INDEX: {}, BROWSER: {}, DB: {}, TEXT: "text" });
    assert.deepEqual([count, shown, isEqual, names], [5, "RemoteBinding {}", true, ["TEXT"]]);
  });

  test("is what the test provides", async (t) => {
    const bindings = { AI: { run: async (model) => `ran ${model}` } };
    const mf = project(t, RUNS('return env.AI.run("model");'), { bindings });
    assert.equal(await json(mf), "ran model");
  });

  test("says of dynamic workers that they are not implemented", async (t) => {
    const script = RUNS('return [caught(() => env.LOADER.get("a", () => {})), typeof env.LOADER];');
    const said =
      '"get" of the binding "LOADER" (Dynamic workers) is not available: dynamic workers are not implemented. Provide an object for tests with the option `bindings: { LOADER: ... }`.';
    assert.deepEqual(await json(create(t, { script, workerLoaders: { LOADER: {} } })), [["Error", said], "object"]);
    const rootPath = folder(t, { "wrangler.json": JSON.stringify({ worker_loaders: [{ binding: "LOADER" }] }) });
    const mf = create(t, { rootPath, wranglerConfigPath: true, modules: true, script });
    assert.deepEqual(await json(mf), [["Error", said], "object"]);
  });

  test("may be named by the option alone", async (t) => {
    const script = `export default { fetch: (request, env) => new Response(env.MY.name) };`;
    const mf = create(t, { script, remoteBindings: { MY: "My service" } });
    await assert.rejects(text(mf), /"name" of the binding "MY" \(My service\)/);
  });
});

describe("the configuration of a project", () => {
  test("binds small bindings", async (t) => {
    const config = {
      ratelimits: [{ name: "RATE", namespace_id: 1001, simple: { limit: 1, period: 60 } }],
      version_metadata: { binding: "VERSION" },
      analytics_engine_datasets: [{ binding: "EVENTS" }],
      secrets_store_secrets: [{ binding: "SECRET", store_id: "s", secret_name: "n" }],
      hyperdrive: [{ binding: "DB", id: "1", localConnectionString: "postgres://a:b@localhost/c" }],
      send_email: [{ name: "MAIL" }],
    };
    const log = new RecordingLog(LogLevel.WARN);
    const rootPath = folder(t, { "wrangler.json": JSON.stringify(config) });
    const script = RUNS("return [Object.keys(env).sort(), env.DB.port];");
    const mf = create(t, { rootPath, wranglerConfigPath: true, modules: true, script, log });
    assert.deepEqual(await json(mf), [["DB", "EVENTS", "MAIL", "RATE", "SECRET", "VERSION"], 5432]);
    assert.deepEqual(log.having("[mf:wrn] "), []);
  });
});
