// Tags: oracle, every-node
// What suites import from `@miniflare/http-server`, `@miniflare/queues` and `@miniflare/sites`.

import assert from "node:assert/strict";
import http from "node:http";
import { isIPv4, Socket } from "node:net";
import { describe } from "node:test";
import { create, differs } from "../support/miniflare.mjs";
import {
  convertNodeRequest,
  CorePlugin,
  coreContext,
  createRequestListener,
  createServer,
  DEFAULT_PORT,
  getAccessibleHosts,
  HTTPPlugin,
  MiniflareCore,
  NoOpLog,
  QueueBroker,
  queueDefaults,
  QueuesPlugin,
  SitesPlugin,
  startServer,
} from "../support/names.mjs";
import { test } from "../support/test.mjs";

const script = `export default { async fetch(request) {
  return new Response([request.method, new URL(request.url).pathname, await request.text()].join());
} }`;
const options = { modules: true, script, host: "127.0.0.1", port: 0 };

const addressOf = (server) => `http://127.0.0.1:${server.address().port}/path`;
const listening = (t, server) =>
  new Promise((resolve) => {
    t.after(() => server.close());
    server.listen(0, "127.0.0.1", () => resolve(addressOf(server)));
  });
const answer = async (url, init) => (await fetch(url, { headers: { connection: "close" }, ...init })).text();

describe("servers of miniflare-rs/http-server", () => {
  test("are those of the instance", async (t) => {
    const mf = create(t, options);
    const server = await createServer(mf);
    assert.ok(server instanceof http.Server);
    assert.equal(await answer(await listening(t, server), { method: "POST", body: "text" }), "POST,/path,text");
  });

  test("listen where the options say", async (t) => {
    const server = await startServer(create(t, options));
    t.after(() => server.close());
    assert.equal(await answer(addressOf(server)), "GET,/path,");
  });

  test("answer requests of a server of one's own", async (t) => {
    const server = http.createServer(createRequestListener(create(t, options)));
    assert.equal(await answer(await listening(t, server)), "GET,/path,");
  });

  test("are of instances alone", differs("its plugins are read, and are not there"), async () => {
    await assert.rejects(startServer({}), { name: "TypeError", message: /^startServer\(\) takes a Miniflare, got/ });
    await assert.rejects(createServer(), {
      name: "TypeError",
      message: "createServer() takes a Miniflare, got undefined",
    });
  });
});

/** What `convert` makes of a request that a server receives. */
function converted(t, convert, target, init) {
  return new Promise((resolve, reject) => {
    const server = http.createServer((req, res) => {
      convert(req)
        .then(resolve, reject)
        .finally(() => res.end());
    });
    listening(t, server).then((url) => answer(new URL(target, url), init), reject);
  });
}

describe("convertNodeRequest", () => {
  test("gives the request that a worker would get", async (t) => {
    const meta = { realIp: "1.2.3.4", forwardedProto: "https", cf: { country: "GB", asn: 7 } };
    const convert = async (req) => {
      const { request, url } = await convertNodeRequest(req, meta);
      return { request, url, text: await request.text() };
    };
    const headers = { "x-own": "value", "accept-encoding": "br, gzip", connection: "close" };
    const { request, url, text } = await converted(t, convert, "/a?b=c", { method: "PUT", body: "a body", headers });
    assert.ok(url instanceof URL && url.href === request.url);
    assert.deepEqual([request.method, url.pathname + url.search, text], ["PUT", "/a?b=c", "a body"]);
    const names = [
      "x-own",
      "host",
      "accept-encoding",
      "x-forwarded-proto",
      "x-real-ip",
      "cf-connecting-ip",
      "cf-ipcountry",
    ];
    assert.deepEqual(
      names.map((name) => request.headers.get(name)),
      ["value", url.host, "gzip", "https", "1.2.3.4", "1.2.3.4", "GB"],
    );
    assert.match(request.headers.get("cf-ray"), /^[0-9a-f]{16}$/);
    assert.deepEqual(request.cf, { country: "GB", asn: 7, clientAcceptEncoding: "br, gzip" });
  });

  test("gives a request that an instance can dispatch", async (t) => {
    const mf = create(t, options);
    const convert = async (req) => (await mf.dispatchFetch((await convertNodeRequest(req)).request)).text();
    assert.equal(await converted(t, convert, "/x", { method: "POST", body: "sent" }), "POST,/x,sent");
    assert.equal(await converted(t, convert, "/y"), "GET,/y,");
  });

  test("names a value that is not a URL", differs("its text is that of URL"), async () => {
    const req = { rawHeaders: ["Host", "a b"], headers: {}, method: "GET", url: "/", socket: new Socket() };
    await assert.rejects(convertNodeRequest(req), /Invalid URL: http:\/\/a b\//);
  });
});

test("the hosts are addresses of this machine, and the port is Miniflare's", () => {
  assert.equal(DEFAULT_PORT, 8787);
  assert.ok(getAccessibleHosts().includes("127.0.0.1"));
  assert.deepEqual(
    getAccessibleHosts(true).filter((host) => !isIPv4(host)),
    [],
  );
});

describe("the plugins", () => {
  test("are what a MiniflareCore takes", async (t) => {
    const given = { CorePlugin, HTTPPlugin, QueuesPlugin, SitesPlugin };
    const context = { ...coreContext(new NoOpLog()), queueBroker: new QueueBroker() };
    const own = { ...options, port: 8123, queueBindings: [{ name: "QUEUE", queueName: "q" }], sitePath: "missing" };
    const mf = new MiniflareCore(given, context, own);
    t.after(() => mf.dispose());
    const plugins = await mf.getPlugins();
    assert.deepEqual(
      [plugins.HTTPPlugin.port, plugins.QueuesPlugin.queueBindings, plugins.SitesPlugin.sitePath],
      [8123, own.queueBindings, "missing"],
    );
  });

  test("are only names", differs("they are classes that an instance makes"), () => {
    for (const Plugin of [HTTPPlugin, QueuesPlugin, SitesPlugin]) assert.throws(() => new Plugin(), /is only a name/);
  });
});

test("the defaults of consumers are Miniflare's", () => {
  const { DEFAULT_BATCH_SIZE, DEFAULT_WAIT_MS, DEFAULT_RETRIES } = queueDefaults;
  assert.deepEqual([DEFAULT_BATCH_SIZE, DEFAULT_WAIT_MS, DEFAULT_RETRIES], [5, 1000, 2]);
});
