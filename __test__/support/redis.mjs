// A Redis server of a test's own: `redis-server` on a socket in a temporary folder.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./server.mjs";

/**
 * What the server has confirmed is in its file, and survives its end. Without `appendfsync no`, Redis answers first and
 * writes up to two seconds later while the disk is busy with a sync.
 */
const KEPT = ["--appendonly", "yes", "--appendfsync", "no", "--save", ""];

/** Whether an answer is all there: a line, or a text after its length. */
function isWhole(answer) {
  const [head, length] = /^\$(\d+)\r\n/.exec(answer) ?? [];
  return head === undefined ? answer.endsWith("\r\n") : answer.length >= head.length + Number(length) + 2;
}

/** A file of the certificates that specs use. */
export const certificate = (name) => fileURLToPath(new URL(`../fetch/certificates/${name}`, import.meta.url));

const tlsOptions = (port) => [
  ...["--port", 0, "--tls-port", port, "--tls-auth-clients", "no", "--tls-ca-cert-file", certificate("ca.pem")],
  ...["--tls-cert-file", certificate("server.pem"), "--tls-key-file", certificate("server.key")],
];

/**
 * Starts a server that ends with the test: `{ url, stop(), start(), pause(), resume(), command() }`. Its data survives a restart. With
 * `tls` it is reached over TLS only, and its certificate is one that `ca.pem` has signed.
 */
export async function redis(t, args = [], { tls = false } = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "miniflare-redis-"));
  const port = await freePort();
  let child;
  const start = async () => {
    const listen = tls ? tlsOptions(port) : ["--port", port];
    const options = [...listen, "--bind", "127.0.0.1", "--dir", dir, ...KEPT];
    child = spawn("redis-server", [...options.map(String), ...args], { stdio: ["ignore", "pipe", "inherit"] });
    child.on("error", (error) => assert.fail(`redis-server does not start (${error.message}): run \`npm run setup\``));
    let output = "";
    for await (const chunk of child.stdout) {
      output += chunk;
      if (output.includes("Ready to accept connections")) break;
    }
    assert.match(output, /Ready to accept connections/);
  };
  const stop = async () => {
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  // The server writes into its folder until it ends.
  t.after(async () => {
    await stop();
    fs.rmSync(dir, { recursive: true, force: true });
  });
  await start();
  return {
    url: `${tls ? "rediss" : "redis"}://127.0.0.1:${port}`,
    start,
    stop,
    /** Sends one command, and resolves to the text of what is answered. */
    async command(...args) {
      const socket = net.connect(port, "127.0.0.1").setEncoding("latin1");
      const parts = args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`);
      socket.write(`*${args.length}\r\n${parts.join("")}`);
      let answer = "";
      for await (const chunk of socket) {
        answer += chunk;
        if (isWhole(answer)) break;
      }
      assert.doesNotMatch(answer, /^-/);
      return answer;
    },
    pause: () => child.kill("SIGSTOP"),
    resume: () => child.kill("SIGCONT"),
  };
}
