// One worker as Node sees it: a lane of the addon, its membrane, and the requests in flight on it.

import timers from "node:timers";
const { setImmediate } = timers;
import { binding, setup, waiting } from "../binding/binding.ts";
import { disposed, InstanceError, VMScriptRunnerError } from "../errors.ts";
import { fairly } from "./fairly.ts";
import { createKinds, createRealm, listed } from "../../membrane/node/node-realm.ts";
import { lightResponse, splitResponse } from "../http/http-response.ts";
import { rooms } from "../rooms.ts";
import { bodyFromWire, bodyToWire } from "../../web/node/node-streams.ts";
import { ANSWER, CALL, FIRST, HOST, KIND, TAG, TARGET } from "../../protocol.js";

/** What has crossed before anything is asked for: the worker's control object (`src/worker/control.js`). */
const CONTROL = [TAG.LIVE, FIRST.CONTROL, KIND.OBJECT];

const kinds = createKinds(rooms.flatMap((room) => room.kinds ?? []));
const lanes = new Map();

/** A request whose signal ends with it; true is one whose signal may last longer, and is forgotten with the request. */
const UNTIL_ENDED = 2;
const MOST_CF_TEXTS = 64;
/** How requests follow redirects unless they say it. */
const FOLLOW = "follow";

const hostNumber = setup(host);

/** Answers a worker's call. Nothing may be thrown out of here: it would have nowhere to go. */
function host(id, call, args) {
  try {
    return lanes.get(id)?.host(call, args);
  } catch (error) {
    reportLater(error);
    return undefined;
  }
}

function reportLater(error) {
  Promise.reject(error);
}

class Lane {
  /** The addon holds its host only while lanes are open; in between it lives as long as this class. */
  static host = host;

  #id;
  #membrane;
  #pending = new Map();
  #nextEvent = 1;
  #ended;
  /** The signals of callers, by the number of their request, as long as the worker has the request. */
  #signals = new Map();
  /** JSON of `request.cf` that the worker has had, with the number of each. */
  #cfTexts = new Map();
  /** Those of them that the worker has asked for: the requests, and the one listener. */
  #followed = new Map();
  #retired = false;
  #expectsAlarm = false;
  #owed = new Set();
  /** While the script starts: `{ newest, stop }`. */
  #starting;
  #hooks;

  /**
   * Opens a lane.
   * @param limits `{ cpuLimitMs, heapLimitMb }`
   * @param instance a number of `openInstance`
   * @param hooks `{ warn(text), unhandled(error), alarmFailed(binding, id, retries, wait, error), condemned(lane) }`,
   *   `fetch(target, request)` for what the worker asks of other workers, and `mock`, of `openMock`, for its outbound
   *   fetches
   */
  constructor(limits, instance, hooks) {
    this.#hooks = hooks;
    this.instance = instance;
    this.limits = limits;
    const { cpuLimitMs, heapLimitMb } = limits;
    this.#id = binding.openLane({ cpuLimitMs, heapLimitMb, instance, host: hostNumber });
    lanes.set(this.#id, this);
    const call = (number, args) => this.#call(number, args);
    this.#membrane = createRealm(kinds, call, waiting, (debt, is) => this.#owe(debt, is));
    this.control = this.#membrane.decode(CONTROL);
  }

  /** Why nothing runs here any more: an error, or undefined while the lane works. */
  get ended() {
    return this.#ended;
  }

  #call(call, args) {
    if (this.#ended) throw this.#ended();
    const answer = binding.call(this.#id, call, args);
    // A turn may be ended after the call itself was answered; what was answered then is worth nothing.
    if (this.#ended) throw this.#ended();
    return answer;
  }

  /**
   * Runs the script, as `start` in `src/worker/start.js` does; `settings` are nothing but data. A script that waits at its
   * top level for what will never come is told so once that is certain.
   */
  async start(settings, ...values) {
    const membrane = this.#membrane;
    const stopped = new Promise((_, stop) => {
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
   * nobody in Node owes it anything or could call it, it never ends.
   */
  #atRest() {
    if (this.#starting === undefined) return;
    setImmediate(() => {
      if (this.#starting === undefined || this.#ended || this.#owed.size > 0) return;
      if (this.#membrane.holdsNewer(this.#starting.newest)) return;
      const places = binding.stalled(this.#id);
      if (places.length > 0) this.#starting.stop(stalledError(places));
    });
  }

  /** Dispatches a request, as `splitRequest` gives it, to the worker or `[binding, id]` of one of its objects. */
  dispatch(target, { method, url, headers, body, cf, nesting, signal, cfText, redirect = FOLLOW, takesParts }) {
    if (this.#ended) return Promise.reject(this.#ended());
    const event = this.#nextEvent++;
    const membrane = this.#membrane;
    const args = [target, method, url, headers, bodyToWire(body, membrane)];
    if (cf !== undefined || nesting !== undefined || signal || cfText !== undefined || redirect !== FOLLOW) {
      args.push(membrane.encode(cf), nesting, signal && this.#hold(event, signal));
      args.push(...this.#cfNumber(cfText), redirect === FOLLOW ? undefined : redirect);
    }
    return this.#send(event, args, takesParts);
  }

  /** Keeps a signal as long as the worker has the request, or the request's client waits; which of the two. */
  #hold(event, signal) {
    this.#signals.set(event, { signal });
    if (signal.endsWith === undefined) return true;
    signal.endsWith(() => {
      if (!this.#followed.has(signal)) this.#signals.delete(event);
    });
    return UNTIL_ENDED;
  }

  /** The number of a text, and the text itself the first time. */
  #cfNumber(text) {
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
  fetch(input, init, length) {
    if (this.#ended) return Promise.reject(this.#ended());
    const { encode } = this.#membrane;
    const given = Object.entries(init).flatMap(([name, value]) => [name, encode(value)]);
    return this.#send(this.#nextEvent++, [TARGET.OUTBOUND, encode(input), given, length]);
  }

  /** `takesParts` is of a caller whom a response that is there at once serves as parts, and not in a promise. */
  #send(event, args, takesParts = false) {
    const answer = binding.dispatch(this.#id, event, args);
    if (answer !== undefined) {
      return takesParts && answer[0] === ANSWER.ANSWERED ? this.#parts(answer) : fairly(this.#settle(answer));
    }
    if (this.#ended) return Promise.reject(this.#ended());
    return new Promise((resolve, reject) => {
      this.#pending.set(event, { resolve, reject });
      waiting(1);
    });
  }

  /** Why the caller has given a request up, in a list; if it has not, the worker, which asks, is told when it does. */
  #followSignal(event) {
    const entry = this.#signals.get(event);
    if (entry === undefined) return undefined;
    const { signal } = entry;
    if (signal.aborted) return [this.#membrane.encodeThrown(signal.reason)];
    if (!this.#followed.has(signal)) this.#listenTo(signal);
    this.#followed.get(signal).events.add(event);
    return undefined;
  }

  /** One listener is enough for all requests with a signal, which may be as long-lived as a suite. */
  #listenTo(signal) {
    const events = new Set();
    const listener = () => {
      for (const event of events) if (!this.#ended) this.control.abort(event, signal.reason);
    };
    this.#followed.set(signal, { events, listener });
    signal.addEventListener("abort", listener, { once: true });
  }

  #forgetSignal(event) {
    const entry = this.#signals.get(event);
    if (entry === undefined) return;
    this.#signals.delete(event);
    const followed = this.#followed.get(entry.signal);
    if (!followed?.events.delete(event) || followed.events.size > 0) return;
    this.#followed.delete(entry.signal);
    entry.signal.removeEventListener("abort", followed.listener);
  }

  #settle(answer) {
    if (answer[0] === ANSWER.BROKEN) return Promise.reject(brokenError(answer[1]));
    if (answer[0] !== ANSWER.ANSWERED) return Promise.reject(this.#membrane.decode(answer[1]));
    return Promise.resolve(lightResponse(this.#parts(answer)));
  }

  #parts([, status, statusText, headers, wire, waiter, encodeBody, url, redirected]) {
    const waitUntil = waiter === null ? undefined : this.#membrane.decode(waiter);
    const body = bodyFromWire(wire, this.#membrane);
    return { status, statusText, headers, body, waitUntil, encodeBody, url, redirected };
  }

  host(call, args) {
    switch (call) {
      case HOST.ANSWERED:
        return this.#answered(args[0], args[1]);
      case HOST.CONDEMNED:
        return this.#condemned(args[0]);
      case HOST.MEMBRANE:
        return this.#membrane.serve(args[0], args.slice(1));
      case HOST.CONSOLE:
        return this.#console(args[0], args.slice(1));
      case HOST.UNHANDLED:
        return this.#hooks.unhandled(this.#membrane.decode(args[0]));
      case HOST.UNCAUGHT:
        return this.#hooks.unhandled(new Error(args[0]));
      case HOST.WARN:
        return this.#hooks.warn(args[0]);
      case HOST.ALARM_FAILED:
        return this.#hooks.alarmFailed(...args.slice(0, 4), this.#membrane.decode(args[4]));
      case HOST.ALARM_SOON:
        return this.#expectAlarm(args[0]);
      case HOST.REJECTIONS:
        return this.#rejections();
      case HOST.FETCH:
        return void this.#fetch(...args);
      case HOST.MOCK:
        return this.#hooks.mock?.ask(args, this.#membrane);
      case HOST.OUTBOUND:
        return this.#hooks.outbound();
      case HOST.SIGNAL:
        return this.#followSignal(args[0]);
      case HOST.FORGET_SIGNAL:
        return this.#forgetSignal(args[0]);
      case HOST.AT_REST:
        return this.#atRest();
    }
  }

  #answered(event, answer) {
    const entry = this.#pending.get(event);
    if (entry === undefined) return;
    this.#pending.delete(event);
    waiting(-1);
    this.#settle(answer).then(entry.resolve, entry.reject);
    if (this.#retired) this.retire();
  }

  /** Other workers get their turns once this one's is over, never within it. */
  async #fetch(number, target, method, url, headers, body, cf, nesting) {
    const membrane = this.#membrane;
    const request = { method, url, headers, body: bodyFromWire(body, membrane), cf: membrane.decode(cf), nesting };
    this.#owe(request, true);
    await undefined;
    const answer = await this.#fetched(target, request);
    this.#owe(request, false);
    // The worker may have ended meanwhile, or end with this turn: then nobody waits.
    if (!this.#ended) binding.call(this.#id, CALL.FETCHED, [number, ...answer]);
  }

  /** The parts of the response, or the error alone. */
  async #fetched(target, request) {
    try {
      const response = splitResponse(await this.#hooks.fetch(target, request));
      const { status, statusText, headers, body } = response;
      return [status, statusText, headers, bodyToWire(body, this.#membrane)];
    } catch (error) {
      return [this.#ended ? undefined : this.#membrane.encodeThrown(error)];
    }
  }

  #owe(debt, is) {
    if (is) this.#owed.add(debt);
    else this.#owed.delete(debt);
  }

  /** What the worker waits for from outside, other than by the clock: what Node owes it, and ops by their numbers. */
  outstanding() {
    if (this.#ended) return [];
    return [...this.#owed, ...binding.pending(this.#id).map((op) => `${this.#id}:${op}`)];
  }

  /** Node stays alive for an alarm that is delivered now or soon. */
  #expectAlarm(expected) {
    if (this.#expectsAlarm === expected || this.#ended) return;
    this.#expectsAlarm = expected;
    waiting(expected ? 1 : -1);
  }

  /** What Node's console throws, the worker's throws. */
  #console(method, args) {
    try {
      globalThis.console[method](...args.map((arg) => this.#membrane.decode(arg)));
      return [true];
    } catch (error) {
      return [false, this.#membrane.encodeThrown(error)];
    }
  }

  /** Rejections are looked at again once Node's own microtasks have run: whoever awaits them has come by then. */
  #rejections() {
    setImmediate(() => {
      if (!this.#ended) binding.deliverRejections(this.#id);
    });
  }

  #condemned(code) {
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
  retire() {
    this.#retired = true;
    const reason = () => new InstanceError("ERR_RELOADED", "The worker that this belonged to has been reloaded.");
    if (this.#pending.size === 0) this.#end(reason);
  }

  /** Ends the lane now: an instance that is disposed of rejects what is in flight. */
  dispose() {
    this.#end(disposed);
  }

  #end(reason) {
    if (this.#ended) return;
    this.#expectAlarm(false);
    this.#ended = reason;
    lanes.delete(this.#id);
    this.#membrane.close(reason);
    this.#hooks.mock?.end();
    for (const { reject } of this.#pending.values()) {
      waiting(-1);
      reject(reason());
    }
    this.#pending.clear();
    for (const event of [...this.#signals.keys()]) this.#forgetSignal(event);
    binding.closeLane(this.#id);
  }
}

function brokenError(reason) {
  return new InstanceError(
    "ERR_BROKEN_REALM",
    `The worker has changed built-ins of its realm, and could not answer: ${reason}. Find where it assigns to them; \`reload()\` makes a new realm.`,
  );
}

/** What is said of a script that waits at these places. */
function stalledError(places) {
  const lines = places.map(({ path, line, column, text }) => `    at ${path}:${line}:${column}\n      ${text.trim()}`);
  const [{ path }] = places;
  return new VMScriptRunnerError(
    "ERR_MODULE_STALLED",
    `The script never finishes: its top-level await in "${path}" waits for a promise that nothing can settle any more.\n${lines.join("\n")}`,
  );
}

/** What the workers of an instance wait for from outside. */
function outstanding(instance) {
  return [...lanes.values()].filter((lane) => lane.instance === instance).flatMap((lane) => lane.outstanding());
}

export { Lane, outstanding };
