// Headless Chromium, driven over its DevTools protocol: for what only a browser shows.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import WebSocket from "ws";

const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"];

/** A page of a browser that ends with the test: `{ send(method, params), on(event), open(url), value(expression), host }`. */
export async function openPage(t) {
  const profile = mkdtempSync(path.join(os.tmpdir(), "miniflare-chromium-"));
  const args = [...FLAGS, "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"];
  const child = spawn("chromium", args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const ended = once(child, "close");
  t.after(async () => {
    process.kill(-child.pid, "SIGKILL");
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  const { host } = new URL(await endpointOf(child));
  const targets = await (await fetch(`http://${host}/json/list`)).json();
  const socket = new WebSocket(targets.find(({ type }) => type === "page").webSocketDebuggerUrl);
  await once(socket, "open");
  t.after(() => socket.terminate());
  return { ...pageOf(socket), host };
}

async function endpointOf({ stderr }) {
  let text = "";
  for await (const chunk of stderr.setEncoding("utf8")) {
    text += chunk;
    const endpoint = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
    if (endpoint !== undefined) {
      stderr.on("data", () => {}).resume();
      return endpoint;
    }
  }
  throw new Error(`Chromium ended: ${text}`);
}

function pageOf(socket) {
  const waiting = new Map();
  const listeners = new Map();
  let count = 0;
  socket.on("message", (data) => {
    const { id, result, error, method, params } = JSON.parse(String(data));
    if (id === undefined) {
      for (const listener of listeners.get(method) ?? []) listener(params);
      return;
    }
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(error.message));
  });
  const send = (method, params = {}) =>
    new Promise((resolve, reject) => {
      const id = ++count;
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, method, params }));
    });
  const on = (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]);
  /** The next event of a kind. */
  const next = (event) => new Promise((resolve) => on(event, resolve));
  const value = async (expression) => {
    const { result } = await send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    return result.value;
  };
  const open = async (url) => {
    await send("Page.enable");
    const loaded = next("Page.loadEventFired");
    await send("Page.navigate", { url });
    await loaded;
  };
  return { send, on, next, open, value };
}
