// Tags: every-node
// Static assets: what is read and when, tags, which files there are, the worker beside them, and the files and options that
// they come from. What paths, rules and methods are answered with is compared with Miniflare 4 in differential.spec.mjs.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { json, rejection, text } from "../support/dispatch.mjs";
import { edit, folder, write } from "../support/files.mjs";
import { RecordingLog } from "../support/log.mjs";
import { create, createInvalid, LogLevel } from "../support/miniflare.mjs";
import { get, start } from "../support/http-server.mjs";
import { test } from "../support/test.mjs";

const at = (name) => `http://localhost/${name}`;
const SAYS = `export default { fetch: (request) => new Response("worker " + new URL(request.url).pathname) };`;
const LARGE = Buffer.from(Uint8Array.from({ length: 1_000_003 }, (_, index) => index % 251));

const opened = (t, files, { assets, ...options } = {}) =>
  create(t, { rootPath: folder(t, files), assets: { directory: ".", ...assets }, ...options });

/** The status of a path, and what was logged as warnings. */
async function warned(t, files, name, options = {}) {
  const log = new RecordingLog(LogLevel.WARN);
  const mf = opened(t, files, { log, ...options });
  const { status } = await mf.dispatchFetch(at(name));
  return [status, log.having("[mf:wrn] ")];
}

describe("an asset", () => {
  test("needs no worker", async (t) => {
    const mf = opened(t, { "public/index.html": "home" }, { assets: { directory: "public" } });
    assert.equal(await text(mf), "home");
    const none = await mf.dispatchFetch(at("none"));
    assert.deepEqual([none.status, await none.text()], [404, ""]);
  });

  test("is served by its folder alone as the option", async (t) => {
    const mf = create(t, { rootPath: folder(t, { "public/a.txt": "A" }), assets: "public" });
    assert.equal(await text(mf, at("a.txt")), "A");
  });

  test("goes before the worker, which gets requests without a matching file", async (t) => {
    const mf = opened(t, { "a.txt": "A" }, { script: SAYS });
    assert.deepEqual([await text(mf, at("a.txt")), await text(mf, at("b.txt"))], ["A", "worker /b.txt"]);
  });

  test("has a strong tag of its content, and is not sent to a client that has it", async (t) => {
    const mf = opened(t, { "a.txt": "same", "b.txt": "same", "c.txt": "other" });
    const tag = async (name) => (await mf.dispatchFetch(at(name))).headers.get("etag");
    const [a, b, c] = await Promise.all(["a.txt", "b.txt", "c.txt"].map(tag));
    assert.equal(a, `"${createHash("sha256").update("same").digest("hex").slice(0, 32)}"`);
    assert.deepEqual([a === b, a === c], [true, false]);
    for (const known of [a, `W/${a}`, `"other", ${a}`, "*"]) {
      const again = await mf.dispatchFetch(at("a.txt"), { headers: { "If-None-Match": known } });
      const sent = [again.status, await again.text(), again.headers.get("etag")];
      assert.deepEqual(sent, known === "*" || known.includes(",") ? [200, "same", a] : [304, "", a], known);
    }
  });

  test("has the length of its file, also where only its head is asked for", async (t) => {
    const mf = opened(t, { "large.bin": LARGE, "small.txt": "ab" });
    for (const [name, length] of [
      ["large.bin", LARGE.length],
      ["small.txt", 2],
    ]) {
      for (const method of ["GET", "HEAD"]) {
        const response = await mf.dispatchFetch(at(name), { method });
        assert.equal(response.headers.get("content-length"), String(length), `${method} ${name}`);
        assert.equal((await response.arrayBuffer()).byteLength, method === "HEAD" ? 0 : length);
      }
    }
  });

  test("of any size has its bytes, from Node, through the binding and through a server", async (t) => {
    const worker = `export default { async fetch(request, env) {
      const response = await env.ASSETS.fetch(request);
      return new Response(response.body, response);
    } };`;
    const assets = { directory: ".", binding: "ASSETS", runWorkerFirst: true };
    const rootPath = folder(t, { "large.bin": LARGE });
    const { mf, origin } = await start(t, { rootPath, script: worker, modules: true, assets });
    for (const response of [
      await create(t, { rootPath, assets: "." }).dispatchFetch(at("large.bin")),
      await mf.dispatchFetch(at("large.bin")),
      await fetch(`${origin}/large.bin`),
    ]) {
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), LARGE);
    }
  });

  test("that is large is read on demand, and not at all without a reader", async (t) => {
    const mf = opened(t, { "large.bin": LARGE });
    await (await mf.dispatchFetch(at("large.bin"))).body.cancel();
    const opened_ = () => fs.readdirSync("/proc/self/fd").filter((fd) => linkOf(fd).endsWith("large.bin")).length;
    const response = await mf.dispatchFetch(at("large.bin"));
    assert.equal(opened_(), 0);
    const reader = response.body.getReader();
    const { value } = await reader.read();
    assert.deepEqual([value.byteLength < LARGE.length, opened_()], [true, 1]);
    await reader.cancel();
    assert.equal(opened_(), 0);
  });

  test("that changes has its new content and tag at once, and one that goes is not there", async (t) => {
    const root = folder(t, { "a.txt": "one", "b/index.html": "B", "b.html": "page" });
    const mf = create(t, { rootPath: root, assets: ".", script: SAYS });
    const before = await mf.dispatchFetch(at("a.txt"));
    assert.equal(await before.text(), "one");
    edit(root, { "a.txt": "two" });
    const after = await mf.dispatchFetch(at("a.txt"));
    assert.equal(await after.text(), "two");
    assert.notEqual(after.headers.get("etag"), before.headers.get("etag"));
    fs.rmSync(path.join(root, "a.txt"));
    assert.equal(await text(mf, at("a.txt")), "worker /a.txt");
    fs.rmSync(path.join(root, "b.html"));
    assert.equal((await mf.dispatchFetch(at("b"))).headers.get("location"), "/b/");
  });

  test("that is new is there after a change, with the option watch", async (t) => {
    const root = folder(t, { "public/a.txt": "A" });
    const mf = create(t, { rootPath: root, assets: { directory: "public" }, watch: true, script: SAYS });
    assert.equal(await text(mf, at("b.txt")), "worker /b.txt");
    const reloaded = once(mf, "reload");
    write(root, { "public/b.txt": "B" });
    await reloaded;
    assert.equal(await text(mf, at("b.txt")), "B");
  });
});

const linkOf = (fd) => {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
};

describe("the folder of assets", () => {
  test("serves no file outside of it, however it is asked", async (t) => {
    const root = folder(t, { "secret.txt": "secret", "public/a.txt": "A" });
    const { port } = await start(t, { rootPath: root, assets: "public" });
    const paths = ["/../secret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt", "/a.txt/../../secret.txt"];
    const dotted = [
      "/..\\secret.txt",
      "/..%5csecret.txt",
      "//../secret.txt",
      `/${root}/secret.txt`,
      "/.%00./secret.txt",
    ];
    for (const one of [...paths, ...dotted]) {
      const { body } = await get(t, port, one);
      assert.equal(body.includes("secret"), false, one);
    }
  });

  test("serves links to its own files, and none that lead out of it", async (t) => {
    const root = folder(t, {
      "secret.txt": "secret",
      "outside/x.txt": "secret",
      "public/a.txt": "A",
      "public/b/c.txt": "C",
    });
    const link = (to, name) => fs.symlinkSync(to, path.join(root, "public", name));
    link("a.txt", "link.txt");
    link("b", "linked");
    link("..", "b/up");
    link("../secret.txt", "secret.txt");
    link("../outside", "outside");
    link("nowhere", "dangling");
    const log = new RecordingLog(LogLevel.WARN);
    const mf = create(t, { rootPath: root, assets: "public", log });
    const statusOf = async (name) => (await mf.dispatchFetch(at(name))).status;
    assert.deepEqual([await text(mf, at("link.txt")), await text(mf, at("linked/c.txt"))], ["A", "C"]);
    const out = ["secret.txt", "outside/x.txt", "dangling", "b/up/secret.txt", "b/up/b/up/a.txt"];
    assert.deepEqual(
      await Promise.all(out.map(statusOf)),
      out.map(() => 404),
    );
    const told = log.having("[mf:wrn] ").map((line) => line.replace(`${root}/public/`, "").split(" is ")[0]);
    assert.deepEqual(
      told.sort(),
      ["dangling", "outside", "secret.txt"].map((name) => `The asset ${name}`),
    );
  });

  test("serves no file that has become a link out of it", async (t) => {
    const root = folder(t, { "secret.txt": "secret", "public/a.txt": "A" });
    const mf = create(t, { rootPath: root, assets: "public" });
    assert.equal(await text(mf, at("a.txt")), "A");
    fs.rmSync(path.join(root, "public/a.txt"));
    fs.symlinkSync("../secret.txt", path.join(root, "public/a.txt"));
    assert.equal((await mf.dispatchFetch(at("a.txt"))).status, 404);
  });

  test("leaves out what .assetsignore names, and its own files", async (t) => {
    const files = {
      ".assetsignore": "*.map\n/private/\n!keep.map\n# comment\n",
      _headers: "",
      _redirects: "",
      "a.map": "",
      "keep.map": "kept",
      "private/x.txt": "",
      "sub/private/x.txt": "below",
      "sub/_headers": "an asset",
    };
    const mf = opened(t, files);
    const none = [".assetsignore", "_headers", "_redirects", "a.map", "private/x.txt"];
    for (const name of none) assert.equal((await mf.dispatchFetch(at(name))).status, 404, name);
    const served = ["keep.map", "sub/private/x.txt", "sub/_headers"];
    for (const name of served) assert.equal(await text(mf, at(name)), files[name], name);
  });

  test("serves no file above 25 MiB, and says so", async (t) => {
    const root = folder(t, { "a.txt": "A" });
    for (const [name, size] of [
      ["most.bin", 26_214_400],
      ["more.bin", 26_214_401],
    ]) {
      fs.writeFileSync(path.join(root, name), "");
      fs.truncateSync(path.join(root, name), size);
    }
    const log = new RecordingLog(LogLevel.WARN);
    const mf = create(t, { rootPath: root, assets: ".", log });
    const statusOf = async (name) => (await mf.dispatchFetch(at(name), { method: "HEAD" })).status;
    assert.deepEqual([await statusOf("most.bin"), await statusOf("more.bin")], [200, 404]);
    assert.deepEqual(log.having("[mf:wrn] "), [
      `The asset ${root}/more.bin has 26214401 bytes and is not served: an asset has at most 26214400 bytes (25 MiB)`,
    ]);
  });

  test("that does not exist is named in the error", async (t) => {
    const error = await rejection(opened(t, {}, { assets: { directory: "none" } }).dispatchFetch(at("")));
    assert.match(String(error), /No folder .*\/none.*"assets"/);
  });
});

describe("rules of a folder of assets", () => {
  test("that cannot be read are warnings with the line, and the others hold", async (t) => {
    const lines = ["/a /b 301", "/c", "/d /e 418", "/f http://x/ 302", "/a /c", `/${"x".repeat(2000)} /y`, "/*/* /z"];
    const [status, warnings] = await warned(t, { _redirects: lines.join("\n"), "b.txt": "" }, "a");
    assert.equal(status, 301);
    assert.deepEqual(
      warnings.map((line) => /_redirects:(\d+): ignored /.exec(line)?.[1]),
      ["2", "3", "4", "5", "6", "7"],
    );
    assert.match(warnings[1], /the status is one of 200, 301, 302, 303, 307, 308, not 418$/);
  });

  test("are limited to 2,000 and 100 redirects, and 100 patterns of headers", async (t) => {
    const redirects = [
      ...Array.from({ length: 2001 }, (_, index) => `/s${index} /x`),
      ...Array.from({ length: 101 }, (_, index) => `/d${index}/* /x`),
    ];
    const headers = Array.from({ length: 101 }, (_, index) => `/h${index}\n  X: ${index}`);
    const files = { _redirects: redirects.join("\n"), _headers: headers.join("\n") };
    const [status, warnings] = await warned(t, files, "s1999");
    assert.equal(status, 302);
    assert.deepEqual(
      warnings.map((line) => line.replace(/^.*\//, "")),
      [
        `x": a file has at most 2000 rules without stars and names`,
        `x": a file has at most 100 rules with stars or names`,
        `h100": a file has at most 100 patterns`,
      ],
    );
  });

  test("for headers do not change responses of the worker", async (t) => {
    const files = { _headers: "/*\n  X-Asset: yes", "a.txt": "A" };
    const mf = opened(t, files, { script: SAYS });
    const header = async (name) => (await mf.dispatchFetch(at(name))).headers.get("x-asset");
    assert.deepEqual([await header("a.txt"), await header("b.txt")], ["yes", null]);
  });
});

describe("the binding of assets", () => {
  const script = `export default { async fetch(request, env) {
    const responses = [];
    for (const input of await request.json()) {
      const response = await env.ASSETS.fetch(...input);
      responses.push([response.status, await response.text(), response.headers.get("location")]);
    }
    return Response.json(responses);
  } };`;
  const asked = (mf, ...inputs) => json(mf, at("ask"), { method: "POST", body: JSON.stringify(inputs) });

  test("asks the assets alone, whatever the host", async (t) => {
    const mf = opened(t, { "a.txt": "A" }, { script, assets: { binding: "ASSETS" } });
    assert.deepEqual(await asked(mf, ["http://any.host/a.txt"], ["https://x/none"]), [
      [200, "A", null],
      [404, "", null],
    ]);
  });

  test("follows redirects of pages as the request says", async (t) => {
    const mf = opened(t, { "a.html": "A" }, { script, assets: { binding: "ASSETS" } });
    assert.deepEqual(await asked(mf, ["http://x/a.html"], ["http://x/a.html", { redirect: "manual" }]), [
      [200, "A", null],
      [307, "", "/a"],
    ]);
  });

  test("fails on redirects without an end", async (t) => {
    const files = { _redirects: "/a /b\n/b /a\n" };
    const failing = `export default { fetch: (request, env) => env.ASSETS.fetch("http://x/a").catch(({ message }) => new Response(message)) };`;
    const mf = opened(t, files, { script: failing, assets: { binding: "ASSETS" } });
    assert.match(await text(mf), /^Too many redirects between assets: http:\/\/x\/a/);
  });

  test("is among the bindings that a test gets, and gives way to one of the test", async (t) => {
    const bound = opened(t, { "a.txt": "A" }, { script, assets: { binding: "ASSETS" } });
    const { ASSETS } = await bound.getBindings();
    assert.equal(await (await ASSETS.fetch(at("a.txt"))).text(), "A");
    const bindings = { ASSETS: { fetch: () => new Response("mine") } };
    const mocked = opened(t, { "a.txt": "A" }, { script, assets: { binding: "ASSETS" }, bindings });
    assert.deepEqual(await asked(mocked, ["http://x/a.txt"]), [[200, "mine", null]]);
  });
});

describe("assets of several workers", () => {
  test("are those of each mount, by routes and by services", async (t) => {
    const root = folder(t, { "main/a.txt": "main", "mount/a.txt": "mount" });
    const mf = create(t, {
      rootPath: root,
      name: "main",
      assets: "main",
      modules: true,
      script: `export default { fetch: (request, env) => env.OTHER.fetch("http://other/a.txt") };`,
      serviceBindings: { OTHER: "other" },
      mounts: { other: { rootPath: root, assets: "mount", routes: ["other.com/*"] } },
    });
    assert.equal(await text(mf, at("a.txt")), "main");
    assert.equal(await text(mf, "http://other.com/a.txt"), "mount");
    assert.equal(await text(mf, at("through-the-service")), "mount");
  });
});

describe("options of assets", () => {
  const config = {
    assets: {
      directory: "./public",
      binding: "FILES",
      html_handling: "none",
      not_found_handling: "single-page-application",
      run_worker_first: ["/api/*"],
    },
  };
  const files = { "public/index.html": "home", "public/a.html": "A", "public/api/x": "X" };

  test("are read from the configuration of a project, with and without a worker", async (t) => {
    const root = folder(t, { ...files, "wrangler.jsonc": JSON.stringify(config) });
    const log = new RecordingLog(LogLevel.WARN);
    const alone = create(t, { rootPath: root, wranglerConfigPath: true, log });
    assert.deepEqual([await text(alone, at("a.html")), await text(alone, at("none"))], ["A", "home"]);
    const script = `export default { fetch: (request, env) => Response.json(Object.keys(env)) };`;
    const mf = create(t, { rootPath: root, wranglerConfigPath: true, modules: true, script, log });
    assert.deepEqual(await json(mf, at("api/x")), ["FILES"]);
    assert.deepEqual(log.having("[mf:wrn] "), []);
  });

  test("may have the names of Miniflare 4", async (t) => {
    const mf = opened(t, files, {
      script: SAYS,
      assets: {
        directory: "public",
        assetConfig: { html_handling: "none", not_found_handling: "404-page" },
        routerConfig: { static_routing: { user_worker: ["/api/*"], asset_worker: ["/api/x"] } },
      },
    });
    assert.deepEqual(
      [await text(mf, at("a.html")), await text(mf, at("api/y")), await text(mf, at("api/x"))],
      ["A", "worker /api/y", "X"],
    );
    const first = { invoke_user_worker_ahead_of_assets: true };
    const ahead = opened(t, files, { script: SAYS, assets: { directory: "public", routerConfig: first } });
    assert.equal(await text(ahead, at("a")), "worker /a");
  });

  for (const [assets, message] of [
    [{ binding: "A" }, 'Invalid option "assets.directory": expected a string, got undefined'],
    [
      { directory: ".", htmlHandling: "auto" },
      'Invalid option "assets.htmlHandling": expected "auto-trailing-slash" or "force-trailing-slash" or "drop-trailing-slash" or "none", got "auto" (string)',
    ],
    [
      { directory: ".", runWorkerFirst: ["api/*"] },
      `Invalid option "assets.runWorkerFirst": expected a boolean, or paths like ["/api/*", "!/api/docs/*"], one at least without "!", got [ 'api/*' ] (array)`,
    ],
  ]) {
    test(`are checked: ${JSON.stringify(assets)}`, async (t) => {
      const error = await rejection(createInvalid(t, { assets }).dispatchFetch(at("")));
      assert.deepEqual([error.code, error.message], ["ERR_INVALID_OPTION", message]);
    });
  }
});
