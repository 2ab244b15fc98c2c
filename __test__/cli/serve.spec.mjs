// Tags: oracle
// A worker that the command serves: where it listens, what it logs, and how it fails and ends.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { runCommand, serveCommand, start } from "../support/command.mjs";
import { folder } from "../support/files.mjs";
import { differs, isOracle } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

const MODULE = `export default { async fetch(request, env) {
  const { pathname } = new URL(request.url);
  if (pathname === "/env") return Response.json(env);
  if (pathname === "/throw") throw new Error("thrown by the worker");
  if (pathname === "/404") return new Response("no", { status: 404 });
  return new Response("module");
} };`;
const CLASSIC = `addEventListener("fetch", (event) => event.respondWith(new Response("classic")));`;
const lines = (text) => text.trimEnd().split("\n");

describe("a script", () => {
  test("is served, and logged as it starts and answers", async (t) => {
    const cwd = folder(t, { "worker.js": CLASSIC });
    const { origin, get, child, seen, ended, out } = await serveCommand(t, ["worker.js"], { cwd });
    assert.equal(await get("/path?q=1"), "classic");
    await seen(/GET \/path\?q=1 200 OK \(\d+\.\d\dms\)\n/);
    const { port } = new URL(origin);
    const [first, second, third, fourth] = lines(out.stdout);
    assert.deepEqual(
      [first, second, third],
      [
        `[mf:inf] Worker reloaded! (${CLASSIC.length}B)`,
        `[mf:inf] Listening on 127.0.0.1:${port}`,
        `[mf:inf] - http://127.0.0.1:${port}`,
      ],
    );
    assert.match(fourth, /^GET \/path\?q=1 200 OK \(\d+\.\d\dms\)$/);
    assert.equal(out.stderr, "");
    child.kill("SIGTERM");
    await ended;
  });

  test("of modules is served with --modules", async (t) => {
    const cwd = folder(t, { "worker.mjs": MODULE });
    const { get } = await serveCommand(t, ["worker.mjs", "--modules"], { cwd });
    assert.equal(await get(), "module");
  });

  test("that has exports needs no --modules", differs("it needs the flag"), async (t) => {
    const cwd = folder(t, { "worker.mjs": MODULE, "worker.js": MODULE });
    for (const name of ["worker.mjs", "worker.js"]) {
      const { get } = await serveCommand(t, [name], { cwd });
      assert.equal(await get(), "module");
    }
  });

  test("that has none is a service worker, whatever its name and comments", async (t) => {
    const script = `/*\nexport default {};\n*/ const text = \`\nimport "x"\`;\n${CLASSIC}`;
    const cwd = folder(t, { "worker.mjs": script });
    const { get } = await serveCommand(t, ["worker.mjs"], { cwd });
    assert.equal(await get(), "classic");
  });

  test("gets what flags bind", async (t) => {
    const cwd = folder(t, { "worker.mjs": MODULE, "text.txt": "of a file", "data/x": "" });
    const args = ["-m", "worker.mjs", "-b", "A=1", "-b", "B=x=y", "--text-blob", "T=text.txt"];
    const { get } = await serveCommand(t, args, { cwd });
    assert.deepEqual(JSON.parse(await get("/env")), { A: "1", B: "x=y", T: "of a file" });
  });
});

describe("what a request is logged with", () => {
  test("its status in colour, where there are colours", async (t) => {
    const cwd = folder(t, { "worker.mjs": MODULE });
    const env = { NO_COLOR: undefined, FORCE_COLOR: "1" };
    const { get, seen, out } = await serveCommand(t, ["-m", "worker.mjs"], { cwd, env });
    await get("/404");
    await seen(/GET \/404 404/);
    const line = lines(out.stdout).find((one) => one.includes("/404"));
    assert.ok(line.startsWith("\x1b[1mGET\x1b[22m /404 "), JSON.stringify(line));
    assert.ok(line.includes("\x1b[33m"), JSON.stringify(line));
  });

  test("no colours without a terminal", async (t) => {
    const cwd = folder(t, { "worker.mjs": MODULE });
    const { get, seen, out } = await serveCommand(t, ["-m", "worker.mjs"], { cwd, env: { NO_COLOR: undefined } });
    await get("/404");
    await seen(/GET \/404 404 Not Found \(/);
    assert.ok(!out.stdout.includes("\x1b"), JSON.stringify(out.stdout));
  });

  test("an error of the worker, with its place", async (t) => {
    const cwd = folder(t, { "worker.mjs": MODULE });
    const { get, seen, out } = await serveCommand(t, ["-m", "worker.mjs"], { cwd });
    assert.match(await get("/throw"), /thrown by the worker/);
    await seen(/GET \/throw 500/);
    assert.match(out.stdout, /\[mf:err\] GET \/throw: Error: thrown by the worker\n {4}at .*worker\.mjs:4:\d+/);
  });
});

describe("--debug and --verbose", () => {
  const start = async (t, flag) => {
    const cwd = folder(t, { "worker.mjs": MODULE });
    const { out, seen } = await serveCommand(t, ["-m", "worker.mjs", "-k", "KV", ...flag], { cwd });
    await seen(/- http:/);
    return out.stdout;
  };

  test("show the options", async (t) => {
    for (const flag of ["-d", "--debug"]) {
      const text = await start(t, [flag]);
      for (const line of [
        "Initialising worker...",
        "Options:",
        "- Modules: true",
        "- KV Namespaces: KV",
        "- Port: 0",
      ]) {
        assert.ok(text.includes(`[mf:dbg] ${line}\n`), `${line} is missing in\n${text}`);
      }
      assert.ok(!text.includes("[mf:vrb]"), text);
    }
  });

  test("are not needed for a start", async (t) => assert.ok(!(await start(t, [])).includes("[mf:dbg]")));

  test("show what ends", differs("it does not dispose of the instance"), async (t) => {
    const cwd = folder(t, { "worker.mjs": MODULE });
    const { child, ended } = await serveCommand(t, ["worker.mjs", "--verbose"], { cwd });
    child.kill("SIGINT");
    assert.match((await ended).stdout, /\[mf:vrb\] - dispose\(DurableObjectsPlugin\)/);
  });
});

describe("a start that fails", () => {
  const CASES = {
    "no script": [[], /\[mf:err\] MiniflareCoreError \[ERR_NO_SCRIPT\]: No script defined/],
    "a script that is missing": [["no.js"], /\[mf:err\] Error: ENOENT: no such file or directory, open '.*no\.js'/],
    "a configuration file that is missing": [["worker.js", "-c", "no.toml"], /\[mf:err\] Error: ENOENT: .*no\.toml/],
    "an .env file that is missing": [["worker.js", "-e", "no.env"], /\[mf:err\] Error: ENOENT: .*no\.env/],
    "a script that throws": [["throws.js"], /\[mf:err\] (.*\n)*.*Error: at the top(.*\n)*.*throws\.js:2:7/],
    "a script that is not JavaScript": [
      ["syntax.js"],
      /\[mf:err\] .*syntax\.js:1\nlet let\n {4}\^\^\^\n(.*\n)*SyntaxError/,
    ],
    "an invalid cron expression": [["worker.js", "-t", "x y"], /\[mf:err\] SchedulerError \[ERR_INVALID_CRON\]/],
    "a configuration file that is not TOML": [["worker.js", "-c", "bad.toml"], /\[mf:err\] .*(Toml|TOML)/],
    "a build that fails": [["worker.js", "-B", "exit 3"], /\[mf:err\] BuildError \[3\]: Build failed with exit code 3/],
  };
  const files = {
    "worker.js": CLASSIC,
    "throws.js": '\nthrow new Error("at the top");',
    "syntax.js": "let let",
    "bad.toml": "= 1",
  };
  for (const [name, [args, pattern]] of Object.entries(CASES)) {
    test(`for ${name} has exit code 1 and says why`, async (t) => {
      const { code, stdout } = await runCommand(t, args, { cwd: folder(t, files) });
      assert.equal(code, 1);
      assert.match(stdout, pattern);
    });
  }

  test(
    "says so once, without frames of this package",
    differs("it repeats some errors, with its own frames"),
    async (t) => {
      for (const [args] of Object.values(CASES)) {
        const { stdout, stderr } = await runCommand(t, args, { cwd: folder(t, files) });
        assert.equal(stderr, "");
        assert.equal(stdout.split("[mf:err]").length, 2, stdout);
        assert.ok(!/lib\/node|node:internal/.test(stdout), stdout);
      }
    },
  );

  test("shows all frames with --debug", differs("it always does"), async (t) => {
    const { stdout } = await runCommand(t, ["no.js", "--debug"], { cwd: folder(t, files) });
    assert.match(stdout, / at .*lib\/node/);
  });

  test("for a port in use names the port", differs("it prints the stack of Node's error"), async (t) => {
    const server = http.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = server.address();
    const args = ["worker.js", "-H", "127.0.0.1", "-p", String(port)];
    const { code, stdout, stderr } = await runCommand(t, args, { cwd: folder(t, files) });
    assert.deepEqual({ code, stderr }, { code: 1, stderr: "" });
    assert.match(stdout, new RegExp(`\\[mf:err\\] InstanceError \\[ERR_LISTEN\\]: .*port ${port} is in use`));
  });
});

describe("a signal", differs("it has no handlers"), () => {
  const ENDS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
  for (const [signal, expected] of Object.entries(ENDS)) {
    test(`${signal} ends the command with exit code ${expected}, and closes the server`, async (t) => {
      const cwd = folder(t, { "worker.mjs": MODULE });
      const { child, ended, origin } = await serveCommand(t, ["worker.mjs"], { cwd });
      const socket = net.connect(new URL(origin).port, "127.0.0.1");
      await once(socket, "connect");
      const closed = once(socket, "close");
      child.kill(signal);
      const { code, signal: by, stderr } = await ended;
      assert.deepEqual({ code, by, stderr }, { code: expected, by: null, stderr: "" });
      await closed;
    });
  }

  test("ends a start that is under way", async (t) => {
    const cwd = folder(t, {
      "worker.mjs": `console.log("begun"); await fetch("http://127.0.0.1:9/").catch(() => {}); ${MODULE}`,
    });
    const blocked = net.createServer(() => {}).listen(0, "127.0.0.1");
    await once(blocked, "listening");
    t.after(() => blocked.close());
    const { port } = blocked.address();
    fs.writeFileSync(
      path.join(cwd, "waits.mjs"),
      `console.log("begun"); await fetch("http://127.0.0.1:${port}/"); ${MODULE}`,
    );
    const { child, seen, ended } = start(t, ["waits.mjs", "--global-async-io"], { cwd });
    await seen(/begun/);
    child.kill("SIGINT");
    assert.equal((await ended).code, 130);
  });

  test("a second one ends it at once, even if a request does not", async (t) => {
    const script = `export default { async fetch() {
      console.log("in the request");
      await new Promise((resolve) => setTimeout(resolve, 600_000));
    } }`;
    const cwd = folder(t, { "worker.mjs": script });
    const { child, seen, ended, get } = await serveCommand(t, ["worker.mjs"], { cwd });
    const answer = get().catch((error) => error);
    await seen(/in the request/);
    child.kill("SIGINT");
    child.kill("SIGINT");
    assert.equal((await ended).code, 130);
    assert.ok((await answer) instanceof Error);
  });

  test("ends it within a second while the worker loops without end", async (t) => {
    const script = `export default { fetch() {
      console.log("in the loop");
      for (;;);
    } }`;
    const cwd = folder(t, { "worker.mjs": script });
    const { child, seen, ended, get } = await serveCommand(t, ["worker.mjs", "--cpu-limit", "600000"], { cwd });
    get().catch(() => {});
    await seen(/in the loop/);
    child.kill("SIGTERM");
    const { code, stderr } = await ended;
    assert.deepEqual({ code, stderr }, { code: 143, stderr: "" });
  });

  test("loses nothing that was stored", async (t) => {
    const script = `export default { async fetch(request, { KV }) {
      const count = Number((await KV.get("count")) ?? 0) + 1;
      await KV.put("count", String(count));
      return new Response(String(count));
    } }`;
    const cwd = folder(t, { "worker.mjs": script });
    for (const expected of ["1", "2", "3"]) {
      const { child, ended, get } = await serveCommand(t, ["-k", "KV", "--kv-persist", "worker.mjs"], { cwd });
      assert.equal(await get(), expected);
      child.kill("SIGTERM");
      await ended;
    }
    assert.ok(fs.existsSync(path.join(cwd, ".mf/kv")));
  });
});

describe("--open", () => {
  /** A folder with a program that a browser is opened by, which writes what it is given to its output. */
  const opener = (t, script) => {
    const bin = folder(t, { "xdg-open": `#!/bin/sh\n${script}\n` });
    fs.chmodSync(path.join(bin, "xdg-open"), 0o755);
    return { PATH: `${bin}:/usr/bin:/bin`, OPENED: path.join(bin, "opened") };
  };
  const opened = (t, file) =>
    new Promise((resolve) => {
      const watch = fs.watch(path.dirname(file), () => look());
      t.after(() => watch.close());
      const look = () => fs.existsSync(file) && resolve(fs.readFileSync(file, "utf8").trim());
      look();
    });
  const WRITE = 'echo "$1" > "$OPENED.new" && mv "$OPENED.new" "$OPENED"';

  test(
    "opens the page of the server",
    differs("it opens port 8787, not the real one, and has an opener of its own"),
    async (t) => {
      const cwd = folder(t, { "worker.mjs": MODULE });
      const env = opener(t, WRITE);
      const { origin } = await serveCommand(t, ["--open", "worker.mjs"], { cwd, env });
      assert.equal(await opened(t, env.OPENED), `${origin}/`);
    },
  );

  test("opens another page", differs("it has an opener of its own"), async (t) => {
    const cwd = folder(t, { "worker.mjs": MODULE, "wrangler.toml": '[miniflare]\nopen = "http://localhost/toml"' });
    for (const [args, expected] of [
      [["--open=http://localhost/x"], "http://localhost/x"],
      [[], "http://localhost/toml"],
    ]) {
      const env = opener(t, WRITE);
      await serveCommand(t, ["worker.mjs", ...args], { cwd, env });
      assert.equal(await opened(t, env.OPENED), expected);
    }
  });

  test("warns if that cannot be done, and serves", differs("the process ends"), async (t) => {
    const cwd = folder(t, { "worker.mjs": MODULE });
    const none = { PATH: folder(t) };
    const { seen, get } = await serveCommand(t, ["worker.mjs", "-O"], { cwd, env: none });
    await seen(/\[mf:wrn\] Unable to open browser: spawn xdg-open ENOENT/);
    assert.equal(await get(), "module");
    const failing = opener(t, "exit 3");
    const { seen: second } = await serveCommand(t, ["worker.mjs", "-O"], { cwd, env: failing });
    await second(/\[mf:wrn\] Unable to open browser: xdg-open ended with exit code 3/);
  });
});

describe("--https", () => {
  test("serves with a certificate of its own", async (t) => {
    const cwd = folder(t, { "worker.mjs": MODULE });
    const args = isOracle ? ["--https", "-m", "worker.mjs"].reverse() : ["--https", "worker.mjs"];
    const { origin } = await serveCommand(t, args, { cwd });
    assert.match(origin, /^https:/);
    assert.ok(fs.existsSync(path.join(cwd, ".mf/cert/cert.pem")));
  });

  test("off is off", differs("--https=false enables HTTPS"), async (t) => {
    const cwd = folder(t, { "worker.mjs": MODULE });
    const { get } = await serveCommand(t, ["--https=false", "worker.mjs"], { cwd });
    assert.equal(await get(), "module");
    assert.deepEqual(fs.readdirSync(cwd), ["worker.mjs"]);
  });
});
