// The session of one debugger with one worker, which outlives the isolates that the worker runs in: what the debugger has set is set
// again in the next isolate, before the script is compiled there.

import { binding } from "../binding/binding.ts";
import { ScriptEvents, withoutOwnFrames, withReason } from "./script-events.ts";
import type { PauseEvent, Thrown } from "./script-events.ts";
import type { WayOut } from "./target.ts";

/** A message of the protocol. */
export interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
}

const PATTERNS = "Debugger.setBlackboxPatterns";
const EXCEPTIONS = "Debugger.setPauseOnExceptions";
/** Methods whose last call counts. Those that enable a domain are others. */
const SETTINGS = new Set([
  "Debugger.setAsyncCallStackDepth",
  "Debugger.setBlackboxExecutionContexts",
  PATTERNS,
  "Debugger.setBreakpointsActive",
  EXCEPTIONS,
  "Debugger.setSkipAllPauses",
  "Profiler.setSamplingInterval",
  "Runtime.setAsyncCallStackDepth",
  "Runtime.setCustomObjectFormatterEnabled",
  "Runtime.setMaxCallStackSizeToCapture",
]);
/** Methods whose answer names a breakpoint. V8 gives breakpoints of a URL the same names in each isolate. */
const BREAKPOINTS = new Set(["Debugger.setBreakpointByUrl", "Debugger.setInstrumentationBreakpoint"]);
/** Scripts of this package, which debuggers step over and do not show. */
const OWN_SCRIPTS = "^ext:";
const ANSWER = /^\{"id":(\d+)/;
const GONE = { code: -32_000, message: "The worker has been stopped or loaded again." };
const CLEARED = JSON.stringify({ method: "Runtime.executionContextsCleared", params: {} });

/** The method of an event. */
const EVENT = /^\{"method":"(\w+\.\w+)"/;

export class ClientSession {
  readonly number: number;
  #send: (text: string) => void;
  #lane: number | undefined;
  #hasBegun = false;
  /** What the debugger has set, by what it is, in the order in which it was set first. */
  #settings = new Map<string, Message>();
  /** Calls that have not been answered, by their ids. */
  #asked = new Map<number, Message>();
  /** What came while the worker had no isolate. */
  #waiting: string[] = [];
  #nextOwn = -1;
  #scripts = new ScriptEvents();
  /** A pause that the debugger has not been told of, and whether it is not told of the next end of one. */
  #pause: PauseEvent | undefined;
  #isHidden = false;
  /** Whether the debugger has asked for a pause, wherever it comes. */
  #wantsPause = false;
  /** Why it was paused, where the next pause is a step from there. */
  #reason: string | undefined;
  #onRun: () => void;
  /** The message of an error whose exceptions pause the worker, whatever the debugger wants. */
  #error: string | undefined;

  /**
   * @param send sends a message to the debugger
   * @param onRun called when the debugger has set what it wants to, and lets the worker run
   */
  constructor(number: number, send: (text: string) => void, onRun: () => void) {
    this.number = number;
    this.#send = send;
    this.#onRun = onRun;
  }

  /** Goes on in the isolate of another lane. */
  attach(lane: number): void {
    this.detach();
    this.#lane = lane;
    this.#scripts = new ScriptEvents();
    binding.inspectorConnect(lane, this.number);
    if (this.#hasBegun) this.#send(CLEARED);
    this.#hasBegun = true;
    for (const setting of this.#settings.values()) {
      this.#own(setting);
      this.#hideOwnScripts(setting);
      this.#takeExceptions(setting);
    }
    for (const text of this.#waiting.splice(0)) this.receive(text);
  }

  /** Leaves the lane; a worker that this debugger has paused goes on. */
  detach(): void {
    const lane = this.#lane;
    if (lane === undefined) return;
    this.#lane = undefined;
    binding.inspectorDisconnect(lane, this.number);
    for (const id of this.#asked.keys()) this.#send(JSON.stringify({ id, error: GONE }));
    this.#asked.clear();
  }

  /** Takes a message of the debugger's. */
  receive(text: string): void {
    if (this.#lane === undefined) return void this.#waiting.push(text);
    const message = parse(text);
    if (message === undefined) return;
    const isPatterns = message.method === PATTERNS;
    const sent = isPatterns ? { ...blackbox(message.params), id: message.id as number } : message;
    this.#note(sent);
    binding.inspectorSend(this.#lane, this.number, isPatterns ? JSON.stringify(sent) : text);
    this.#hideOwnScripts(message);
    this.#takeExceptions(message);
    if (message.method === "Runtime.runIfWaitingForDebugger") this.#onRun();
  }

  /** A debugger of its own patterns has those of this package among them. */
  #hideOwnScripts({ method }: Message): void {
    if (method === "Debugger.enable" && !this.#settings.has(PATTERNS)) this.#own(blackbox(undefined));
  }

  /** Pauses at each exception with this message. */
  pauseAt(message: string): void {
    this.#error = message;
    this.#takeExceptions({ method: EXCEPTIONS });
  }

  /** Has V8 tell of all exceptions if one of them is looked for. */
  #takeExceptions({ method }: Message): void {
    if (this.#error === undefined || (method !== EXCEPTIONS && method !== "Debugger.enable")) return;
    this.#own({ method: EXCEPTIONS, params: { state: "all" } });
  }

  /** Whether the debugger wants to see an exception. */
  #wantsException({ message, isUncaught }: Thrown): boolean {
    if (this.#error === undefined || message.includes(this.#error)) return true;
    const state = this.#settings.get(EXCEPTIONS)?.params?.state;
    return state === "all" || (isUncaught ? state === "uncaught" : state === "caught");
  }

  /** Takes what V8 says in the isolate of a lane. */
  answered(lane: number, text: string): void {
    if (lane !== this.#lane || text.startsWith('{"id":-')) return;
    const id = ANSWER.exec(text)?.[1];
    if (id !== undefined) this.#noteAnswer(Number(id), text);
    const shown = this.#shown(text, lane);
    if (shown !== undefined) this.#send(shown);
  }

  /** What the debugger sees of a message; undefined if it sees nothing, or sees it later. */
  #shown(text: string, lane: number): string | undefined {
    switch (EVENT.exec(text)?.[1]) {
      case "Debugger.scriptParsed":
      case "Debugger.scriptFailedToParse":
        return this.#scripts.parsed(text);
      case "Debugger.paused":
        this.#pause = this.#scripts.paused(text);
        // It has just begun, unless this session is new; nothing can be asked of V8 before it waits.
        if (binding.inspectorIsPaused(lane)) this.showPause();
        return undefined;
      case "Debugger.resumed": {
        const isHidden = this.#isHidden;
        this.#isHidden = false;
        return isHidden ? undefined : text;
      }
      case "Runtime.consoleAPICalled":
      case "Runtime.exceptionThrown":
        return withoutOwnFrames(text);
      default:
        return text;
    }
  }

  /**
   * What is done about a pause in code of this package, which is not that of the worker: the method that goes on from there; undefined
   * if the debugger sees the pause.
   */
  wayOut(): WayOut | undefined {
    if (this.#pause === undefined) return undefined;
    const { place, thrown } = this.#pause;
    const isThrown = thrown !== undefined;
    if (isThrown && !this.#wantsException(thrown)) return "Debugger.resume";
    if (place === "worker" || (place === "called" && isThrown)) return undefined;
    if (place === "called") return "Debugger.stepOut";
    return this.#wantsPause && !isThrown ? "Debugger.stepInto" : "Debugger.resume";
  }

  /** Tells the debugger of the pause. */
  showPause(): void {
    if (this.#pause === undefined) return;
    const { text } = this.#pause;
    this.#send(this.#reason === undefined ? text : withReason(text, this.#reason));
    this.#pause = undefined;
    this.#reason = undefined;
    this.#wantsPause = false;
  }

  /** Keeps the pause to itself. */
  hidePause(): void {
    if (this.#pause === undefined) return;
    if (this.#wantsPause) this.#reason ??= this.#pause.reason;
    this.#pause = undefined;
    this.#isHidden = true;
  }

  /** Goes on by a method of V8's. */
  goOn(method: string): void {
    this.#own({ method });
  }

  /** The next pause is wanted wherever it comes. */
  awaitPause(): void {
    this.#wantsPause = true;
  }

  /** Calls a method whose answer the debugger does not get. */
  #own({ method, params }: Message): void {
    if (this.#lane === undefined) return;
    const message = { id: this.#nextOwn--, method, params };
    binding.inspectorSend(this.#lane, this.number, JSON.stringify(message));
  }

  #note(message: Message): void {
    const { id, method = "", params } = message;
    const [domain, name] = method.split(".");
    if (id !== undefined) this.#asked.set(id, message);
    if (method === "Debugger.pause") this.#wantsPause = true;
    if (name === "enable" || SETTINGS.has(method)) this.#settings.set(method, message);
    else if (name === "disable") this.#forget(`${domain}.`);
    else if (method === "Debugger.removeBreakpoint") this.#forget(`Debugger.breakpoint ${params?.breakpointId}`);
    else if (method === "Runtime.addBinding") this.#settings.set(`Runtime.binding ${params?.name}`, message);
    else if (method === "Runtime.removeBinding") this.#forget(`Runtime.binding ${params?.name}`);
  }

  #noteAnswer(id: number, text: string): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (asked === undefined || !BREAKPOINTS.has(asked.method ?? "")) return;
    const breakpoint = (JSON.parse(text) as Message).result?.breakpointId;
    if (breakpoint !== undefined) this.#settings.set(`Debugger.breakpoint ${breakpoint}`, asked);
  }

  #forget(prefix: string): void {
    for (const key of [...this.#settings.keys()]) if (key.startsWith(prefix)) this.#settings.delete(key);
  }
}

function parse(text: string): Message | undefined {
  try {
    const message = JSON.parse(text) as Message | null;
    return typeof message?.method === "string" && typeof message.id === "number" ? message : undefined;
  } catch {
    // V8 says nothing of it either.
    return undefined;
  }
}

function blackbox(params: Message["params"]): Message {
  const patterns = Array.isArray(params?.patterns) ? params.patterns : [];
  return { method: PATTERNS, params: { ...params, patterns: [...patterns, OWN_SCRIPTS] } };
}
