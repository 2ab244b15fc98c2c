// Tags: oracle
// How arguments are read: as Miniflare 2 reads them, except where its rules surprise; and what the command says of those that it
// cannot read.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { runCommand } from "../support/command.mjs";
import { differs } from "../support/miniflare.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { test } from "../support/test.mjs";

const require = createRequire(import.meta.url);
const { readArguments, sections } = require("../../lib/node/internals.js");

const flags = sections().flatMap((section) => section.flags);
/** What Miniflare 2 makes of arguments: the options, or its error. */
function theirs(args) {
  const { PLUGINS } = require("miniflare");
  const { parseArgv } = require("@miniflare/cli-parser");
  try {
    return { options: parseArgv(PLUGINS, args) };
  } catch ({ code, message }) {
    return code === "ERR_HELP" || code === "ERR_VERSION" ? { asks: code } : { wrong: message };
  }
}

/** The same of ours, without what the flags imply. */
function ours(args) {
  const { wrong, asks, options, command } = readArguments(
    args,
    flags.map((flag) => ({ ...flag, implies: {} })),
  );
  if (wrong !== undefined) return { wrong };
  return asks === undefined ? { options: { ...options, ...command } } : { asks: `ERR_${asks.toUpperCase()}` };
}

const plain = (value) => JSON.parse(JSON.stringify(value));
const words = (text) => text.split(" ").map((word) => (word === "''" ? "" : word));

describe("arguments are read as Miniflare 2 reads them", differs("it is Miniflare 2"), () => {
  const SAME = [
    "",
    "worker.js",
    "worker.mjs --watch",
    "--watch worker.js",
    "-wmd worker.js",
    "-wp 3000",
    "-p 3000 -H 127.0.0.1",
    "--port=-1 w.js --help",
    "-c=x.toml",
    "-c x.toml",
    "-c",
    "-c -w",
    "-b=A=1",
    "-b A=1 -b B=x=y -b C=",
    "-b =x",
    "--service S=a@e --service U=a@b@c",
    "--queue B=q --queue C=r",
    "--compat-flag a --compat-flag b --route x/* --cron 1 --cron 2",
    "-b A=1 -b A=2",
    "--binding=-x=1",
    "--name x",
    "--name 1",
    "--name=a=b",
    "-- --help",
    "-k A B",
    "--kv A --kv B",
    "--kv A,B",
    "--kv",
    "--kv-persist data",
    "--kv-persist 123",
    "--kv-persist -w",
    "--kv-persist=",
    "-O",
    "--open http://localhost/",
    "--port 0x10",
    "--port 1e3",
    "--no-cache --no-cf-fetch --no-do-alarms --no-update-check",
    "--no-watch",
    "--watch --no-watch",
    "--no-kv-persist",
    "--do N=C --do M=C@s --do X=a@b@c",
    "--mount n=p --mount m=./q@e --mount o=a@b@c",
    "--modules-rule Text=*.txt --modules-rule Data=*.png --modules-rule Text=*.md",
    "--queue-consumer q --queue-consumer r",
    "--global A=1 --wasm W=w.wasm --text-blob T=t.txt --data-blob D=d.bin",
    "--watch=true --modules=false",
    "-hv",
    "-v",
    "--help --port abc",
    "--version --help",
    "--port abc",
    "--port Infinity",
    "--port",
    "-b A",
    "--do N",
    "--mount n",
    "--queue q",
    "--modules-rule Text",
    "--name x --name y",
    "--port 1 --port 2",
    "--no-name",
    "--no-port",
    "a.js b.js",
    "-b A --port abc",
  ];
  for (const line of SAME) {
    test(line === "" ? "(none)" : line, () => {
      const args = line === "" ? [] : words(line);
      assert.deepEqual(plain(ours(args)), plain(theirs(args)));
    });
  }

  const UNKNOWN = [
    "--bindings A=1",
    "--globalAsyncIO",
    "--script a",
    "-x",
    "-wx",
    "--port -1",
    "--no-x",
    "--no-cache=1",
  ];
  UNKNOWN.push("-p3000", "--help --nope", "-v --nope", "--KV A", "--port=1 --xx=1");
  for (const line of UNKNOWN) {
    test(`${line} is unexpected in the same words`, () => {
      const { wrong } = theirs(words(line));
      const own = ours(words(line)).wrong;
      assert.equal(own?.slice(0, wrong?.length), wrong);
    });
  }

  test("whatever is combined", (t) => {
    const seed = seedOf(t);
    const random = randomOf(seed);
    const pick = (all) => all[Math.trunc(random() * all.length)];
    const plainFlags = flags.filter(({ name, takes }) => !["", "help", "version"].includes(name) && isTheirs(name));
    for (let round = 0; round < 3000; round++) {
      const args = Array.from({ length: 1 + pick([0, 1, 2, 3]) }, () => argumentsOf(pick(plainFlags), pick)).flat();
      const [own, expected] = [ours(args), theirs(args)].map(plain);
      const shown = `${JSON.stringify(args)} (seed ${seed})`;
      // To say the same twice is to say it, here.
      if (/\[(true|false)(,\1)+\]/.test(expected.wrong)) continue;
      if (expected.wrong === undefined) assert.deepEqual(own, expected, shown);
      else assert.equal(own.wrong?.slice(0, expected.wrong.length), expected.wrong, shown);
    }
  });

  /** Arguments by which both mean the same: those that surprise are below. */
  function argumentsOf({ name, alias, takes, negatable, check }, pick) {
    // It loses values of a flag that is written both ways.
    const long = alias !== undefined && name.length % 2 === 0 ? `-${alias}` : `--${name}`;
    const off = long === `--${name}` ? `--no-${name}` : long;
    const [kind, format] = takes.split(":");
    if (kind === "boolean") return pick([[long], [`${long}=true`], [`${long}=false`], [off]]);
    if (kind === "boolean/string") return pick([[long, "folder"], [off], [`${long}=place`], [long, "--watch"]]);
    if (kind === "number") return [long, pick(["1", "0", "80", "abc", "0x1f"])];
    if (kind === "string") return [long, pick(name === "usage-model" ? ["bundled"] : ["a", "1", "x.y", "a=b"])];
    if (negatable || check === undefined) return [long];
    return [long, format === undefined ? pick(["A", "b", "c=d"]) : pick(["A=b", "C=d@e", "E=", "wrong", "f=g=h"])];
  }
});

/** Whether Miniflare 2 has the flag. */
function isTheirs(name) {
  return !["cpu-limit", "heap-limit", "subrequest-limit", "internal-limit", "simulate", "durability", "fetch-ca"]
    .concat("fetch-timeout", "assets", "inspect", "inspect-brk")
    .concat(["cpu-prof", "heap-prof"].flatMap((flag) => [flag, `${flag}-dir`, `${flag}-name`]))
    .includes(name);
}

describe("what a person can only have meant is done", differs("it reads these otherwise"), () => {
  const MEANT = {
    "--https=false": { https: false },
    "--https=true": { https: true },
    "--https false": { https: false },
    "--open true": { open: true },
    "--kv-persist w.js": { kvPersist: true, scriptPath: "w.js" },
    "--https w.mjs --watch": { https: true, scriptPath: "w.mjs", watch: true },
    "-O w.cjs": { open: true, scriptPath: "w.cjs" },
    "--kv-persist data.js w.js": { kvPersist: "data.js", scriptPath: "w.js" },
    "--kv-persist=w.js": { kvPersist: "w.js" },
    "--name= w.js": { name: "", scriptPath: "w.js" },
    "-w -w": { watch: true },
    "-w --watch": { watch: true },
    "- w.js": { scriptPath: "w.js" },
    "-b A=1 --binding B=2": { bindings: { A: "1", B: "2" } },
    "-k A --kv B -k C": { kvNamespaces: ["A", "B", "C"] },
  };
  for (const [line, expected] of Object.entries(MEANT)) {
    test(line, () => assert.deepEqual(ours(words(line)), { options: expected }));
  }

  const REFUSED = {
    "--no-watch --watch": "Unexpected value for --watch: [false,true] (expected boolean)",
    "--watch=0": 'Unexpected value for --watch: "0" (expected boolean)',
    "-pw 3000": "Unexpected value for --port: true (expected number)",
    "---watch": "Unexpected option: ---watch. Did you mean --watch?",
    "--no-kv": "Unexpected value for --kv: false (expected array)",
    "--port=": 'Unexpected value for --port: "" (expected number)',
    "--port 99999": 'Invalid option "--port": expected a whole number from 0 to 65535, got 99999 (number)',
    "--usage-model x": 'Invalid option "--usage-model": expected "bundled" or "unbound", got "x" (string)',
    "--kv-persist http://x/":
      'Invalid option "--kv-persist": expected a boolean, a path, or the URL of a Redis server, redis:// or rediss://, got "http://x/" (string)',
  };
  for (const [line, wrong] of Object.entries(REFUSED)) {
    test(`${line} is refused`, () => assert.deepEqual(ours(words(line)), { wrong }));
  }
});

describe("flags that set other options", differs("it is Miniflare 2"), () => {
  const options = (line) => readArguments(words(line), flags).options;

  test("--do enables modules, --build-watch-path and --live-reload watch", () => {
    assert.equal(options("--do A=B").modules, true);
    assert.equal(options("--build-watch-path src").watch, true);
    assert.equal(options("--live-reload").watch, true);
  });

  test("unless a flag says otherwise", () => {
    assert.equal(options("--no-modules --do A=B").modules, false);
    assert.equal(options("--live-reload --no-watch").watch, false);
  });
});

describe("options of this package", differs("it has no such options"), () => {
  test("have flags", () => {
    const line =
      "--cpu-limit 50 --heap-limit 64 --subrequest-limit 5 --internal-limit -1 --durability sync --fetch-ca a --fetch-ca b --simulate 7 --fetch-timeout 100 --assets public";
    const args = words(line).map((word, index, all) => (all[index - 1] === "--internal-limit" ? [] : word));
    const given = args.flat().map((word) => (word === "--internal-limit" ? "--internal-limit=-1" : word));
    assert.deepEqual(ours(given), {
      options: {
        cpuLimitMs: 50,
        heapLimitMb: 64,
        subrequestLimit: 5,
        internalSubrequestLimit: -1,
        durability: "sync",
        fetchCaPath: ["a", "b"],
        simulate: { seed: 7 },
        assets: "public",
        fetchTimeoutMs: 100,
      },
    });
  });

  test("have flags that say where debuggers connect, as Node's do", () => {
    const DEFAULT = { inspectorPort: 9229 };
    for (const flag of ["inspect", "inspect-brk"]) {
      const name = flag === "inspect" ? "inspect" : "inspectBrk";
      const command = (args) => ours(words(args)).options[name];
      assert.deepEqual(command(`--${flag}`), DEFAULT);
      assert.deepEqual(ours(words(`--${flag} worker.mjs`)), {
        options: { [name]: DEFAULT, scriptPath: "worker.mjs" },
      });
      assert.deepEqual(command(`--${flag}=0`), { inspectorPort: 0 });
      assert.deepEqual(command(`--${flag}=0.0.0.0:80`), { inspectorHost: "0.0.0.0", inspectorPort: 80 });
      assert.deepEqual(command(`--${flag}=[::1]:80`), { inspectorHost: "::1", inspectorPort: 80 });
      assert.deepEqual(command(`--${flag}=::1`), { inspectorHost: "::1", inspectorPort: 9229 });
      assert.deepEqual(command(`--${flag}=localhost`), { inspectorHost: "localhost", inspectorPort: 9229 });
      assert.match(ours(words(`--${flag}=65536`)).wrong, /Unexpected value for --inspect: "65536"/);
    }
  });
});

describe("wrong arguments", () => {
  const fails = async (t, args) => {
    const { code, stdout, stderr } = await runCommand(t, args);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
    return stderr;
  };

  test("end the command with exit code 1 and an error", async (t) => {
    assert.match(await fails(t, ["--nope"]), /Unexpected option: --nope/);
    assert.match(await fails(t, ["--port", "abc"]), /Unexpected value for --port: "abc" \(expected number\)/);
    assert.match(await fails(t, ["--help", "--nope"]), /Unexpected option: --nope/);
  });

  const SUGGESTED = {
    "--wach": "--watch",
    "--bindings": "--binding",
    "--kvNamespaces": "--kv",
    "--globalAsyncIO": "--global-async-io",
    "--no-cahce": "--no-cache",
    "--live_reload": "--live-reload",
    "--compatibilityDate": "--compat-date",
  };
  test("get a suggestion", differs("it suggests nothing"), async (t) => {
    for (const [wrong, meant] of Object.entries(SUGGESTED)) {
      assert.deepEqual((await fails(t, [wrong])).split("\n"), [
        `Unexpected option: ${wrong}. Did you mean ${meant}?`,
        'Run "miniflare --help" for a list of all options.',
        "",
      ]);
    }
    assert.match(await fails(t, ["-p3000"]), /^Unexpected option: -3 \(in "-p3000"\)\. Did you mean "-p 3000"\?\n/);
    assert.match(await fails(t, ["--xyzzy"]), /^Unexpected option: --xyzzy\n/);
  });

  test("are printed in red, where there are colours", async (t) => {
    const env = { NO_COLOR: undefined, FORCE_COLOR: "1" };
    const { stderr } = await runCommand(t, ["--nope"], { env });
    assert.ok(stderr.includes("\x1b[31mUnexpected option: --nope"), stderr);
  });
});
