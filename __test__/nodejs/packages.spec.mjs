// Popular packages in projects: what a worker that imports them does, built as wrangler builds it.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { fetchRunner } from "../../scripts/runners.mjs";
import { json, rejection, URL_ROOT } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { RecordingLog } from "../support/log.mjs";
import { create, createInvalid, LogLevel } from "../support/miniflare.mjs";
import { postgresServer } from "../support/postgres-server.mjs";
import { within } from "../support/test.mjs";

const PACKAGES = [
  ...["compression@1.8.1", "express@5.3.0", "koa@3.3.0"],
  ...["@noble/hashes@2.4.0", "@trpc/server@11.25.2", "drizzle-orm@0.45.4", "esbuild@0.28.2", "graphql@16.14.1"],
  ...["graphql-yoga@5.24.1", "hono@4.13.19", "itty-router@5.0.24", "jose@6.2.18", "nanoid@6.0.2", "pg@8.23.1"],
  ...["postgres@3.4.9", "toucan-js@4.1.1", "uuid@14.0.3", "zod@4.6.7"],
];
/** The packages are fetched once, which may take a while. */
const test = within(300_000);

function project(t, script, config = {}) {
  const modules = fetchRunner({ name: "packages-of-workers", version: "1", packages: PACKAGES });
  const wrangler = { main: "src/index.ts", compatibility_date: "2025-09-01", compatibility_flags: ["nodejs_compat"] };
  const root = folder(t, { "wrangler.json": JSON.stringify({ ...wrangler, ...config }), "src/index.ts": script });
  fs.symlinkSync(modules, path.join(root, "node_modules"));
  return { rootPath: root, wranglerConfigPath: true };
}

const answers = async (t, script, url = URL_ROOT, init = undefined, options = {}) =>
  json(create(t, { ...project(t, script), ...options }), url, init);
const handler = (body) => `export default { async fetch(request: Request, env: any, ctx: any) { ${body} } };`;

describe("a project with", () => {
  test("hono", async (t) => {
    const script = `import { Hono } from "hono"; import { logger } from "hono/logger"; import { contextStorage, getContext } from "hono/context-storage";
      const app = new Hono<{ Variables: { who: string } }>();
      app.use(contextStorage());
      app.use(async (c, next) => { c.set("who", "context"); await next(); });
      const deep = async () => { await null; return getContext<{ Variables: { who: string } }>().var.who; };
      app.get("/hello/:name", async (c) => c.json({ name: c.req.param("name"), from: await deep() }));
      export default app;`;
    assert.deepEqual(await answers(t, script, `${URL_ROOT}hello/x`), { name: "x", from: "context" });
  });

  test("itty-router", async (t) => {
    const script = `import { AutoRouter } from "itty-router"; const router = AutoRouter(); router.get("/a/:b", ({ b }) => ({ b })); export default { ...router };`;
    assert.deepEqual(await answers(t, script, `${URL_ROOT}a/1`), { b: "1" });
  });

  test("jose", async (t) => {
    const script = `import { SignJWT, jwtVerify, generateKeyPair } from "jose";
      ${handler(`const secret = new TextEncoder().encode("0123456789abcdef0123456789abcdef");
        const token = await new SignJWT({ a: 1 }).setProtectedHeader({ alg: "HS256" }).sign(secret);
        const { publicKey, privateKey } = await generateKeyPair("ES256");
        const other = await new SignJWT({ b: 2 }).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
        return Response.json([(await jwtVerify(token, secret)).payload, (await jwtVerify(other, publicKey)).payload]);`)}`;
    assert.deepEqual(await answers(t, script), [{ a: 1 }, { b: 2 }]);
  });

  test("drizzle-orm", async (t) => {
    const script = `import { drizzle } from "drizzle-orm/d1"; import { sqliteTable, text, integer } from "drizzle-orm/sqlite-core"; import { eq } from "drizzle-orm";
      const users = sqliteTable("users", { id: integer("id").primaryKey(), name: text("name") });
      ${handler(`const db = drizzle(env.DB); await env.DB.exec("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)");
        await db.insert(users).values([{ name: "a" }, { name: "b" }]);
        return Response.json(await db.select().from(users).where(eq(users.name, "b")));`)}`;
    assert.deepEqual(await answers(t, script, URL_ROOT, undefined, { d1Databases: ["DB"] }), [{ id: 2, name: "b" }]);
  });

  test("zod", async (t) => {
    const script = `import { z } from "zod"; ${handler(`const schema = z.object({ a: z.string().email() }); return Response.json([schema.safeParse({ a: "x@y.zz" }).success, schema.safeParse({ a: 1 }).success]);`)}`;
    assert.deepEqual(await answers(t, script), [true, false]);
  });

  test("uuid and nanoid", async (t) => {
    const script = `import { v4, v7, validate } from "uuid"; import { nanoid } from "nanoid"; ${handler(`return Response.json([validate(v4()), validate(v7()), nanoid().length])`)}`;
    assert.deepEqual(await answers(t, script), [true, true, 21]);
  });

  test("@noble/hashes", async (t) => {
    const script = `import { sha256 } from "@noble/hashes/sha2.js"; import { scrypt } from "@noble/hashes/scrypt.js"; import { bytesToHex } from "@noble/hashes/utils.js"; import crypto from "node:crypto";
      ${handler(`return Response.json([bytesToHex(sha256(new TextEncoder().encode("a"))) === crypto.createHash("sha256").update("a").digest("hex"), bytesToHex(scrypt("p", "s", { N: 16, r: 8, p: 1, dkLen: 16 })) === crypto.scryptSync("p", "s", 16, { N: 16 }).toString("hex")]);`)}`;
    assert.deepEqual(await answers(t, script), [true, true]);
  });

  test("graphql-yoga", async (t) => {
    const script = `import { createSchema, createYoga } from "graphql-yoga";
      const yoga = createYoga({ logging: false, schema: createSchema({ typeDefs: "type Query { hello(name: String): String }", resolvers: { Query: { hello: (_: unknown, { name }: { name: string }) => "hello " + name } } }) });
      export default { fetch: yoga.fetch };`;
    const init = {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ query: '{ hello(name: "x") }' }),
    };
    assert.deepEqual(await answers(t, script, `${URL_ROOT}graphql`, init), { data: { hello: "hello x" } });
  });

  test("trpc", async (t) => {
    const script = `import { initTRPC } from "@trpc/server"; import { fetchRequestHandler } from "@trpc/server/adapters/fetch"; import { z } from "zod";
      const t = initTRPC.create();
      const router = t.router({ double: t.procedure.input(z.number()).query(({ input }) => input * 2) });
      export default { fetch: (req: Request) => fetchRequestHandler({ endpoint: "/trpc", req, router, createContext: () => ({}) }) };`;
    assert.deepEqual(await answers(t, script, `${URL_ROOT}trpc/double?input=4`), { result: { data: 8 } });
  });

  test("toucan-js", async (t) => {
    const script = `import { Toucan } from "toucan-js";
      ${handler(`const sent: string[] = [];
        const sentry = new Toucan({ dsn: "https://key@sentry.invalid/1", context: ctx, request, transportOptions: { fetcher: async (_url: string, init: RequestInit) => { sent.push(String(init.body)); return new Response(""); } } } as any);
        const id = sentry.captureException(new Error("captured"));
        await sentry.getClient()?.flush(1000);
        return Response.json([typeof id, sent.length, sent.join().includes("captured")]);`)}`;
    assert.deepEqual(await answers(t, script), ["string", 1, true]);
  });

  test("express", async (t) => {
    const script = `import express from "express"; import compression from "compression"; import { httpServerHandler } from "cloudflare:node";
      const app = express();
      app.use(express.json(), compression({ threshold: 1000 }));
      app.get("/hello/:name", (request, response) => response.json([request.params.name, request.query.q, request.hostname, request.ip]));
      app.post("/json", (request, response) => response.status(201).send(request.body));
      app.get("/long", (request, response) => response.type("txt").send("x".repeat(2000)));
      app.get("/async", async () => { throw new Error("boom"); });
      app.use((error, request, response, next) => response.status(500).send(error.message));
      app.listen(8080);
      export default httpServerHandler({ port: 8080 });`;
    const mf = create(t, project(t, script));
    const ask = async (path, init) => {
      const response = await mf.dispatchFetch(`${URL_ROOT}${path}`, init);
      return [response.status, response.headers.get("content-type"), await response.text()];
    };
    const isJson = "application/json; charset=utf-8";
    const isHtml = "text/html; charset=utf-8";
    assert.deepEqual(await ask("hello/x?q=1"), [200, isJson, '["x","1","localhost","127.0.0.1"]']);
    const init = { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"a":1}' };
    assert.deepEqual(await ask("json", init), [201, isJson, '{"a":1}']);
    assert.deepEqual(await ask("async"), [500, isHtml, "boom"]);
    assert.equal((await ask("none"))[0], 404);
    const long = await mf.dispatchFetch(`${URL_ROOT}long`, { headers: { "Accept-Encoding": "gzip" } });
    assert.equal(long.headers.get("content-encoding"), "gzip");
    assert.equal(String(gunzipSync(await long.arrayBuffer())), "x".repeat(2000));
  });

  test("koa", async (t) => {
    const script = `import Koa from "koa"; import { Readable } from "node:stream"; import { httpServerHandler } from "cloudflare:node";
      const app = new Koa();
      app.silent = true;
      app.use(async (ctx, next) => { await next(); ctx.set("X-After", "1"); });
      app.use(async (ctx) => {
        if (ctx.path === "/json") ctx.body = { q: ctx.query.q, host: ctx.host };
        if (ctx.path === "/stream") ctx.body = Readable.from(["a", "b"]);
        if (ctx.path === "/throw") ctx.throw(418, "tea");
      });
      app.listen(8080);
      export default httpServerHandler({ port: 8080 });`;
    const mf = create(t, project(t, script));
    const ask = async (path) => {
      const response = await mf.dispatchFetch(`${URL_ROOT}${path}`);
      return [response.status, response.headers.get("x-after"), await response.text()];
    };
    assert.deepEqual(await ask("json?q=1"), [200, "1", '{"q":"1","host":"localhost"}']);
    assert.deepEqual(await ask("stream"), [200, "1", "ab"]);
    assert.deepEqual(await ask("throw"), [418, null, "tea"]);
    assert.deepEqual(await ask("none"), [404, "1", "Not Found"]);
  });

  test("pg and postgres, imported", async (t) => {
    const script = `import pg from "pg"; import postgres from "postgres";
      ${handler(`const client = new pg.Client({ connectionString: "postgres://u:p@localhost:1/db" });
        const sql = postgres("postgres://u:p@localhost:1/db");
        return Response.json([typeof client.query, client.user, typeof sql, sql.options.database]);`)}`;
    assert.deepEqual(await answers(t, script), ["function", "u", "function", "db"]);
  });
});

describe("drivers of databases", () => {
  /** A database with one kind of statement. */
  const database = (t) =>
    postgresServer(t, {
      password: "secret",
      answer: (statement, values) => [{ greeting: `hello ${values[0] ?? "nobody"}`, length: String(statement.length) }],
    });
  const options = (port) => ({ hyperdrives: { DB: `postgres://user:secret@localhost:${port}/db` } });

  test("pg connects, by the connection string of Hyperdrive", async (t) => {
    const { port } = await database(t);
    const script = `import pg from "pg";
      ${handler(`const client = new pg.Client({ connectionString: env.DB.connectionString });
        await client.connect();
        const simple = await client.query("SELECT greeting");
        const prepared = await client.query("SELECT greeting WHERE name = $1", ["you"]);
        await client.end();
        return Response.json([simple.rows, prepared.rows]);`)}`;
    assert.deepEqual(await answers(t, script, URL_ROOT, undefined, options(port)), [
      [{ greeting: "hello nobody", length: "15" }],
      [{ greeting: "hello you", length: "31" }],
    ]);
  });

  test("postgres connects", async (t) => {
    const { port } = await database(t);
    const script = `import postgres from "postgres";
      ${handler(`const sql = postgres(env.DB.connectionString, { fetch_types: false, max: 2 });
        const rows = await sql\`SELECT greeting WHERE name = \${"you"}\`;
        await sql.end();
        return Response.json(rows);`)}`;
    const [row] = await answers(t, script, URL_ROOT, undefined, options(port));
    assert.equal(row.greeting, "hello you");
  });

  test("an error of the server arrives", async (t) => {
    const { port } = await database(t);
    const script = `import pg from "pg";
      ${handler(`const client = new pg.Client({ host: "localhost", port: ${port}, user: "user", password: "wrong", database: "db" });
        const error: any = await client.connect().catch((error) => error);
        return Response.json([error.code, error.message]);`)}`;
    assert.deepEqual(await answers(t, script), ["28P01", "wrong password"]);
  });

  test("Hyperdrive's connect() opens a socket to the database", async (t) => {
    const { port } = await database(t);
    const script =
      handler(`const socket = env.DB.connect(); const { remoteAddress } = await socket.opened; await socket.close();
      return Response.json([remoteAddress, env.DB.user]);`);
    assert.deepEqual(await answers(t, script, URL_ROOT, undefined, options(port)), [`localhost:${port}`, "user"]);
  });
});

describe("a project that imports a module of Node", () => {
  const script = `import fs from "node:fs"; ${handler("return new Response(typeof fs)")}`;

  test("needs the flag, which the log and the error name", async (t) => {
    const log = new RecordingLog(LogLevel.WARN);
    const options = project(t, script, { compatibility_flags: [] });
    const error = await rejection(createInvalid(t, { ...options, log }).dispatchFetch(URL_ROOT));
    assert.match(error.message, /compatibility flag "nodejs_compat"/);
    assert.match(log.having("[mf:wrn] ").join("\n"), /"node:fs", a module of Node's: .*"nodejs_compat"/);
  });

  test("finds it where a CommonJS package requires it, too", async (t) => {
    const files = { "src/old.cjs": `const { EventEmitter } = require("events"); module.exports = new EventEmitter();` };
    const options = project(
      t,
      `import old from "./old.cjs"; import { EventEmitter } from "node:events"; ${handler("return Response.json(old instanceof EventEmitter);")}`,
    );
    for (const [name, contents] of Object.entries(files)) fs.writeFileSync(path.join(options.rootPath, name), contents);
    assert.equal(await json(create(t, options)), true);
  });
});
