// What VS Code's debugger for JavaScript needs of VS Code: sessions, and the protocol of debug adapters over the pipe that it
// opens for each. All else that the extension asks of the editor does nothing.

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import Module, { createRequire } from "node:module";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
const disposable = (dispose = () => {}) => ({ dispose });

class EventEmitter {
  #listeners = new Set();
  event = (listener, self) => {
    const call = listener.bind(self);
    this.#listeners.add(call);
    return disposable(() => this.#listeners.delete(call));
  };
  fire(value) {
    for (const listener of [...this.#listeners]) listener(value);
  }
  dispose() {}
}

class Uri {
  constructor(href) {
    const { protocol, pathname } = new URL(href);
    this.scheme = protocol.slice(0, -1);
    this.path = decodeURIComponent(pathname);
    this.fsPath = this.path;
    this.toString = () => href;
  }
  static file = (file) => new Uri(pathToFileURL(file).href);
  static parse = (href) => new Uri(href);
  static from = ({ scheme, path: name }) => new Uri(`${scheme}:${name}`);
}

/** A function whose members, results and instances are such functions, too. */
function nothing(name) {
  return new Proxy(function nothing() {}, {
    get(target, key) {
      if (key === Symbol.toPrimitive) return () => name;
      if (key === Symbol.iterator) return () => [].values();
      if (typeof key === "symbol" || key === "prototype") return target[key];
      // It is no promise.
      return key === "then" ? undefined : nothing(`${name}.${key}`);
    },
    apply: () => nothing(`${name}()`),
    construct: () => nothing(`new ${name}`),
  });
}

/** The members that are given, and otherwise nothing: by the prototype, which the extension keeps when it copies a module. */
function withNothingElse(name, given) {
  const isPlain = (key) => typeof key === "symbol" || ["then", "__esModule"].includes(key) || key in Object.prototype;
  const rest = new Proxy(Object.prototype, {
    get: (target, key) => (isPlain(key) ? target[key] : nothing(`${name}.${key}`)),
  });
  return Object.defineProperties(Object.create(rest), Object.getOwnPropertyDescriptors(given));
}

/** The client of a debug adapter: https://microsoft.github.io/debug-adapter-protocol/ */
class Adapter {
  events = new EventEmitter();
  #next = 1;
  #asked = new Map();
  #socket;
  #bytes = Buffer.alloc(0);

  constructor(pipe) {
    this.#socket = net.connect(pipe);
    // The extension closes it when the session is over.
    this.#socket.on("error", () => {});
    this.#socket.on("data", (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      while (this.#read());
    });
  }

  #read() {
    const end = this.#bytes.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const [, length] = /Content-Length: (\d+)/.exec(this.#bytes.subarray(0, end));
    const next = end + 4 + Number(length);
    if (this.#bytes.length < next) return false;
    this.#take(JSON.parse(this.#bytes.subarray(end + 4, next)));
    this.#bytes = this.#bytes.subarray(next);
    return true;
  }

  #take({ type, seq, event, body, command, request_seq: of, success, message }) {
    if (type === "event") return this.events.fire({ event, body });
    if (type === "request") return this.#send({ type: "response", request_seq: seq, success: true, command, body: {} });
    const { resolve, reject } = this.#asked.get(of);
    if (success) resolve(body);
    else reject(new Error(`${command}: ${body?.error?.format ?? message}`));
  }

  #send(message) {
    const seq = this.#next++;
    const text = JSON.stringify({ seq, ...message });
    this.#socket.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    return seq;
  }

  request(command, args = {}) {
    return new Promise((resolve, reject) => {
      this.#asked.set(this.#send({ type: "request", command, arguments: args }), { resolve, reject });
    });
  }
}

/** Starts the extension in a folder, for a workspace whose breakpoints are lists of lines by files. */
export class Host {
  #extension;
  #folder;
  #breakpoints;
  #adapters = new Map();
  #providers = [];
  #started = new EventEmitter();
  #ended = new EventEmitter();
  /** `{ session, event, body }` of all sessions. */
  events = new EventEmitter();

  constructor(extension, workspace, breakpoints) {
    this.#extension = require(path.join(extension, "package.json"));
    this.#folder = { uri: Uri.file(workspace), name: path.basename(workspace), index: 0 };
    this.#breakpoints = breakpoints;
    const vscode = this.#module();
    const { _load } = Module;
    Module._load = (name, ...rest) => (name === "vscode" ? vscode : Reflect.apply(_load, Module, [name, ...rest]));
    const memento = { get: (_, otherwise) => otherwise, update: async () => {}, keys: () => [], setKeysForSync() {} };
    const context = withNothingElse("context", {
      subscriptions: [],
      extensionPath: extension,
      extensionUri: Uri.file(extension),
      storagePath: mkdtempSync(path.join(tmpdir(), "js-debug-")),
      globalState: memento,
      workspaceState: memento,
      extension: { packageJSON: this.#extension },
    });
    require(path.join(extension, this.#extension.main)).activate(context);
  }

  #module() {
    const folder = this.#folder;
    const settings = this.#extension.contributes.configuration.properties;
    const getConfiguration = (section) => {
      const named = (key) => settings[[section, key].filter(Boolean).join(".")]?.default;
      return { get: (key, otherwise) => named(key) ?? otherwise, inspect: (key) => ({ defaultValue: named(key) }) };
    };
    const t = (text, ...args) => (text.message ?? text).replace(/\{(\d)\}/g, (_, index) => args[index]);
    return withNothingElse("vscode", {
      version: this.#extension.engines.vscode.replace(/^\D+/, ""),
      EventEmitter,
      Uri,
      DebugAdapterNamedPipeServer: class {
        constructor(pipe) {
          this.pipe = pipe;
        }
      },
      DebugConsoleMode: { Separate: 0, MergeWithParent: 1 },
      DebugConfigurationProviderTriggerKind: { Initial: 1, Dynamic: 2 },
      UIKind: { Desktop: 1, Web: 2 },
      l10n: { t, bundle: undefined },
      env: withNothingElse("env", { uiKind: 1, remoteName: undefined, isTelemetryEnabled: false, language: "en" }),
      extensions: { getExtension: () => undefined, all: [] },
      workspace: withNothingElse("workspace", {
        workspaceFolders: [folder],
        getWorkspaceFolder: () => folder,
        getConfiguration,
        isTrusted: true,
        requestWorkspaceTrust: async () => true,
        textDocuments: [],
      }),
      debug: withNothingElse("debug", {
        breakpoints: [],
        activeDebugSession: undefined,
        onDidStartDebugSession: this.#started.event,
        onDidTerminateDebugSession: this.#ended.event,
        registerDebugAdapterDescriptorFactory: (type, factory) => {
          this.#adapters.set(type, factory);
          return disposable();
        },
        registerDebugConfigurationProvider: (type, provider, trigger) => {
          if (trigger !== 2) this.#providers.push({ type, provider });
          return disposable();
        },
        startDebugging: async (_folder, configuration, options) => {
          await this.start(configuration, options?.parentSession ?? options);
          return true;
        },
      }),
    });
  }

  /** Starts to debug, by an entry of launch.json. */
  async start(given, parentSession = undefined) {
    const configuration = await this.#resolved(given);
    const { type, name } = configuration;
    const session = withNothingElse("session", {
      ...{ id: randomUUID(), type, name, configuration, parentSession, workspaceFolder: this.#folder },
      customRequest: (command, args) => session.adapter.request(command, args),
    });
    const { pipe } = await this.#adapters.get(type).createDebugAdapterDescriptor(session);
    session.adapter = new Adapter(pipe);
    session.adapter.events.event(({ event, body }) => {
      if (event === "terminated") this.#ended.fire(session);
      this.events.fire({ session, event, body });
    });
    this.#started.fire(session);
    await this.#begin(session.adapter, configuration);
  }

  /** As VS Code does: a provider may change the type, whose providers are asked then. */
  async #resolved(given) {
    let configuration = given;
    for (let type; type !== configuration.type; ) {
      type = configuration.type;
      const providers = this.#providers.filter((one) => [type, "*"].includes(one.type));
      for (const { provider } of providers) {
        for (const method of ["resolveDebugConfiguration", "resolveDebugConfigurationWithSubstitutedVariables"]) {
          configuration = (await provider[method]?.(this.#folder, configuration, nothing("token"))) ?? configuration;
        }
      }
    }
    return configuration;
  }

  async #begin(adapter, configuration) {
    const initialized = new Promise((resolve) =>
      adapter.events.event(({ event }) => event === "initialized" && resolve()),
    );
    const about = { adapterID: configuration.type, linesStartAt1: true, columnsStartAt1: true, pathFormat: "path" };
    await adapter.request("initialize", about);
    const begun = adapter.request(configuration.request, configuration);
    await Promise.race([initialized, begun]);
    await initialized;
    for (const [file, lines] of Object.entries(this.#breakpoints)) {
      const breakpoints = lines.map((line) => ({ line }));
      await adapter.request("setBreakpoints", { source: { path: file }, breakpoints });
    }
    await adapter.request("setExceptionBreakpoints", { filters: [] });
    await adapter.request("configurationDone");
    await begun;
  }

  /** The next pause of any session, but for what precedes the first statement of a program. */
  async stopped() {
    for (;;) {
      const { session, body } = await new Promise((resolve) => {
        const listening = this.events.event((one) => {
          if (one.event !== "stopped") return;
          listening.dispose();
          resolve(one);
        });
      });
      const pause = new Pause(session, body.threadId);
      await pause.look();
      if (Object.keys(this.#breakpoints).includes(pause.file)) return pause;
      await pause.go("continue");
    }
  }
}

/** A pause of a session, by what the window of VS Code shows. */
class Pause {
  #adapter;
  #threadId;
  #frame;

  constructor({ adapter, name }, threadId) {
    this.#adapter = adapter;
    this.#threadId = threadId;
    this.session = name;
  }

  async look() {
    const { stackFrames } = await this.#adapter.request("stackTrace", { threadId: this.#threadId });
    [this.#frame] = stackFrames;
    this.file = this.#frame.source?.path;
    this.line = this.#frame.line;
    this.name = this.#frame.name;
  }

  /** The value of an expression. */
  async value(expression) {
    const { result } = await this.#adapter.request("evaluate", {
      expression,
      frameId: this.#frame.id,
      context: "repl",
    });
    return result;
  }

  /** The names of the variables of the innermost scope. */
  async variables() {
    const { scopes } = await this.#adapter.request("scopes", { frameId: this.#frame.id });
    const { variables } = await this.#adapter.request("variables", {
      variablesReference: scopes[0].variablesReference,
    });
    return variables.map(({ name }) => name);
  }

  /** Goes on: `continue`, `next`, `stepIn` or `stepOut`. */
  go(how) {
    return this.#adapter.request(how, { threadId: this.#threadId });
  }
}

/** A port that nothing listens on. */
export async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
