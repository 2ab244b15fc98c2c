// Headless Chromium, driven over its DevTools protocol: for what only a browser shows.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import WebSocket from "ws";
import { tell } from "./test.mjs";

const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"];

/** A page of a browser that ends with the test: `{ send(method, params), on(event), open(url), value(expression), host }`. */
export async function openPage(t) {
  const profile = mkdtempSync(path.join(os.tmpdir(), "miniflare-chromium-"));
  const args = [...FLAGS, "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"];
  const child = spawn("chromium", args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  // Processes of its own may hold its output longer.
  const ended = new Promise((resolve) => child.on("exit", resolve));
  t.after(async () => {
    if (child.pid === undefined) return;
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL");
    await ended;
    child.stderr.destroy();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  const { host } = new URL(await endpointOf(t, child));
  const target = await (await fetch(`http://${host}/json/new?about:blank`, { method: "PUT" })).json();
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  t.after(() => socket.terminate());
  await once(socket, "open");
  return { ...pageOf(socket), host };
}

/** Where debuggers connect to the browser. */
function endpointOf(t, child) {
  let text = "";
  tell(t, () => `Chromium has said: ${text}`);
  return new Promise((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      const endpoint = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
      if (endpoint !== undefined) resolve(endpoint);
    });
    child.on("error", reject);
    child.on("close", () => reject(new Error(`Chromium ended: ${text}`)));
  });
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
