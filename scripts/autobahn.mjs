// `npm run autobahn [-- client | server] [cases] [--write]`: runs the Autobahn test suite for WebSockets against sockets that a
// worker opens (client) and that it serves (server). A case that fails, or a close that does, fails the run.
//
// The suite is `autobahntestsuite` on PyPI, which needs Python 2.7: `python2.7`, or what the variable PYTHON2 names. It is
// installed below `target/`. `--write` puts the table into docs/websockets.md.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { homedir } from "node:os";
import path from "node:path";
import { build } from "./build.mjs";
import { longStep, main, root, run, say, StepError } from "./steps.mjs";

const SUITE = "autobahntestsuite==25.10.1";
const folder = path.join(root, "target/autobahn");
const suite = path.join(folder, "suite");
const DOCUMENT = path.join(root, "docs/websockets.md");

/** The suite's own command, with its folder as one of installed packages. */
const WSTEST = `
import site, sys
site.addsitedir(${JSON.stringify(suite)})
sys.path.insert(0, ${JSON.stringify(suite)})
from autobahntestsuite.wstest import run
run()`;

const isPython2 = (command) =>
  spawnSync(command, ["-c", "import sys; sys.exit(sys.version_info[:2] != (2, 7))"]).status === 0;

/** A command that is Python 2.7. */
function findPython() {
  const versions = path.join(homedir(), ".pyenv/versions");
  const installed = existsSync(versions) ? readdirSync(versions).map((name) => `${versions}/${name}/bin/python`) : [];
  const commands = [process.env.PYTHON2, "python2.7", "python2", ...installed.filter((name) => /\/2\.7/.test(name))];
  const found = commands.find((command) => command !== undefined && isPython2(command));
  if (found !== undefined) return found;
  throw new StepError("the Autobahn test suite needs Python 2.7", "install it, and name it in the variable PYTHON2");
}

function install(python) {
  if (existsSync(path.join(suite, "autobahntestsuite"))) return;
  longStep(`install ${SUITE}`, () =>
    run(python, ["-m", "pip", "install", "--quiet", "--target", suite, SUITE], { remedy: "is PyPI reachable?" }),
  );
}

/** Starts the suite in a mode, with a specification of what to test. */
function start(python, mode, specification) {
  const file = path.join(folder, `${mode}.json`);
  writeFileSync(file, JSON.stringify({ "exclude-cases": [], "exclude-agent-cases": {}, ...specification }));
  const child = spawn(python, ["-c", WSTEST, "--mode", mode, "--spec", file, "--webport", "0"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      child.printed = (child.printed + text).slice(-2000);
    });
  }
  return child;
}

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until something listens, as long as the child lives. */
async function listening(child, port) {
  for (;;) {
    if (child.exitCode !== null) throw new StepError(`the suite ended: ${child.printed}`);
    const socket = net.connect(port, "127.0.0.1");
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A worker that opens the socket of a URL, echoes what comes, and answers with it when the socket is over. */
const CLIENT = `export default {
  async fetch(request) {
    const url = await request.text();
    const { webSocket } = await fetch(url, { headers: { Upgrade: "websocket" } });
    const heard = [];
    const closed = new Promise((resolve) => webSocket.addEventListener("close", resolve));
    webSocket.addEventListener("message", ({ data }) => {
      if (url.includes("/runCase")) webSocket.send(data);
      else heard.push(data);
    });
    webSocket.addEventListener("error", () => {});
    webSocket.accept();
    await closed;
    return new Response(heard.join());
  },
};`;

async function testClient({ Miniflare }, python, cases) {
  const port = await freePort();
  const outdir = path.join(folder, "client");
  const child = start(python, "fuzzingserver", { url: `ws://127.0.0.1:${port}`, outdir, cases });
  const mf = new Miniflare({ modules: true, script: CLIENT, globalAsyncIO: true });
  const ask = async (target) => {
    const body = `http://127.0.0.1:${port}/${target}`;
    return (await mf.dispatchFetch("http://localhost/", { method: "POST", body })).text();
  };
  try {
    await listening(child, port);
    const count = Number(await ask("getCaseCount"));
    for (let number = 1; number <= count; number++) {
      await ask(`runCase?case=${number}&agent=client`);
      if (number % 50 === 0) say(`client: ${number} of ${count} cases`);
    }
    await ask("updateReports?agent=client");
  } finally {
    child.kill();
    await mf.dispose();
  }
  return resultsIn(outdir, "client");
}

/** A worker that echoes. */
const SERVER = `export default {
  fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener("message", ({ data }) => server.send(data));
    server.addEventListener("error", () => {});
    server.addEventListener("close", () => server.close());
    return new Response(null, { status: 101, webSocket: client });
  },
};`;

async function testServer({ Miniflare }, python, cases) {
  const outdir = path.join(folder, "server");
  const compatibilityFlags = ["web_socket_compression"];
  const mf = new Miniflare({ modules: true, script: SERVER, compatibilityFlags, host: "127.0.0.1", port: 0 });
  try {
    const server = await mf.startServer();
    const url = `ws://127.0.0.1:${server.address().port}`;
    const servers = [{ agent: "server", url, options: { version: 18 } }];
    const child = start(python, "fuzzingclient", { options: { failByDrop: false }, outdir, servers, cases });
    const [code] = await once(child, "exit");
    if (code !== 0) throw new StepError(`the suite ended with exit code ${code}: ${child.printed}`);
  } finally {
    await mf.dispose();
  }
  return resultsIn(outdir, "server");
}

const HALVES = { client: testClient, server: testServer };

/** What the suite reports: `{ [case]: { behavior, behaviorClose } }`. */
function resultsIn(outdir, agent) {
  return JSON.parse(readFileSync(path.join(outdir, "index.json"), "utf8"))[agent];
}

/** Groups of cases, as the suite's documentation has them. */
const GROUPS = {
  1: "framing",
  2: "pings and pongs",
  3: "reserved bits",
  4: "opcodes",
  5: "fragmentation",
  6: "UTF-8",
  7: "closing",
  9: "limits and performance",
  10: "automatic fragmentation",
  12: "compression of various payloads",
  13: "compression with various parameters",
};
const FAILED = new Set(["FAILED", "WRONG CODE", "UNCLEAN"]);

/** The cases of a half that failed. */
export const failures = (results) =>
  Object.entries(results)
    .filter(([, { behavior, behaviorClose }]) => FAILED.has(behavior) || FAILED.has(behaviorClose))
    .map(([id]) => id);

/** The results of a half by groups: `{ [group]: { [behaviour]: count } }`. */
export function grouped(results) {
  const groups = {};
  for (const [id, { behavior, behaviorClose }] of Object.entries(results)) {
    const group = (groups[id.split(".")[0]] ??= {});
    const word = FAILED.has(behaviorClose) ? behaviorClose : behavior;
    group[word] = (group[word] ?? 0) + 1;
  }
  return groups;
}

const counted = (counts) =>
  Object.entries(counts ?? { "not run": "" })
    .map(([word, count]) => `${count} ${word.toLowerCase()}`.trim())
    .join(", ");

/** The rows of the table in the document. */
export function table(halves) {
  const byHalf = Object.fromEntries(Object.entries(halves).map(([half, results]) => [half, grouped(results)]));
  const names = Object.keys(byHalf);
  const rows = Object.entries(GROUPS).map(([group, name]) => {
    const cells = names.map((half) => counted(byHalf[half][group]));
    return `| ${group} | ${name} | ${cells.join(" | ")} |`;
  });
  return [`| cases | subject | ${names.join(" | ")} |`, `| --- | --- |${" --- |".repeat(names.length)}`, ...rows].join(
    "\n",
  );
}

const BEGIN = "<!-- autobahn: `npm run autobahn -- --write` -->";
const END = "<!-- /autobahn -->";

function write(text) {
  const document = readFileSync(DOCUMENT, "utf8");
  const [before, rest] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new StepError(`${DOCUMENT} has no place for the table: ${BEGIN}`);
  writeFileSync(DOCUMENT, `${before}${BEGIN}\n${text}\n${END}${after}`);
}

async function runSuite(words) {
  const isCase = (word) => /^[\d*]/.test(word);
  const cases = words.filter(isCase);
  const chosen = Object.keys(HALVES).filter((half) => words.includes(half));
  const unknown = words.find((word) => !isCase(word) && HALVES[word] === undefined && word !== "--write");
  if (unknown !== undefined)
    throw new StepError(`unknown argument: ${unknown}`, "client, server, cases (9.*), --write");
  const python = findPython();
  mkdirSync(folder, { recursive: true });
  install(python);
  build();
  const library = await import("../index.mjs");
  const results = {};
  for (const half of chosen.length > 0 ? chosen : Object.keys(HALVES)) {
    rmSync(path.join(folder, half), { recursive: true, force: true });
    say(`${half} ...`);
    const test = (chosen) => HALVES[half](library, python, chosen);
    results[half] = await test(cases.length > 0 ? cases : ["*"]);
    const again = failures(results[half]);
    if (again.length === 0) continue;
    // The suite waits half a second for some closes, which a busy machine may exceed.
    say(`${half}: once more ${again.join(", ")}`);
    Object.assign(results[half], await test(again));
  }
  const shown = table(results);
  process.stdout.write(`${shown}\n`);
  if (words.includes("--write")) write(shown);
  const failed = Object.entries(results).flatMap(([half, of]) => failures(of).map((id) => `${half} ${id}`));
  if (failed.length > 0) throw new StepError(`failed: ${failed.join(", ")}`, `see the reports in ${folder}`);
}

await main(import.meta.url, () => runSuite(process.argv.slice(2)));
