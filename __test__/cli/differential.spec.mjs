// The command beside Miniflare 2's: what both print and answer for the same projects, flags and requests.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { commands, runCommand, serveCommand } from "../support/command.mjs";
import { folder } from "../support/files.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);

const MODULE = `export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/env") return Response.json(Object.keys(env).sort());
    if (pathname === "/missing") return new Response("missing", { status: 404 });
    if (pathname === "/moved") return Response.redirect("http://localhost/", 302);
    if (pathname === "/log") console.log("logged", { a: [1] });
    return new Response(JSON.stringify(env.NAME ?? "none"));
  },
  scheduled({ cron }) { console.log("scheduled", cron); },
};`;
const CLASSIC = `addEventListener("fetch", (event) => event.respondWith(new Response("classic " + globalThis.NAME)));`;
const FILES = { "worker.mjs": MODULE, "worker.js": CLASSIC };

const PROJECTS = {
  "a service worker": [["worker.js", "--global", "NAME=global"], FILES],
  "a module": [["-m", "worker.mjs", "-b", "NAME=flag", "-k", "KV", "-k", "OTHER"], FILES],
  "a module, with debug lines": [["-m", "worker.mjs", "--debug", "--kv-persist", "-b", "NAME=flag"], FILES],
  "flags of compatibility": [
    ["-m", "worker.mjs", "-d", "--compat-date", "2022-01-01", "--compat-flag", "formdata_parser_supports_files"],
    FILES,
  ],
  "wrangler.toml and .env": [
    ["worker.js", "--wrangler-env", "dev"],
    { ...FILES, "wrangler.toml": '[vars]\nNAME = "top"\n[env.dev.vars]\nNAME = "dev"', ".env": "OTHER=env" },
  ],
  "a build": [["worker.js", "-B", "echo building"], FILES],
  "a mount": [
    ["-m", "worker.mjs", "--mount", "api=api"],
    {
      ...FILES,
      "api/package.json": '{ "main": "api.js" }',
      "api/api.js": CLASSIC,
      "api/wrangler.toml": 'name = "api"\nroute = "*/moved"',
    },
  ],
  "a name of an environment that changes the prefix of nothing": [
    ["-m", "worker.mjs", "--name", "one", "--route", "*/x"],
    FILES,
  ],
};
const PATHS = ["/", "/env", "/missing", "/moved", "/log", "/cdn-cgi/mf/scheduled?cron=x", "/cdn-cgi/other"];

/** What both print, without what differs from run to run. */
const plain = (text, cwd) =>
  text
    .replaceAll(cwd, "<folder>")
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:<port>")
    .replaceAll(/\(\d+\.\d\dms(, waitUntil: \d+\.\d\dms)?\)/g, "(<time>)");

describe("prints and answers the same for", () => {
  for (const [name, [args, files]] of Object.entries(PROJECTS)) {
    test(name, async (t) => {
      const [own, oracle] = await Promise.all(
        Object.values(commands).map((command) => record(t, command, args, files)),
      );
      assert.deepEqual(own, oracle);
    });
  }

  async function record(t, command, args, files) {
    const cwd = folder(t, files);
    const { get, seen, out, origin } = await serveCommand(t, [...args, "--no-update-check"], { cwd, command });
    const answers = [];
    for (const path of PATHS) {
      const response = await fetch(new URL(path, origin), { redirect: "manual" });
      answers.push([path, response.status, await response.text()]);
      // The line of a request is logged after its answer.
      if (!path.startsWith("/cdn-cgi")) await seen(new RegExp(`GET ${path} \\d`));
      if (path.includes("scheduled")) await seen(/SCHD/);
    }
    await get("/last");
    await seen(/GET \/last /);
    return { answers, lines: plain(out.stdout, cwd).split("\n") };
  }
});

describe("fails with the same text for", () => {
  const CASES = {
    "no script": [],
    "a missing file": ["missing.js"],
    "a missing configuration file": ["worker.js", "-c", "missing.toml"],
    "an upstream that is not a URL": ["worker.js", "-u", "nowhere"],
    "a build that fails": ["worker.js", "-B", "exit 2"],
    "a mount without a name": ["worker.js", "--mount", "=api"],
    "an object of a script that is not mounted": ["-m", "worker.mjs", "--do", "A=B@other"],
  };
  for (const [name, args] of Object.entries(CASES)) {
    test(name, async (t) => {
      const first = async (command) => {
        const cwd = folder(t, FILES);
        const { code, stdout } = await runCommand(t, args, { cwd, command });
        const error = stdout.slice(stdout.indexOf("[mf:err]")).split(/\n {4}at |\n\[mf:/)[0];
        return {
          code,
          error: plain(error, cwd)
            .trim()
            .replace(/ \(named by the option .*\)$/, ""),
        };
      };
      assert.deepEqual(await first(commands.own), await first(commands.oracle));
    });
  }
});
