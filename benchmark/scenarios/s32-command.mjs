// What a person waits for after they have typed the command: until the worker has answered its first request.
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect } from "../lib/instance.mjs";

const WORKER = `export default { fetch: () => new Response("hello") };`;
const ARGS = ["--modules", "worker.mjs", "--host", "127.0.0.1", "--port", "0", "--no-update-check", "--no-cf-fetch"];

export default {
  name: "s32-command",
  unit: "ms",
  doc: "the command: from its start to the first response of `miniflare --modules worker.mjs`",
  target: { share: 0.4 },
  leftOut: { m4: "it has no command" },
  async run({ command }) {
    const cwd = mkdtempSync(path.join(os.tmpdir(), "miniflare-bench-"));
    writeFileSync(path.join(cwd, "worker.mjs"), WORKER);
    try {
      return await firstAnswer(command, cwd);
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  },
};

async function firstAnswer(command, cwd) {
  const start = performance.now();
  // A group of its own: Miniflare 2's command has a process of its own for the worker.
  const child = spawn(process.execPath, [command, ...ARGS], {
    cwd,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    expect(await textOf(await originOf(child)), "hello");
    return performance.now() - start;
  } finally {
    process.kill(-child.pid, "SIGKILL");
    await once(child, "exit");
  }
}

async function textOf(origin) {
  const [response] = await once(http.get(origin), "response");
  return (await response.setEncoding("utf8").toArray()).join("");
}

/** Where the command says that its server listens. */
async function originOf({ stdout }) {
  let text = "";
  for await (const chunk of stdout.setEncoding("utf8")) {
    text += chunk;
    const origin = /- (http:\/\/127\.0\.0\.1:\d+)/.exec(text)?.[1];
    if (origin !== undefined) return origin;
  }
  throw new Error(`the command ended: ${text}`);
}
