// One worker as Node sees it: a lane of the addon, its membrane, and the requests in flight on it.

import timers from "node:timers";
const { setImmediate } = timers;
import { binding, setup, waiting } from "../binding/binding.ts";
import { disposed, InstanceError, VMScriptRunnerError } from "../errors.ts";
import { fairly } from "./fairly.ts";
import { createKinds, createRealm, listed } from "../../membrane/node/node-realm.ts";
import { lightResponse, splitResponse } from "../http/http-response.ts";
import { rooms } from "../rooms.ts";
import { bodyFromWire, bodyToWire, isInMemory } from "../../web/node/node-streams.ts";
import { responseToWire } from "../../web/node/node-web-kinds.ts";
import { ANSWER, CALL, FIRST, HOST, KIND, TAG, TARGET } from "../../protocol.ts";
import type { WebSocket } from "../../../index.d.ts";
import type { Membrane } from "../../membrane/membrane.ts";
import type { Control, ObjectParts } from "../../worker/contract.ts";
import type { Worker } from "./instance-worker.ts";
import type { StalledPlace, WireValue } from "../binding/exports.d.ts";
import type { FollowedSignal, RequestParts } from "../http/http-request.ts";
import type { Response, ResponseParts } from "../http/http-response.ts";
import type { LaneHooks, LaneLimits, RoomHooks } from "./lane-hooks.ts";

/** What has crossed before anything is asked for: the worker's control object (`src/worker/control.ts`). */
const CONTROL: WireValue = [TAG.LIVE, FIRST.CONTROL, KIND.OBJECT];

const kinds = createKinds(rooms.flatMap((room) => room.kinds ?? []));
const lanes = new Map<number, Lane>();

/** A request whose signal ends with it; true is one whose signal may last longer, and is forgotten with the request. */
const UNTIL_ENDED = 2;
/** The target, the method and the URL of a request. */
const ESSENTIAL = 3;
const MOST_CF_TEXTS = 64;
/** How requests follow redirects unless they say it. */
const FOLLOW = "follow";

const hostNumber = setup(host);

/** Answers a worker's call. Nothing may be thrown out of here: it would have nowhere to go. */
function host(id: number, call: number, args: WireValue[]): WireValue {
  try {
    return lanes.get(id)?.host(call, args) as WireValue;
  } catch (error) {
    reportLater(error);
    return undefined;
  }
}

function reportLater(error: unknown): void {
  Promise.reject(error);
}

/** A named entrypoint of the worker, null for the default one, and what a binding gives it. */
export type EntrypointTarget = [none: null, name: string | null, props: unknown];
/** What a request is for: the worker, one of its objects, or one of its entrypoints. */
export type Target = ObjectParts | EntrypointTarget | null;

/** An answer of the worker's. */
type Answered = [
  what: typeof ANSWER.ANSWERED,
  status: number,
  statusText: string,
  headers: string,
  body: WireValue,
  waiter: WireValue,
  usage: WireValue,
  encodeBody?: ResponseParts["encodeBody"],
  url?: string,
  redirected?: boolean,
  webSocket?: WireValue,
];

/** What an event comes to. */
type Answer = Answered | [what: typeof ANSWER.FAILED, error: WireValue] | [what: typeof ANSWER.BROKEN, reason: string];

/** An event whose answer is to come. */
interface Pending {
  settle(answer: Answer): void;
  reject(reason: unknown): void;
  /** The arguments of its dispatch, as far as a report needs them. */
  args: WireValue[];
}

/** Why a lane is stopped from outside. */
type Condemnation = "ERR_CPU_LIMIT" | "ERR_HEAP_LIMIT" | "ERR_PANIC";

/** A request that the worker makes of another one: its number, and the parts that cross. */
type FetchCall = [
  number: number,
  target: string | ObjectParts,
  method: string,
  url: string,
  headers: string,
  body: WireValue,
  cf: WireValue,
  nesting: RequestParts["nesting"],
  redirect: RequestRedirect,
];

/** What the outside owes a worker, by an identity of its own. */
export type Debt = object | string;

/** A request to the worker, a call of its `fetch` from outside, or a call of another worker's. */
export interface UnansweredRequest {
  type: "fetch" | "outbound" | "rpc";
  what: string;
}

class Lane {
  /** The addon holds its host only while lanes are open; in between it lives as long as this class. */
  static host = host;

  readonly instance: number;
  readonly limits: LaneLimits;
  readonly control: Control;

  #id: number;
  #membrane: Membrane;
  #pending = new Map<number, Pending>();
  #nextEvent = 1;
  #ended: (() => InstanceError) | undefined;
  /** The signals of callers, by the number of their request, as long as the worker has the request. */
  #signals = new Map<number, { signal: FollowedSignal }>();
  /** The request that is being dispatched, if its signal ends with it: most are answered before the signal matters. */
  #arriving: { event: number; signal: FollowedSignal } | undefined;
  /** JSON of `request.cf` that the worker has had, with the number of each. */
  #cfTexts = new Map<string, number>();
  /** Those of them that the worker has asked for: the requests, and the one listener. */
  #followed = new Map<FollowedSignal, { events: Set<number>; listener(): void }>();
  #retired = false;
  #expectsEvent = false;
  #owed = new Set<Debt>();
  /** While the script starts: the newest object that had arrived before, and what ends the start. */
  #starting: { newest: number; stop(reason: Error): void } | undefined;
  #hooks: LaneHooks;
  #roomCalls: Exclude<RoomHooks["calls"], undefined>;

  /**
   * Opens a lane.
   * @param instance a number of `openInstance`
   */
  constructor(limits: LaneLimits, instance: number, hooks: LaneHooks) {
    this.#hooks = hooks;
    this.#roomCalls = Object.assign({}, ...hooks.rooms.map(({ calls }) => calls));
    this.instance = instance;
    this.limits = limits;
    const { cpuLimitMs, heapLimitMb } = limits;
    const coverage = hooks.coverage !== undefined;
    const inspector = hooks.inspector?.name;
    this.#id = binding.openLane({ cpuLimitMs, heapLimitMb, coverage, inspector, instance, host: hostNumber });
    hooks.coverage?.begin(() => binding.takeCoverage(this.#id));
    lanes.set(this.#id, this);
    const call = (number: number, args: WireValue[]) => this.#call(number, args);
    this.#membrane = createRealm(kinds, call, waiting, (debt: object, is: boolean) => this.owe(debt, is));
    this.control = this.#membrane.decode(CONTROL) as Control;
    hooks.inspector?.begin(this.#id);
  }

  /** Its number in the addon. */
  get id(): number {
    return this.#id;
  }

  /** Why nothing runs here any more: an error, or undefined while the lane works. */
  get ended(): (() => InstanceError) | undefined {
    return this.#ended;
  }

  /** The worker that the lane is of. */
  get owner(): Worker {
    return this.#hooks.owner;
  }

  get membrane(): Membrane {
    return this.#membrane;
  }

  /** Makes a call of a room's. Throws when the lane has ended, or ends with it. */
  send(call: number, args: WireValue[]): void {
    this.#call(call, args);
  }

  #call(call: number, args: WireValue[]): WireValue {
    this.#mustWork();
    const answer = binding.call(this.#id, call, args);
    // A turn may be ended after the call itself was answered; what was answered then is worth nothing.
    this.#mustWork();
    return answer;
  }

  #mustWork(): void {
    if (this.#ended) throw this.#ended();
  }

  /**
   * Runs the script, as `start` in `src/worker/start.ts` does; `settings` are nothing but data. A script that waits at its
   * top level for what will never come is told so once that is certain.
   */
  async start(settings: object, ...values: unknown[]): Promise<void> {
    const membrane = this.#membrane;
    const stopped = new Promise<never>((_, stop) => {
      this.#starting = { newest: membrane.newest(), stop };
    });
    try {
      const started = membrane.apply(FIRST.START, [listed(settings), ...values.map(membrane.encode)]);
      await Promise.race([started, stopped]);
    } finally {
      this.#starting = undefined;
      if (!this.#ended) binding.started(this.#id);
    }
  }

  /**
   * Nothing that the worker itself has begun is under way. If it still starts once Node's own microtasks are done, and
   * Node owes it nothing and cannot call it, it never ends.
   */
  #atRest(): void {
    if (this.#starting === undefined) return;
    setImmediate(() => {
      if (this.#starting === undefined || this.#ended || this.#owed.size > 0) return;
      if (this.#membrane.holdsNewer(this.#starting.newest)) return;
      const places = binding.stalled(this.#id);
      if (places.length > 0) this.#starting.stop(stalledError(places));
    });
  }

  /** Dispatches a request, as `splitRequest` gives it, to the worker or `[binding, id]` of one of its objects. */
  dispatch(target: Target, request: RequestParts & { takesParts: true }): Promise<Response> | ResponseParts;
  dispatch(target: Target, request: RequestParts): Promise<Response>;
  dispatch(target: Target, request: RequestParts): Promise<Response> | ResponseParts {
    const { method, url, headers, body, cf, nesting, signal, cfText, redirect = FOLLOW, takesParts } = request;
    if (this.#ended) return Promise.reject(this.#ended());
    const event = this.#nextEvent++;
    const membrane = this.#membrane;
    const args: WireValue[] = [this.#targetWire(target), method, url, headers, bodyToWire(body, membrane)];
    if (cf !== undefined || nesting !== undefined || signal || cfText !== undefined || redirect !== FOLLOW) {
      args.push(membrane.encode(cf), nesting, signal && this.#hold(event, signal));
      args.push(...this.#cfNumber(cfText), redirect === FOLLOW ? undefined : redirect);
    }
    if (signal?.endsWith === undefined) return this.#send(event, args, takesParts);
    const outer = this.#arriving;
    this.#arriving = { event, signal };
    const answer = this.#send(event, args, takesParts);
    this.#arriving = outer;
    if ((answer instanceof Promise || !isInMemory(answer.body)) && !this.#signals.has(event))
      this.#holdUntilEnded(event, signal);
    return answer;
  }

  #targetWire(target: Target): WireValue {
    if (target === null || target[0] !== null) return target as ObjectParts | null;
    return [null, target[1], this.#membrane.encode(target[2])];
  }

  /** Keeps a signal as long as the worker has the request, or the request's client waits; which of the two. */
  #hold(event: number, signal: FollowedSignal): WireValue {
    if (signal.endsWith !== undefined) return UNTIL_ENDED;
    this.#signals.set(event, { signal });
    return true;
  }

  #holdUntilEnded(event: number, signal: FollowedSignal): void {
    this.#signals.set(event, { signal });
    signal.endsWith?.(() => {
      if (!this.#followed.has(signal)) this.#signals.delete(event);
    });
  }

  /** The number of a text, and the text itself the first time. */
  #cfNumber(text: string | undefined): [number: number | undefined, text: string | undefined] {
    if (text === undefined) return [undefined, undefined];
    const known = this.#cfTexts.get(text);
    if (known !== undefined) return [known, undefined];
    const number = this.#cfTexts.size;
    if (number < MOST_CF_TEXTS) this.#cfTexts.set(text, number);
    return [number, text];
  }

  /**
   * Calls the worker's `fetch` outside of all requests.
   * @param init the values that are given of it, by their names
   * @param length of a body that is a stream, in bytes, where that is known
   */
  fetch(input: unknown, init: Record<string, unknown>, length?: number): Promise<Response> {
    if (this.#ended) return Promise.reject(this.#ended());
    const { encode } = this.#membrane;
    const given = Object.entries(init).flatMap(([name, value]) => [name, encode(value)]);
    return this.#send(this.#nextEvent++, [TARGET.OUTBOUND, encode(input), given, length]) as Promise<Response>;
  }

  /** `takesParts` is of a caller whom a response that is there at once serves as parts, and not in a promise. */
  #send(event: number, args: WireValue[], takesParts = false): Promise<Response> | ResponseParts {
    const answer = binding.dispatch(this.#id, event, ...args) as Answer | undefined;
    if (answer !== undefined) {
      return takesParts && answer[0] === ANSWER.ANSWERED ? this.#parts(answer) : fairly(this.#settle(answer));
    }
    if (this.#ended) return Promise.reject(this.#ended());
    return new Promise((resolve, reject) => {
      // Nothing but the method and the URL is kept.
      if (args.length > ESSENTIAL) args.length = ESSENTIAL;
      this.#await(event, { settle: (answer) => this.#settle(answer).then(resolve, reject), reject, args });
    });
  }

  #await(event: number, pending: Pending): void {
    this.#pending.set(event, pending);
    waiting(1);
  }

  /**
   * Has the worker serve a call of another worker's. `settle` gets its answer, whether it was kept and what crosses of it, at once
   * or later; `reject` gets the reason why there is none.
   */
  serve(
    call: WireValue[],
    settle: (answer: [isKept: boolean, ...parts: WireValue[]]) => void,
    reject: Pending["reject"],
  ): void {
    const { ended } = this;
    if (ended !== undefined) {
      reject(ended());
      return;
    }
    const event = this.#nextEvent++;
    const pending: Pending = {
      settle: (answer) => (answer[0] === ANSWER.BROKEN ? reject(brokenError(answer[1])) : settle(answer as never)),
      reject,
      args: [TARGET.CALL],
    };
    const answer = binding.dispatch(this.#id, event, TARGET.CALL, call) as Answer | undefined;
    if (answer !== undefined) pending.settle(answer);
    else if (this.#ended) reject(this.#ended());
    else this.#await(event, pending);
  }

  /** Why the caller has given a request up, in a list; if it has not, the worker, which asks, is told when it does. */
  #followSignal(event: number): WireValue {
    const entry = this.#signals.get(event) ?? (this.#arriving?.event === event ? this.#arriving : undefined);
    if (entry === undefined) return undefined;
    const { signal } = entry;
    this.#signals.set(event, entry);
    if (signal.aborted) return [this.#membrane.encodeThrown(signal.reason)];
    const followed = this.#followed.get(signal) ?? this.#listenTo(signal);
    followed.events.add(event);
    return undefined;
  }

  /** One listener is enough for all requests with a signal, which may be as long-lived as a suite. */
  #listenTo(signal: FollowedSignal): { events: Set<number> } {
    const events = new Set<number>();
    const listener = () => {
      for (const event of events) if (!this.#ended) this.control.abort(event, signal.reason);
    };
    const followed = { events, listener };
    this.#followed.set(signal, followed);
    signal.addEventListener("abort", listener, { once: true });
    return followed;
  }

  #forgetSignal(event: number): void {
    const entry = this.#signals.get(event);
    if (entry === undefined) return;
    this.#signals.delete(event);
    const followed = this.#followed.get(entry.signal);
    if (!followed?.events.delete(event) || followed.events.size > 0) return;
    this.#followed.delete(entry.signal);
    entry.signal.removeEventListener("abort", followed.listener);
  }

  #settle(answer: Answer): Promise<Response> {
    if (answer[0] === ANSWER.BROKEN) return Promise.reject(brokenError(answer[1]));
    if (answer[0] !== ANSWER.ANSWERED) return Promise.reject(this.#membrane.decode(answer[1]));
    return Promise.resolve(lightResponse(this.#parts(answer)));
  }

  #parts(answered: Answered): ResponseParts {
    const [, status, statusText, headers, wire, waiter, usage, encodeBody, url, redirected, socket] = answered;
    const waitUntil = waiter === null ? undefined : (this.#membrane.decode(waiter) as ResponseParts["waitUntil"]);
    const body = bodyFromWire(wire, this.#membrane);
    const parts: ResponseParts = { status, statusText, headers, body, waitUntil, usage, encodeBody, url, redirected };
    if (socket !== undefined) parts.webSocket = this.#membrane.decode(socket) as WebSocket;
    return parts;
  }

  /** Answers a call: see `HOST`. The worker's half defines its arguments; rooms answer the calls of their own. */
  host(call: number, args: WireValue[]): unknown {
    switch (call) {
      case HOST.ANSWERED:
        return this.#answered(args[0] as number, args[1] as Answer);
      case HOST.CONDEMNED:
        return this.#condemned(args[0] as Condemnation);
      case HOST.MEMBRANE:
        return this.#membrane.serve(args[0] as number, args.slice(1));
      case HOST.CONSOLE:
        return this.#console(args[0] as string, args.slice(1));
      case HOST.UNHANDLED:
        return this.#hooks.unhandled(this.#membrane.decode(args[0]));
      case HOST.UNCAUGHT:
        return this.#hooks.unhandled(new Error(args[0] as string));
      case HOST.WARN:
        return this.#hooks.warn(args[0] as string);
      case HOST.EXPECTS:
        return this.#expectEvent(args[0] as boolean);
      case HOST.REJECTIONS:
        return this.#rejections();
      case HOST.FETCH:
        return void this.#fetch(...(args as FetchCall));
      case HOST.SIGNAL:
        return this.#followSignal(args[0] as number);
      case HOST.FORGET_SIGNAL:
        return this.#forgetSignal(args[0] as number);
      case HOST.AT_REST:
        return this.#atRest();
      case HOST.INSPECTED:
        return this.#hooks.inspector?.answered(args);
      case HOST.PAUSED:
        return this.#hooks.inspector?.paused();
      case HOST.INTERRUPTED:
        return this.#hooks.inspector?.interrupted();
      default:
        return this.#roomCalls[call]?.(args, this.#membrane, this);
    }
  }

  #answered(event: number, answer: Answer): void {
    const entry = this.#pending.get(event);
    if (entry === undefined) return;
    this.#pending.delete(event);
    waiting(-1);
    entry.settle(answer);
    if (this.#retired) this.retire();
  }

  /** Other workers get their turns once this one's is over, never within it. */
  async #fetch(
    number: number,
    target: string | ObjectParts,
    method: string,
    url: string,
    headers: string,
    body: WireValue,
    cf: WireValue,
    nesting: RequestParts["nesting"],
    redirect: RequestRedirect,
  ): Promise<void> {
    const membrane = this.#membrane;
    const given = { cf: membrane.decode(cf) as RequestParts["cf"], nesting, redirect };
    const request = { method, url, headers, body: bodyFromWire(body, membrane), ...given };
    this.owe(request, true);
    await undefined;
    const answer = await this.#fetched(target, request);
    this.owe(request, false);
    // The worker may have ended meanwhile, or end with this turn: then no request waits.
    if (!this.#ended) binding.call(this.#id, CALL.FETCHED, [number, ...answer]);
  }

  /** The parts of the response, or the error alone. */
  async #fetched(target: string | ObjectParts, request: RequestParts): Promise<WireValue[]> {
    try {
      return responseToWire(splitResponse(await this.#hooks.fetch(target, request)), this.#membrane);
    } catch (error) {
      return [this.#ended ? undefined : this.#membrane.encodeThrown(error)];
    }
  }

  /** The requests that have no answer yet, with their methods and URLs. */
  unanswered(): UnansweredRequest[] {
    return [...this.#pending.values()].map(({ args: [target, method, url] }) => {
      if (target === TARGET.CALL) return { type: "rpc", what: "" };
      if (target !== TARGET.OUTBOUND) return { type: "fetch", what: `${method} ${url}` };
      return { type: "outbound", what: typeof method === "string" ? method : "" };
    });
  }

  /** Notes that the outside owes the worker something, or no more. */
  owe(debt: Debt, is: boolean): void {
    if (is) this.#owed.add(debt);
    else this.#owed.delete(debt);
  }

  /** What the worker waits for from outside, other than by the clock: what Node owes it, and ops by their numbers. */
  outstanding(): Debt[] {
    if (this.#ended) return [];
    return [...this.#owed, ...binding.pending(this.#id).map((op) => `${this.#id}:${op}`)];
  }

  /** Node stays alive for an event of the clock, such as an alarm, that is delivered now or soon. */
  #expectEvent(expected: boolean): void {
    if (this.#expectsEvent === expected || this.#ended) return;
    this.#expectsEvent = expected;
    waiting(expected ? 1 : -1);
  }

  /** What Node's console throws, the worker's throws. */
  #console(method: string, args: WireValue[]): WireValue {
    try {
      (globalThis.console as unknown as Record<string, (...values: unknown[]) => void>)[method](
        ...args.map((arg) => this.#membrane.decode(arg)),
      );
      return [true];
    } catch (error) {
      return [false, this.#membrane.encodeThrown(error)];
    }
  }

  /** Reports rejections once Node's own microtasks have run: code that awaits them has handled them by then. */
  #rejections(): void {
    setImmediate(() => {
      if (!this.#ended) binding.deliverRejections(this.#id);
    });
  }

  #condemned(code: Condemnation): void {
    const { cpuLimitMs, heapLimitMb } = this.limits;
    const texts = {
      ERR_CPU_LIMIT: `Worker exceeded its CPU limit of ${cpuLimitMs} ms (option "cpuLimitMs") and was stopped.`,
      ERR_HEAP_LIMIT: `Worker exceeded its memory limit of ${heapLimitMb} MB (option "heapLimitMb") and was stopped.`,
      ERR_PANIC: "miniflare-rs failed inside (a defect of ours; please report it) and the worker was stopped.",
    };
    this.#end(() => new InstanceError(code, texts[code]));
    this.#hooks.condemned(this);
  }

  /** Ends the lane once nothing is in flight on it. */
  retire(): void {
    this.#retired = true;
    const reason = () => new InstanceError("ERR_RELOADED", "The worker that this belonged to has been reloaded.");
    if (this.#pending.size === 0) this.#end(reason);
  }

  /** Ends the lane now: an instance that is disposed of rejects what is in flight. */
  dispose(): void {
    this.#end(disposed);
  }

  #end(reason: () => InstanceError): void {
    if (this.#ended) return;
    this.#expectEvent(false);
    this.#ended = reason;
    lanes.delete(this.#id);
    this.#membrane.close(reason);
    const { code } = reason();
    for (const room of this.#hooks.rooms) room.end?.(code);
    for (const { reject } of this.#pending.values()) {
      waiting(-1);
      reject(reason());
    }
    this.#pending.clear();
    for (const event of [...this.#signals.keys()]) this.#forgetSignal(event);
    this.#hooks.coverage?.end();
    this.#hooks.inspector?.end();
    binding.closeLane(this.#id);
  }
}

function brokenError(reason: string): InstanceError {
  return new InstanceError(
    "ERR_BROKEN_REALM",
    `The worker has changed built-ins of its realm, and could not answer: ${reason}. Find where it assigns to them; \`reload()\` makes a new realm.`,
  );
}

/** What is said of a script that waits at these places. */
function stalledError(places: StalledPlace[]): VMScriptRunnerError {
  const lines = places.map(({ path, line, column, text }) => `    at ${path}:${line}:${column}\n      ${text.trim()}`);
  const [{ path }] = places;
  return new VMScriptRunnerError(
    "ERR_MODULE_STALLED",
    `The script never finishes: its top-level await in "${path}" waits for a promise that nothing can settle any more.\n${lines.join("\n")}`,
  );
}

/** What the workers of an instance wait for from outside. */
function outstanding(instance: number): Debt[] {
  return [...lanes.values()].filter((lane) => lane.instance === instance).flatMap((lane) => lane.outstanding());
}

export { Lane, outstanding };
