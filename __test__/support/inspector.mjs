// A debugger, as a client of the protocol, and a process that is debugged: while its worker is paused, the whole thread is.

import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { WebSocket } from "ws";
import { door, root } from "./child.mjs";

/** Runs functions, sent as their text, with `mf`; what they return is sent back. */
const PROGRAM = `
const options = JSON.parse(process.env.MINIFLARE_OPTIONS);
const scope = { Miniflare, mf: options === null ? undefined : new Miniflare(options) };
process.on("message", async ({ id, text, args }) => {
  try {
    const value = await (0, eval)(text)(scope, ...args);
    process.send({ id, value });
  } catch (error) {
    process.send({ id, error: { code: error?.code, message: String(error?.message ?? error) } });
  }
});
process.send("ready");
`;

/**
 * Starts a process with an instance; it is killed when the test ends.
 * @param options of the instance, as JSON; null for none
 * @returns `{ run(work, ...args), ended, child }`: \`run\` calls a function there with \`{ mf, Miniflare }\`, and what it needs is in
 *   its text and \`args\`
 */
export async function debuggee(t, options, { cwd = root, nodeArgs = [] } = {}) {
  const names = `import { Miniflare } from ${JSON.stringify(door)};`;
  const entry = ["--no-warnings", ...nodeArgs, "--input-type=module", "--eval", names + PROGRAM];
  const child = spawn(process.execPath, entry, {
    cwd,
    env: { ...process.env, MINIFLARE_OPTIONS: JSON.stringify(options) },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  t.after(() => child.kill("SIGKILL"));
  const ended = once(child, "exit").then(([code, signal]) => ({ code, signal }));
  const asked = new Map();
  let next = 1;
  child.on("message", ({ id, value, error }) => {
    const { resolve, reject } = asked.get(id) ?? {};
    if (error === undefined) resolve?.(value);
    else reject?.(Object.assign(new Error(error.message), { code: error.code }));
  });
  await once(child, "message");
  const run = (work, ...args) =>
    new Promise((resolve, reject) => {
      const id = next++;
      asked.set(id, { resolve, reject });
      child.send({ id, text: `(${work})`, args });
    });
  return { run, ended, child };
}

/** Where debuggers connect to the worker of a debuggee. */
export const urlOf = ({ run }) => run(async ({ mf }) => (await mf.getInspectorURL()).href);

/** Starts to dispatch a request, and returns a promise of its text. */
export const ask = ({ run }, path = "/") =>
  run(async ({ mf }, path) => (await mf.dispatchFetch(`http://localhost${path}`)).text(), path);

/** The status and the JSON, or the text, that the server of a debugger's address answers for a path. */
export function get(url, path, headers = {}) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = http.get({ hostname, port, path, headers, agent: false }, async (response) => {
      const text = (await response.toArray()).join("");
      const isJson = response.headers["content-type"]?.startsWith("application/json");
      resolve({ status: response.statusCode, value: isJson ? JSON.parse(text) : text });
    });
    request.on("error", reject);
  });
}

/** A client of the protocol. */
export class Debugger {
  /** All events so far. */
  events = [];
  #socket;
  #calls = new Map();
  #looks = new Set();
  #next = 1;
  #sessionId;

  static async connect(t, url, headers = {}) {
    const socket = new WebSocket(url, { headers });
    t.after(() => socket.terminate());
    // What comes with the answer to the handshake comes before `await` returns.
    const client = new Debugger(socket);
    await once(socket, "open");
    return client;
  }

  constructor(socket, sessionId = undefined) {
    this.#socket = socket;
    this.#sessionId = sessionId;
    this.closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("message", (data) => this.#take(JSON.parse(String(data))));
  }

  #take({ sessionId, id, method, params, result, error }) {
    if (sessionId !== this.#sessionId) return;
    if (method !== undefined) {
      this.events.push({ method, params });
      for (const look of this.#looks) look();
      return;
    }
    const { resolve, reject } = this.#calls.get(id) ?? {};
    if (resolve === undefined) return;
    if (error === undefined) resolve(result);
    else reject(Object.assign(new Error(error.message), error));
  }

  call(method, params = {}) {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#calls.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params, sessionId: this.#sessionId }));
    });
  }

  /** Resolves to the parameters of the first event from `from` on that `matches`, and removes what came up to it. */
  event(method, matches = () => true) {
    return new Promise((resolve) => {
      const look = () => {
        const index = this.events.findIndex((event) => event.method === method && matches(event.params));
        if (index === -1) return;
        this.#looks.delete(look);
        resolve(this.events.splice(index, 1)[0].params);
      };
      this.#looks.add(look);
      look();
    });
  }

  /** Enables what a debugger does. */
  async enable() {
    await this.call("Runtime.enable");
    await this.call("Debugger.enable");
    await this.call("Debugger.setPauseOnExceptions", { state: "none" });
    await this.call("Debugger.setAsyncCallStackDepth", { maxDepth: 32 });
    await this.call("Runtime.runIfWaitingForDebugger");
  }

  /** Waits for a pause, and gives its frames by function, line (from 1) and id. */
  async paused() {
    const { reason, callFrames, asyncStackTrace, data } = await this.event("Debugger.paused");
    const frames = callFrames.map(({ callFrameId, functionName, url, location, scopeChain }) => ({
      id: callFrameId,
      name: functionName,
      url,
      line: location.lineNumber + 1,
      scopes: scopeChain,
    }));
    return { reason, frames, asyncStackTrace, data };
  }

  /** The value of an expression on a frame. */
  async evaluate(expression, frame) {
    const method = frame === undefined ? "Runtime.evaluate" : "Debugger.evaluateOnCallFrame";
    const at = frame === undefined ? {} : { callFrameId: frame.id };
    const { result, exceptionDetails } = await this.call(method, { expression, returnByValue: true, ...at });
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description);
    return result.value;
  }

  /** The own properties of an object, as `{ name: value or description }`. */
  async properties(objectId) {
    const { result } = await this.call("Runtime.getProperties", { objectId, ownProperties: true });
    return Object.fromEntries(result.map(({ name, value }) => [name, value?.value ?? value?.description]));
  }

  /** The debugger of another session of the same connection. */
  session(sessionId) {
    return new Debugger(this.#socket, sessionId);
  }

  async close() {
    this.#socket.close();
    await this.closed;
  }

  /** Sends a text as it is. */
  write(text) {
    this.#socket.send(text);
  }

  /** Breaks the connection. */
  terminate() {
    this.#socket.terminate();
  }
}
