// Static assets on Miniflare 4 and here: the same folders, settings and requests, and all of each response compared. Length and
// coding of bodies are left out, which its server decides, tags of entities, which are hashes of other things there, and what
// its cache says, which depends on the time that a file takes.

import { describe } from "node:test";
import assert from "node:assert/strict";
import http from "node:http";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { Miniflare4 } from "../support/miniflare-4.mjs";
import { within } from "../support/test.mjs";

const test = within(300_000);

const script = `export default {
  async fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    const url = (prefix) => "http://assets" + pathname.slice(prefix.length) + search;
    if (pathname.startsWith("/request/")) return env.ASSETS.fetch(new Request(url("/request"), request));
    if (pathname.startsWith("/url/")) return env.ASSETS.fetch(url("/url"));
    return new Response("worker " + request.method + " " + pathname, { status: 299 });
  },
};`;

/** Miniflare 4 drops connections when there are very many. */
const agent = new http.Agent({ maxSockets: 6 });

const LEFT_OUT = new Set([
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "date",
  "cf-cache-status",
]);

/** A GET of a path, or `[method, path, headers]`, by a plain connection: `fetch` sends headers of its own. */
function ask(origin, request, host) {
  const [method, path, headers = {}] = typeof request === "string" ? ["GET", request] : request;
  return new Promise((resolve, reject) => {
    // What can be coded on the way is, unless the client refuses it.
    const fields = { "accept-encoding": "identity", ...headers, ...(host && { host }) };
    const options = { agent, method, headers: fields, path: encodeURI(path).replaceAll("%25", "%") };
    const sent = http.request(origin, options, (response) => {
      const chunks = [];
      response
        .on("data", (chunk) => chunks.push(chunk))
        .on("end", () => {
          const listed = Object.entries(response.headers).filter(([name]) => !LEFT_OUT.has(name));
          const { etag, ...rest } = Object.fromEntries(listed);
          const body = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode, headers: rest, tagged: /^"[0-9a-f]{32}"$/.test(etag), body });
        });
    });
    sent.on("error", reject).end();
  });
}

const own = async (t, options) => {
  const mf = create(t, { host: "127.0.0.1", port: 0, cfFetch: false, ...options });
  const { port } = (await mf.startServer()).address();
  return `http://127.0.0.1:${port}`;
};

/** One Miniflare 4 for a folder: a worker for each of the settings, to which a host leads through the first. */
async function oracle(t, directory, all) {
  const workers = all.map(({ htmlHandling, notFoundHandling, runWorkerFirst = false, isAlone, date }, index) => {
    const isList = Array.isArray(runWorkerFirst);
    const rules = isList ? runWorkerFirst : [];
    const routing = {
      user_worker: rules.filter((rule) => !rule.startsWith("!")),
      asset_worker: rules.filter((rule) => rule.startsWith("!")).map((rule) => rule.slice(1)),
    };
    return {
      name: `w${index}`,
      modules: true,
      script: isAlone ? "export default {};" : script,
      compatibilityDate: date,
      assets: {
        workerName: `w${index}`,
        directory,
        binding: "ASSETS",
        routerConfig: {
          has_user_worker: !isAlone,
          ...(isList ? { static_routing: routing } : { invoke_user_worker_ahead_of_assets: runWorkerFirst }),
        },
        assetConfig: { html_handling: htmlHandling, not_found_handling: notFoundHandling },
      },
    };
  });
  const front = {
    name: "front",
    modules: true,
    script: `export default { fetch: (request, env) => env[new URL(request.url).hostname.split(".")[0]].fetch(request) };`,
    serviceBindings: Object.fromEntries(workers.map(({ name }) => [name, name])),
  };
  const mf = new Miniflare4({ workers: [front, ...workers] });
  t.after(() => mf.dispose());
  return (await mf.ready).origin;
}

/** Compares what all requests are answered with under each of the settings. */
async function compare(t, files, all, requests) {
  const directory = folder(t, files);
  const theirs = await oracle(t, directory, all);
  for (const [index, { isAlone, date, ...assets }] of all.entries()) {
    const worker = isAlone ? {} : { script };
    const origin = await own(t, {
      ...worker,
      compatibilityDate: date,
      assets: { directory, binding: "ASSETS", ...assets },
    });
    const pairs = await Promise.all(
      requests.map((request) => Promise.all([theirs, origin].map((at) => ask(at, request, `w${index}.test`)))),
    );
    for (const [nth, [expected, found]] of pairs.entries()) {
      assert.deepEqual(found, expected, `${JSON.stringify(all[index])} ${JSON.stringify(requests[nth])}`);
    }
  }
}

const DATE = "2025-03-01";
const MODES = ["auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"];

describe("static assets answer as those of Miniflare 4", () => {
  /** Files of folders each: pages by their names, as indexes, and those that hide each other. */
  const SETS = [
    ["a.html"],
    ["a/index.html"],
    ["a.html", "a/index.html"],
    ["index/index.html", "index.html"],
    ["a", "a.html"],
    ["a/index/index.html", "b.html"],
    ["a.html.html", "b/a.html"],
    ["a/index", "index/a"],
    ["a.html/index.html", "index"],
    ["a/index.html", "a/index/index.html"],
    ["a.html", "a/index/index.html"],
    ["a/index.html.html"],
    ["index.html"],
  ];
  const FORMS = [
    ...["/", "/index", "/index.html", "/index/", "/index/index", "/index/index.html", "/index.html/", ""],
    ...["/a", "/a.html", "/a/", "/a/index", "/a/index.html", "/a/index/", "/a.html/", "/a.html.html", "//a", "/a//"],
    ...["/b", "/b/", "/b/index.html", "/b.html", "/b/index", "/b/a", "/b/a/", "/b/a.html", "/b/a/index.html"],
  ];

  test("to every form of a page's path, in each mode of html_handling", async (t) => {
    const files = SETS.flatMap((names, index) => names.map((name) => [`s${index}/${name}`, `${index} ${name}`]));
    const root = { "index.html": "home", "a/index.html": "A", "b.html": "B" };
    const paths = ["", ...SETS.map((_, index) => `/s${index}`)].flatMap((set) => FORMS.map((form) => set + form));
    await compare(
      t,
      { ...Object.fromEntries(files), ...root },
      MODES.map((htmlHandling) => ({ htmlHandling, date: DATE })),
      paths.filter((path) => path !== ""),
    );
  });

  test("to paths without a file, by methods and headers, in each order of worker and assets", async (t) => {
    const files = {
      "index.html": "home",
      "404.html": "none",
      "sub/404.html": "none below",
      "sub/x.html": "page",
      "sub/deep/y.txt": "text",
      "style.css": "css",
      "app.js": "js",
      "data.json": "{}",
      "photo.png": "png",
      "module.wasm": "wasm",
      noextension: "bytes",
      "other.unknown": "bytes",
      ".well-known/x.txt": "dot",
      "a@b.txt": "at",
      "a!b(c)'*~.txt": "odd",
      "a+b.txt": "plus",
      "a%2Fb.txt": "percent",
      "ä b.html": "accent",
      "q?x.txt": "query",
    };
    const requests = [
      ...[
        "/",
        "/none",
        "/sub/none",
        "/sub/",
        "/sub",
        "/sub/deep/none",
        "/sub/x",
        "/sub/x?query=1",
        "/sub/x.html?query=1",
      ],
      ...["/style.css", "/app.js", "/data.json", "/photo.png", "/module.wasm", "/noextension", "/other.unknown"],
      ...["/.well-known/x.txt", "/a@b.txt", "/a%40b.txt", "/a!b(c)'*~.txt", "/a+b.txt", "/a%252Fb.txt", "/a%2Fb.txt"],
      ...["/%C3%A4%20b", "/%C3%A4%20b.html", "/q%3Fx.txt", "/%E4", "/%00", "//", "//none", "//style.css", "/none//x"],
      ...["/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%5c..%5cx", "/style%2ecss"],
      ...["/request/none", "/request/sub/x", "/request/sub/x.html", "/request/", "/request/none?query=1"],
      ...["/url/sub/x.html", "/url/none", "/url/index.html", "/url/sub/x?query=1"],
      ...["/api/x", "/api/docs/x", "/api/docs/style.css"],
      ["POST", "/"],
      ["POST", "/none"],
      ["HEAD", "/"],
      ["HEAD", "/none"],
      ["PUT", "/style.css"],
      ["DELETE", "/sub/none"],
      ["OPTIONS", "/"],
      ["GET", "/none", { "sec-fetch-mode": "navigate" }],
      ["POST", "/none", { "sec-fetch-mode": "navigate" }],
      ["GET", "/sub/none", { "sec-fetch-mode": "navigate" }],
      ["GET", "/none", { "sec-fetch-mode": "cors" }],
      ["GET", "/style.css", { authorization: "Basic eA==" }],
      ["GET", "/style.css", { range: "bytes=0-0" }],
      ["GET", "/style.css", { "if-none-match": '"other"' }],
      ["GET", "/style.css", { "if-none-match": "*" }],
    ];
    const orders = [false, true, ["/api/*"], ["/*", "!/sub/*", "!/style.css"], ["/api/*", "!/api/docs/*"]];
    const settings = ["none", "single-page-application", "404-page"].flatMap((notFoundHandling) => [
      ...orders.map((runWorkerFirst) => ({ notFoundHandling, runWorkerFirst, date: DATE })),
      { notFoundHandling, date: "2025-05-01" },
      { notFoundHandling, date: DATE, isAlone: true },
    ]);
    await compare(t, files, settings, requests);
  });

  test("by the rules of _redirects and _headers", async (t) => {
    const files = {
      "index.html": "home",
      "a.html": "A",
      "b/index.html": "B",
      "c.css": "css",
      "blog/x/post.html": "post",
      "404.html": "none",
      "news.html": "news",
      _redirects: REDIRECTS,
      _headers: HEADERS,
    };
    const fixed = "/ /a /a.html /b /b/ /c.css /news /none /_headers /_redirects /three /novalue /orphan /long";
    const paths = [...REDIRECTS.matchAll(/^\/?([\w%-]\S*)/gm)].map(
      ([, from]) => `/${from.replace(/[*]|:\w+/g, "x%20y")}`,
    );
    const others = [
      "/old?x=1",
      "/abs?x=1",
      "/absq?x=1",
      "/frag?x=1",
      "/query?x=1",
      "/s/",
      "/s",
      "/u/1/p/",
      "/dup/y",
      "/trail",
      "/r/old",
      "/request/none",
      "/request/rewrite",
      "/request/old",
      "/url/old",
      "/request/c.css",
    ];
    const methods = ["/old", "/rewrite", "/a", "/rewritten-none"].map((path) => ["POST", path]);
    const settings = ["none", "404-page"].flatMap((notFoundHandling) =>
      ["auto-trailing-slash", "none"].map((htmlHandling) => ({ notFoundHandling, htmlHandling, date: DATE })),
    );
    const requests = [...fixed.split(" "), ...paths, ...others, ...methods, ["HEAD", "/c.css"]];
    await compare(t, files, settings, requests);
  });

  for (const rule of [
    "/* /index.html 200",
    "/ /index.html 302",
    "/* / 302",
    "/a /a.html 302",
    "/x /x 200",
    "/* /a 200",
  ]) {
    test(`by the rule "${rule}", which may lead to itself`, async (t) => {
      const files = { "index.html": "home", "a.html": "A", _redirects: `${rule}\n` };
      const settings = ["auto-trailing-slash", "none"].map((htmlHandling) => ({ htmlHandling, date: DATE }));
      await compare(t, files, settings, ["/", "/a", "/a.html", "/x", "/index", "/index.html", "/y/z"]);
    });
  }
});

const REDIRECTS = `# a comment
/old /a
/old301 /a 301
/abs https://example.com/x 302
/absq https://example.com/x?y=1 302
/frag /a#top 303
/query /a?z=1 307
/http http://localhost/b/ 308
/rewrite /a 200
/rewritten-page /a.html 200
/rewritten-style /c.css 200
/rewritten-none /nothing 200
/rewritten-folder /b 200
/blog/* /news/:splat 301
/u/:id/p/:name /x/:name/:id 302
/s/* /c.css 200
/t/* https://example.com/:splat
/one-word
/status404 /a 404
/status-text /a abc
relative /a
/old /b
/trail/ /b
/c.css /a
/api/* /zzz/:splat 302
/two/*/mid/* /t/:splat 302
/:only/name /p/:only 302
/sp%20ace /ok 302
/ü /umlaut 302
/rewritten-url https://example.com/ 200
/words a b c d
/loop /loop 302
/enc/* /out/:splat?from=:splat 302
/ci/* /:undefined/:splat
/slashes //example.com/x 302
https://localhost/host-rule /a
/hash#x /a
/search?x=1 /a
/dup/* /1
/dup/* /2
/dup/x /3
`;

const HEADERS = `# a comment
/*
  X-All: 1
  X-Several: a
/c.css
  X-Lost: yes
/b/*
  X-B: :splat
/blog/:n/*
  X-N: :n
  X-S: :splat
/a
  Content-Type: text/plain
  Link: <x>; rel=y
  Link: <z>
  ! X-All
https://:host.test/news
  X-Host: :host
/none
  X-None: 1
/old
  X-Old: 1
badline
  X-Orphan: 1
/novalue
  X-Empty:
/two
/three
  X-Three: 3
/c.css
  X-Several: b
  ! ETag
  Cache-Control: max-age=9
`;
