// The debuggers of the workers in this thread. They connect to a server in a thread of its own, since this thread waits in a worker that
// is paused, and is busy with one that runs. Both threads pass messages on; each that the server sends also interrupts the worker that
// it is for. https://chromedevtools.github.io/devtools-protocol/

import path from "node:path";
import { pathToFileURL } from "node:url";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { addonFile } from "../binding/addon.ts";
import { InstanceError } from "../errors.ts";
import { ClientSession } from "./client-session.ts";
import { Target } from "./target.ts";
import { SIGNAL } from "./wire.ts";
import type { MessagePort } from "node:worker_threads";
import type { Log } from "../../../index.d.ts";
import type { TargetHost } from "./target.ts";
import type { FromServer, ServerData, Started, ToServer } from "./wire.ts";

/** Where the bundle has the script of the server. */
const SERVER = path.join(__dirname, "inspector-server.js");
/** How long a paused worker waits for a message before it looks whether the server is still there. */
const LOOK_MS = 1_000;

/** Servers by where they were told to listen, for the instances of this thread; and the ends of those that have been there. */
const open = new Map<string, { started: Promise<Inspector>; users: number }>();
const ends = new Map<string, Promise<unknown>>();

export class Inspector implements TargetHost {
  readonly url: URL;

  #thread: Worker;
  /** Resolves when the thread of the server has ended. */
  #ended: Promise<unknown>;
  #messages: MessagePort;
  #signal: Int32Array<SharedArrayBuffer>;
  #targets = new Map<string, Target>();
  #sessions = new Map<number, { session: ClientSession; target: Target }>();
  #isTaking = false;
  #key: string;
  /** Says where debuggers connect, once there is a worker that they can connect to. */
  #announceItself: (() => void) | undefined;

  private constructor(key: string, url: URL, thread: Worker, data: ServerData, messages: MessagePort, log: Log) {
    this.#key = key;
    this.url = url;
    this.#announceItself = () => log.info(`Debugger listening on ${url.href}`);
    this.#thread = thread;
    this.#ended = new Promise((resolve) => thread.once("exit", resolve));
    // Without the server there are no debuggers, which ends nothing else.
    thread.on("error", (error) => log.error(error));
    this.#signal = data.signal;
    this.#messages = messages;
    messages.on("message", (message: FromServer) => {
      this.#take(message);
      // What has come meanwhile found this one in the way.
      this.drain();
    });
    messages.unref();
  }

  /** The server for this address, which starts if there is none. It stays until the target is removed that it is asked for. */
  static at(host: string, port: number, log: Log): Promise<Inspector> {
    const key = `${host} ${port}`;
    const known = open.get(key);
    if (known !== undefined) {
      known.users++;
      return known.started;
    }
    const started = Inspector.#start(key, host, port, log);
    open.set(key, { started, users: 1 });
    started.catch(() => open.delete(key));
    return started;
  }

  static async #start(key: string, host: string, port: number, log: Log): Promise<Inspector> {
    await ends.get(key);
    const { port1, port2 } = new MessageChannel();
    const signal = new Int32Array(new SharedArrayBuffer(SIGNAL.LENGTH * Int32Array.BYTES_PER_ELEMENT));
    const data: ServerData = { host, port, addon: addonFile, messages: port2, signal };
    // Flags of this process, such as those of a debugger of Node's, are not for that thread.
    const thread = new Worker(SERVER, { workerData: data, transferList: [port2], execArgv: [], env: {}, stdin: false });
    const started = await new Promise<Started>((resolve, reject) => {
      thread.once("message", resolve);
      thread.once("error", reject);
    });
    thread.unref();
    if ("error" in started) {
      await thread.terminate();
      const text = `The inspector cannot listen on ${host}:${port} (options "inspectorHost" and "inspectorPort"): ${started.error}`;
      throw new InstanceError("ERR_LISTEN", text);
    }
    const url = new URL(`ws://${host.includes(":") ? `[${host}]` : host}:${started.port}/`);
    return new Inspector(key, url, thread, data, port1, log);
  }

  /** A target for a worker of this name; another one of the same name gets a number. */
  add(name: string, file: string | undefined): Target {
    let id = name;
    for (let count = 2; this.#targets.has(id); count++) id = `${name}-${count}`;
    const info = { id, title: id, url: file === undefined ? "" : pathToFileURL(file).href };
    const target = new Target(info, this);
    this.#targets.set(id, target);
    this.#announceItself?.();
    this.#announceItself = undefined;
    return target;
  }

  /** Where debuggers connect to the target. */
  urlOf({ info }: Target): URL {
    return new URL(encodeURIComponent(info.id), this.url);
  }

  announce(target: Target): void {
    this.#send(["target", target.info, target.inspector]);
  }

  /** Removes a target. The last one takes the server with it. */
  async remove({ info }: Target): Promise<void> {
    this.#targets.delete(info.id);
    this.#send(["gone", info.id]);
    const entry = open.get(this.#key);
    if (entry === undefined || --entry.users > 0) return;
    open.delete(this.#key);
    ends.set(this.#key, this.#ended);
    this.#thread.ref();
    this.#send(["end"]);
    await this.#ended;
    this.#messages.close();
    if (ends.get(this.#key) === this.#ended) ends.delete(this.#key);
  }

  drain(): void {
    // A message that is being taken may run the worker. The next one waits for it, unless the worker is paused.
    if (this.#isTaking) return;
    for (;;) {
      const received = receiveMessageOnPort(this.#messages) as { message: FromServer } | undefined;
      if (received === undefined) return;
      this.#take(received.message);
    }
  }

  drainWhile(goesOn: () => boolean): void {
    const wasTaking = this.#isTaking;
    const signal = this.#signal;
    while (goesOn()) {
      this.#isTaking = false;
      const sent = Atomics.load(signal, SIGNAL.SENT);
      this.drain();
      if (Atomics.load(signal, SIGNAL.ENDED) !== 0) this.#closeAll();
      if (goesOn()) Atomics.wait(signal, SIGNAL.SENT, sent, LOOK_MS);
    }
    this.#isTaking = wasTaking;
  }

  #take(message: FromServer): void {
    this.#isTaking = true;
    try {
      const [what, number] = message;
      if (what === "open") this.#open(number, message[2]);
      else if (what === "close") this.#close(number);
      else this.#sessions.get(number)?.session.receive(message[2]);
    } finally {
      this.#isTaking = false;
    }
  }

  #open(number: number, id: string): void {
    const target = this.#targets.get(id);
    if (target === undefined) return;
    const send = (text: string) => this.#send(["message", number, text]);
    const session = new ClientSession(number, send, () => target.ran(number));
    this.#sessions.set(number, { session, target });
    target.connect(session);
  }

  #close(number: number): void {
    const open = this.#sessions.get(number);
    this.#sessions.delete(number);
    open?.target.disconnect(open.session);
  }

  #closeAll(): void {
    for (const number of [...this.#sessions.keys()]) this.#close(number);
  }

  #send(message: ToServer): void {
    this.#messages.postMessage(message);
  }
}
