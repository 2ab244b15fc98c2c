// The target of the server itself, by which a debugger finds all workers: as child sessions of Node's protocol (`NodeWorker`,
// https://github.com/nodejs/node/blob/main/src/inspector/node_protocol.pdl), or of Chrome's
// (`Target`, https://chromedevtools.github.io/devtools-protocol/tot/Target/). The server answers, so that it can while a worker is paused.

import type { TargetInfo } from "./wire.ts";

/** A connection to a target. */
export interface Link {
  send(text: string): void;
  close(): void;
}

/** The targets of the server. */
export interface Targets {
  list(): TargetInfo[];
  link(target: string, take: (text: string) => void, closed: () => void): Link;
}

interface Call {
  id: number;
  method: string;
  params?: { sessionId?: string; message?: string; targetId?: string; autoAttach?: boolean; discover?: boolean };
  sessionId?: string;
}

type Style = "NodeWorker" | "Target";

/** A call; undefined for what is none. */
function parse(text: string): Call | undefined {
  try {
    const { id, method, params, sessionId } = JSON.parse(text) as Call;
    if (typeof id !== "number" || typeof method !== "string") return undefined;
    const isObject = typeof params === "object" && params !== null;
    return { id, method, ...(isObject && { params }), ...(sessionId !== undefined && { sessionId }) };
  } catch {
    return undefined;
  }
}

/** Methods that a debugger calls of any target, and that have nothing to do here. */
const NOTHING = /^(?:Runtime|Debugger|Profiler|HeapProfiler|Network|NodeRuntime|Console|Log)\./;

/** One debugger's connection to the root. */
export class Root implements Link {
  #targets: Targets;
  #take: (text: string) => void;
  #children = new Map<string, { info: TargetInfo; link: Link; style: Style }>();
  /** What new workers are announced by. */
  #styles = new Set<Style>();
  #discovers = false;
  #nextChild = 1;

  constructor(targets: Targets, take: (text: string) => void) {
    this.#targets = targets;
    this.#take = take;
  }

  send(text: string): void {
    const call = parse(text);
    if (call === undefined) return;
    const { sessionId, ...rest } = call;
    if (sessionId !== undefined) {
      this.#children.get(sessionId)?.link.send(JSON.stringify(rest));
      return;
    }
    const answer = this.#answer(call);
    const outcome =
      answer === undefined ? { error: { code: -32601, message: `'${call.method}' wasn't found` } } : { result: answer };
    this.#say({ id: call.id, ...outcome });
  }

  #answer({ method, params = {} }: Call): object | undefined {
    switch (method) {
      case "NodeWorker.enable":
        return this.#attachAll("NodeWorker");
      case "NodeWorker.disable":
        return this.#detachAll("NodeWorker");
      case "NodeWorker.sendMessageToWorker":
        this.#children.get(params.sessionId ?? "")?.link.send(params.message ?? "");
        return {};
      case "NodeWorker.detach":
      case "Target.detachFromTarget":
        this.#detach(params.sessionId ?? "");
        return {};
      case "Target.setAutoAttach":
        return params.autoAttach ? this.#attachAll("Target") : this.#detachAll("Target");
      case "Target.setDiscoverTargets":
        this.#discovers = params.discover === true;
        if (this.#discovers) for (const info of this.#targets.list()) this.#created(info);
        return {};
      case "Target.getTargets":
        return { targetInfos: this.#targets.list().map(targetInfo) };
      case "Target.attachToTarget":
        return this.#attachTo(params.targetId);
      case "Schema.getDomains":
        return { domains: ["NodeWorker", "Target"].map((name) => ({ name, version: "1.3" })) };
      default:
        return NOTHING.test(method) && !/\.(?:evaluate|callFunctionOn|getProperties|compileScript)$/.test(method)
          ? {}
          : undefined;
    }
  }

  /** A worker is new. */
  added(info: TargetInfo): void {
    if (this.#discovers) this.#created(info);
    for (const style of this.#styles) this.#attach(info, style);
  }

  #created(info: TargetInfo): void {
    this.#say({ method: "Target.targetCreated", params: { targetInfo: targetInfo(info) } });
  }

  #attachAll(style: Style): object {
    if (!this.#styles.has(style)) {
      this.#styles.add(style);
      for (const info of this.#targets.list()) this.#attach(info, style);
    }
    return {};
  }

  #attachTo(id: string | undefined): object | undefined {
    const info = this.#targets.list().find((target) => target.id === id);
    return info && { sessionId: this.#attach(info, "Target") };
  }

  #attach(info: TargetInfo, style: Style): string {
    const sessionId = String(this.#nextChild++);
    const take = (message: string) => this.#fromChild(style, sessionId, message);
    // The debugger learns of the session before anything of it.
    const waitingForDebugger = false;
    if (style === "NodeWorker") {
      const workerInfo = { workerId: info.id, type: "worker", title: info.title, url: info.url };
      this.#say({ method: "NodeWorker.attachedToWorker", params: { sessionId, workerInfo, waitingForDebugger } });
    } else {
      const params = { sessionId, targetInfo: { ...targetInfo(info), attached: true }, waitingForDebugger };
      this.#say({ method: "Target.attachedToTarget", params });
    }
    const link = this.#targets.link(info.id, take, () => this.#detach(sessionId));
    this.#children.set(sessionId, { info, link, style });
    return sessionId;
  }

  #fromChild(style: Style, sessionId: string, message: string): void {
    if (style === "NodeWorker")
      this.#say({ method: "NodeWorker.receivedMessageFromWorker", params: { sessionId, message } });
    else this.#take(`{"sessionId":${JSON.stringify(sessionId)},${message.slice(1)}`);
  }

  #detach(sessionId: string): void {
    const child = this.#children.get(sessionId);
    if (child === undefined) return;
    this.#children.delete(sessionId);
    child.link.close();
    if (child.style === "NodeWorker") {
      this.#say({ method: "NodeWorker.detachedFromWorker", params: { sessionId } });
      return;
    }
    this.#say({ method: "Target.detachedFromTarget", params: { sessionId, targetId: child.info.id } });
    this.#say({ method: "Target.targetDestroyed", params: { targetId: child.info.id } });
  }

  #detachAll(style: Style): object {
    this.#styles.delete(style);
    for (const [sessionId, child] of [...this.#children]) if (child.style === style) this.#detach(sessionId);
    return {};
  }

  close(): void {
    for (const { link } of this.#children.values()) link.close();
    this.#children.clear();
  }

  #say(message: object): void {
    this.#take(JSON.stringify(message));
  }
}

const targetInfo = ({ id, title, url }: TargetInfo) => ({
  targetId: id,
  type: "node_worker",
  title,
  url,
  attached: false,
  canAccessOpener: false,
});
