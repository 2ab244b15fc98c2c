// The objects of this worker: which classes are bound, which objects live, and how requests reach them.
//
// An object is constructed when it is first asked for something, and lives as long as the worker. One whose constructor
// throws does not live, nor does one that was reset: the next request constructs it again.

import { core } from "ext:core/mod.js";
import {
  op_durable_alarms_forget,
  op_durable_id_from_name,
  op_durable_id_parse,
  op_durable_id_unique,
  op_durable_open,
  op_durable_sql_abort,
} from "ext:core/ops";
import { deliverAlarm, recallName, reportAlarm, watchAlarms } from "ext:miniflare/durable/alarms.ts";
import { confirm } from "ext:miniflare/durable/entries.ts";
import { InputGate, OutputGate } from "ext:miniflare/durable/gate.ts";
import { Life } from "ext:miniflare/durable/life.ts";
import { callHandler, isThenable, objectError, respond } from "ext:miniflare/durable/handlers.ts";
import { entryOf, mark, markRemote } from "ext:miniflare/durable/object-entries.ts";
import { hibernate, loseAllSockets, loseSockets, socketsOf } from "ext:miniflare/durable/sockets.ts";
import { CLASSES } from "ext:miniflare/durable/object-kinds.ts";
import { within } from "ext:miniflare/durable/event-timeout.ts";
import { DurableObjectFacets, endFacets, isFacet, startupOf } from "ext:miniflare/durable/object-facets.ts";
import { kept, outsideOf } from "ext:miniflare/realm/outside.ts";
import { isSimulating, someTime } from "ext:miniflare/realm/simulation.ts";
import { DurableObjectState } from "ext:miniflare/durable/state.ts";
import { DurableObjectStorage, PLAIN } from "ext:miniflare/durable/storage.ts";
import { Tie } from "ext:miniflare/durable/tie.ts";
import { Request } from "ext:miniflare/web/request-class.ts";
import {
  advance,
  atGate,
  contextWithin,
  countInternalSubrequest,
  currentContext,
  depart,
  enter,
  eventContext,
  objectContext,
} from "ext:miniflare/realm/context.ts";
import { awaited } from "ext:miniflare/realm/waits.ts";
import { currentTrace, tracedFetch } from "ext:miniflare/realm/trace.ts";
import * as events from "ext:miniflare/durable/object-events.ts";
import { load } from "ext:miniflare/realm/lazy.ts";
import { remote } from "ext:miniflare/realm/remote.ts";
import { HOST, host } from "ext:miniflare/realm/port.ts";
import { fetchElsewhere } from "ext:miniflare/membrane/worker/elsewhere.ts";
import { arrivingRequest, arrivingResponse } from "ext:miniflare/web/wire-request.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { reportError } from "ext:miniflare/web/rejections.ts";
import type * as miniflare from "../../index.d.ts";
import type { RequestContext } from "ext:miniflare/realm/context.ts";
import type { Here, Reach } from "ext:miniflare/realm/remote.ts";
import type { AlarmInfo, AlarmState } from "ext:miniflare/durable/alarms.ts";
import type { Open } from "ext:miniflare/durable/entries.ts";
import type { ObjectInstance } from "ext:miniflare/durable/handlers.ts";
import type { ObjectClass } from "ext:miniflare/durable/object-class.ts";
import type { ByBinding, ById, ObjectGates, StorageEntry } from "ext:miniflare/durable/object-entries.ts";
import type { Home } from "ext:miniflare/durable/object-facets.ts";
import type { LifeSockets, SocketEvent } from "ext:miniflare/durable/sockets.ts";
import type { StorageKind } from "ext:miniflare/durable/storage.ts";
import type { DurableObjectNamespace, NamespaceBackend } from "./object-namespace.ts";
import type { Binding, Call, Soon, Work } from "./object-calls.ts";

core.registerErrorBuilder("ERR_DESERIALIZATION", (message) => objectError("ERR_DESERIALIZATION", message));

/** The class of each binding whose objects live in this worker; those of others live where their script runs. */
const classes = new Map<string, ObjectClass>();
/** What their storage is, if it is not the plain one. */
const kinds = new Map<string, StorageKind>();
/** By binding, then by id. */
const storages: ByBinding<StorageEntry> = new Map();
const objects: ByBinding<LivingObject> = new Map();

/** The namespaces of these names to bind, `[name, namespace]` each. `flags` are the enabled compatibility flags. */
export function namespaces(bindings: string[], flags: string[]): [name: string, namespace: DurableObjectNamespace][] {
  const enabled = new Set(flags);
  const backend: NamespaceBackend = {
    idFromName: op_durable_id_from_name,
    uniqueId: (binding, now) => kept("newUniqueId", op_durable_id_unique(binding, now)),
    parseId: op_durable_id_parse,
    isEnabled: (flag) => enabled.has(flag),
    member(binding, hex, member, name, given) {
      const tie = given as Tie;
      tie.reach ??= reachOf(binding, hex, name, tie);
      return remote().member(tie.reach, member);
    },
    tie: () => new Tie(),
    warn: (text) => host(HOST.WARN, text),
    fetch: (binding, hex, input, init, { name }, tie) =>
      awaited("object", fetchOf([binding, hex, name], input, init, tie as Tie), "fetch of", binding, name ?? hex),
  };
  return bindings.map((name) => [name, new (load(CLASSES).DurableObjectNamespace)(name, backend)]);
}

async function fetchOf(target: Target, input: RequestInfo | URL, init: RequestInit | undefined, tie: Tie) {
  const leaves = depart();
  if (leaves !== undefined) await leaves;
  const ask = classes.has(target[0]) ? askHere : askElsewhere;
  const response = await ask(target, input, init, tie);
  const arrives = isSimulating() ? someTime().then(advance) : advance();
  if (arrives !== undefined) await arrives;
  return response;
}

/** An object, and the name of its id if that is known. */
type Target = [binding: string, hex: string, name?: string];

async function askHere(target: Target, input: RequestInfo | URL, init: RequestInit | undefined, tie: Tie) {
  const opening = storageOf(...target).opening;
  if (opening !== undefined) await opening;
  const request = arrivingRequest(input, init);
  countInternalSubrequest();
  const context = objectContext();
  const work = () => enter(context, () => objectOver(target, tie).fetch(request));
  const event = () => events.asEvent(context, "fetch", () => `${request.method} ${request.url}`, work);
  return arrivingResponse(await tracedFetch(context, request, () => events.byObject(target[0], target[1]), event));
}

/** The object for a stub, which is of no use after the end of the life that it has reached. */
function objectOver([binding, hex]: Target, tie: Tie) {
  tie.check();
  try {
    const object = objectOf(binding, hex);
    tie.reached(object.gate);
    return object;
  } catch (error) {
    tie.fail(error);
    throw error;
  }
}

/** How RPC reaches an object: here, or in the worker that has its class. */
export function reachOf(binding: string, hex: string, name: string | undefined, tie = new Tie()): Reach {
  const target: Target = [binding, hex, name];
  const here: Here = (call, path) => {
    const context = objectContext();
    const work = () => callHere(target, call, context, tie);
    return events.tracedCall(context, binding, hex, path, () => events.asEvent(context, "rpc", () => binding, work));
  };
  return { here: classes.has(binding) ? here : undefined, address: addressOf(target), tie };
}

/** A name that is unknown does not cross. */
const addressOf = ([binding, hex, name]: Target): [binding: string, hex: string, name?: string] & readonly string[] =>
  name === undefined ? [binding, hex] : [binding, hex, name];

function callHere<Result>(target: Target, call: Call<Result>, context = currentContext(), tie = new Tie()) {
  const { opening } = storageOf(target[0], target[1], target[2]);
  if (opening !== undefined) return opening.then(() => callOpen(target, call, context, tie));
  try {
    return callOpen(target, call, context, tie);
  } catch (error) {
    return Promise.reject(error);
  }
}

function callOpen<Result>(target: Target, call: Call<Result>, context: RequestContext | undefined, tie: Tie) {
  countInternalSubrequest();
  return enter(context, () => objectOver(target, tie).call(call));
}

/** Serves a call by RPC from outside the worker. */
export const callObject = (target: Target, path: string[], message?: object, depth?: number) =>
  events.callEvent(depth, target, path, () => remote().serveObject((call) => callHere(target, call), path, message));

async function askElsewhere(target: Target, input: RequestInfo | URL, init: RequestInit | undefined, tie: Tie) {
  tie.check();
  const request = new Request(input, init);
  countInternalSubrequest();
  try {
    return await fetchElsewhere(addressOf(target), request, objectContext());
  } catch (error) {
    tie.note(error);
    throw error;
  }
}

/**
 * Finds the classes that `[binding, className, scriptName]` name among what the script exports, and delivers the alarms
 * of their objects from now on; none on its own unless `alarms`. `deletesAlarm` is whether `deleteAll()` of an object with
 * a database deletes its alarm.
 */
export function bindClasses(
  bindings: Binding[],
  exported: Record<string, unknown>,
  alarms: boolean,
  deletesAlarm: boolean,
) {
  for (const [binding, className, scriptName, hasSql] of bindings) {
    const Class = Object.hasOwn(exported, className) ? exported[className] : undefined;
    if (typeof Class !== "function") {
      const script = scriptName === undefined ? "" : ` in script "${scriptName}"`;
      const text = `Class "${className}"${script} for Durable Object "${binding}" not found`;
      throw objectError("ERR_CLASS_NOT_FOUND", text);
    }
    classes.set(binding, Class as ObjectClass);
    events.nameClass(binding, className);
    if (hasSql) kinds.set(binding, { hasSql, deletesAlarm });
  }
  if (classes.size > 0) watchAlarms([...classes.keys()], alarms, deliverAlarmOf, reportAlarm);
}

/** A request from outside the worker; a promise of the response. */
export async function fetchObject([binding, hex, name]: Target, request: Request) {
  const opening = storageOf(binding, hex, name).opening;
  if (opening !== undefined) await opening;
  currentTrace()?.by(events.byObject(binding, hex));
  return objectOf(binding, hex).fetch(request);
}

/**
 * The storage that the object has or will have. One on a server has to be fetched before anything is asked of it: then
 * `opening` is a promise of that.
 */
export function storageOf(binding: string, hex: string, name?: string) {
  const entry = storages.get(binding)?.get(hex) ?? openStorage(binding, hex);
  entry.alarm.name ??= name;
  return entry;
}

function openStorage(binding: string, hex: string) {
  return entryOf(storages, binding, hex, () => {
    const open = op_durable_open(binding, hex, kinds.get(binding)?.hasSql ?? false);
    const entry = storageOver(open, binding, hex);
    entry.opening = opened(entry, () => (storages.get(binding) as ById<StorageEntry>).delete(hex));
    return entry;
  });
}

function opened(entry: StorageEntry, forget: () => void) {
  const opening = confirm(entry.open);
  if (opening === undefined) return undefined;
  return (async () => {
    try {
      await opening;
      entry.opening = undefined;
    } catch (error) {
      forget();
      throw error;
    }
  })();
}

/**
 * Forgets an object over `open` whose writes were lost, or that may be another's by now: the next request finds what is
 * stored. Many may tell of one loss.
 */
function lose(binding: string, hex: string, open: Open) {
  const known = storages.get(binding)?.get(hex);
  if (known?.open !== open) return;
  known.gates.life.end();
  endFacets(binding, hex, home);
  op_durable_sql_abort(open);
  (storages.get(binding) as ById<StorageEntry>).delete(hex);
  objects.get(binding)?.delete(hex);
  loseSockets(binding, hex);
  op_durable_alarms_forget();
}

/** Forgets the object behind gates that broke: the next request constructs it again. */
function reset(binding: string, hex: string, gates: ObjectGates, error: unknown) {
  markRemote(error);
  mark(error, "durableObjectReset");
  gates.life.cut();
  if (storages.get(binding)?.get(hex)?.gates !== gates) return;
  endFacets(binding, hex, home, { error });
  evict(binding, hex);
  loseSockets(binding, hex);
}

/** Facets are objects whose ids begin with those of the objects that they are in. */
const home: Home = {
  call: (binding, hex, call, tie) => callHere([binding, hex], call, objectContext(), tie),
  fetch: (binding, hex, input, init, tie) => askHere([binding, hex], input, init, tie),
  end(binding, hex, error) {
    storages.get(binding)?.get(hex)?.gates.input.abort(error, false);
    forgetFacet(binding, hex);
  },
  evict(binding, hex) {
    evict(binding, hex);
    forgetFacet(binding, hex);
  },
};

/** Its storage is opened again by its next life. */
function forgetFacet(binding: string, hex: string) {
  loseSockets(binding, hex);
  storages.get(binding)?.delete(hex);
}

/** Gates, and a storage behind them. */
export function storageOver(open: Open, binding: string, hex: string, name?: string): StorageEntry {
  const output = new OutputGate(open, () => lose(binding, hex, open));
  const input = new InputGate((error) => reset(binding, hex, gates, error));
  const gates: ObjectGates = { input, output, life: new Life(), binding };
  const alarm: AlarmState = { handled: undefined, name, isFacet: isFacet(hex) };
  const kind = kinds.get(binding) ?? PLAIN;
  return { gates, open, alarm, kind, storage: new DurableObjectStorage(open, gates, alarm, kind) };
}

/** Delivers an object's alarm, in a context of its own. An object that cannot be constructed has failed to handle it. */
export const deliverAlarmOf = (binding: string, hex: string, isForced: boolean) =>
  events.alarmEvent(binding, hex, () => handleAlarm(binding, hex, isForced));

async function handleAlarm(binding: string, hex: string, isForced: boolean) {
  const { gates, open, opening, alarm } = storageOf(binding, hex);
  if (opening !== undefined) await opening;
  await outsideOf()?.arrive({ kind: "alarm", binding, id: hex, isForced });
  recallName(open, alarm);
  let object: LivingObject;
  let failure: { error: unknown } | undefined;
  try {
    object = objectOf(binding, hex);
  } catch (error) {
    failure = { error };
  }
  const call = (info: AlarmInfo) => {
    if (failure !== undefined) throw failure.error;
    return gates.input.guard(object.alarm(info));
  };
  const handle = (info: AlarmInfo) => events.tracedAlarm(binding, hex, info.scheduledTime, () => call(info));
  const deliver = (handle: (info: AlarmInfo) => unknown) =>
    deliverAlarm(
      open,
      isForced,
      () => confirmAlone(gates),
      handle,
      () => gates.input.mayRetryAlarm,
    );
  const refuse = (error: unknown) =>
    deliver(() => {
      throw error;
    });
  (currentContext() as RequestContext).gates = gates;
  gates.life.begin();
  try {
    return await gates.input.enter(() => deliver(handle), refuse);
  } catch (error) {
    gates.output.doubt();
    throw error;
  } finally {
    gates.life.finish();
    await gates.output.pass();
  }
}

/** Delivers an event of a socket that the object has accepted: a promise of when its handler is called, unless it was. */
function deliverSocketEvent(binding: string, hex: string, event: SocketEvent): Promise<unknown> | undefined {
  const { opening } = storageOf(binding, hex);
  if (opening !== undefined)
    return opening.then(
      () => deliverSocketEvent(binding, hex, event),
      () => loseSockets(binding, hex),
    );
  const context = eventContext();
  const heard = events.recorded(context, binding, hex, event);
  return enter(context, () => {
    try {
      return objectOf(binding, hex).hear(heard);
    } catch (error) {
      // The constructor has failed, which ends the connections of the object, as in Workers.
      return void reportError(error);
    }
  });
}

/** Keeps events out until what was written is safe, if that takes a while. */
function confirmAlone({ input, output }: ObjectGates) {
  output.wrote();
  return output.pass()?.finally(input.hold());
}

/** The object, constructed if it does not live. */
export function objectOf(binding: string, hex: string) {
  return objects.get(binding)?.get(hex) ?? construct(binding, hex);
}

/** Whether the class of this binding is bound here, so that its objects live in this worker. */
export const isHere = (binding: string) => classes.has(binding);

/** The digits of the ids of a binding's objects that live. */
export const livingIds = (binding: string) => [...(objects.get(binding)?.keys() ?? [])].filter((hex) => !isFacet(hex));

/**
 * Forgets an object; whether it lived. Events that it is handling go on over the same entries, but a gate that
 * it closes delays no event any more; its timers end with them. A transaction of a database that is open is rolled back.
 */
export function evict(binding: string, hex: string) {
  const known = storages.get(binding)?.get(hex);
  if (known !== undefined) {
    known.gates.life.end();
    endFacets(binding, hex, home);
    op_durable_sql_abort(known.open);
    (storages.get(binding) as ById<StorageEntry>).set(hex, storageOver(known.open, binding, hex, known.alarm.name));
  }
  hibernate(binding, hex);
  return objects.get(binding)?.delete(hex) ?? false;
}

/** Forgets all objects; the connections of their sockets end if it `closes` them. */
export function evictAll(closes: boolean) {
  for (const binding of objects.keys()) for (const hex of livingIds(binding)) evict(binding, hex);
  if (closes) loseAllSockets();
}

/** Resets all objects that live, which a method of Workers does. */
export function abortAll(method: string) {
  const error = new Error(`Application called ${method}().`);
  for (const living of objects.values()) for (const object of [...living.values()]) object.abort(error);
}

class LivingObject {
  #gates: ObjectGates;
  #state!: DurableObjectState;
  #instance: ObjectInstance | undefined;
  #failure: unknown;
  #sockets: LifeSockets | undefined;
  #facets: DurableObjectFacets | undefined;
  #binding: string;
  #hex: string;

  constructor(gates: ObjectGates, binding: string, hex: string) {
    this.#gates = gates;
    this.#binding = binding;
    this.#hex = hex;
  }

  /** Of this life of the object. */
  get gate() {
    return this.#gates.input;
  }

  /** Resets the object. */
  abort(error: Error) {
    this.#gates.input.abort(error, true);
  }

  /** What this life of the object has to do with sockets. */
  get sockets(): LifeSockets {
    const [binding, hex] = [this.#binding, this.#hex];
    return (this.#sockets ??= socketsOf(binding, hex, (event) => deliverSocketEvent(binding, hex, event)));
  }

  get facets(): DurableObjectFacets {
    const [binding, hex] = [this.#binding, this.#hex];
    const hasSql = kinds.get(binding)?.hasSql ?? false;
    return (this.#facets ??= new DurableObjectFacets({ binding, hex, hasSql, id: this.#state.id }, home));
  }

  /** `alarm` learns whether there is a handler: a field may be one, so without a method that is unknown until then. */
  construct(Class: ObjectClass, state: DurableObjectState, alarm: AlarmState) {
    this.#state = state;
    alarm.handled = typeof Class.prototype?.alarm === "function" || undefined;
    try {
      this.#instance = new Class(state, worker.env);
      alarm.handled = typeof this.#instance.alarm === "function";
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  fetch(request: Request) {
    return this.call((instance) => respond(instance, request));
  }

  /**
   * Runs `call(instance)`, a request or a call by RPC, as an event of the object. What the constructor itself asks for is
   * delivered when the constructor is done.
   */
  call<Result>(call: Call<Result>): Promise<Result> {
    if (this.#instance === undefined) this.#gates.input.use();
    this.#enterContext();
    this.#gates.life.begin();
    return this.#gates.input.enter(() => this.#deliver(call));
  }

  /** Runs `work(instance, state)`, code in Node, as an event of the object. */
  async run<Result>(work: Work<Result>, soon: Soon): Promise<Result> {
    this.#enterContext();
    this.#gates.life.begin();
    try {
      return await this.#gates.input.enterGuest(() => work(this.#instance as object, this.#state), soon);
    } catch (error) {
      this.#gates.output.doubt();
      throw error;
    } finally {
      this.#gates.life.finish();
      await this.#gates.output.pass();
    }
  }

  /** What the code at hand does from now on, it does within this object. */
  #enterContext() {
    const context = currentContext();
    if (context !== undefined) context.gates = this.#gates;
  }

  /** Calls the object's handler. The caller has entered the gate. */
  alarm(info: AlarmInfo) {
    const instance = this.#instance;
    if (instance === undefined) throw this.#failure;
    if (instance.alarm) return instance.alarm(info);
    throw objectError("ERR_NO_HANDLER", "No alarm handler defined in Durable Object");
  }

  /** Calls the handler of an event of a socket: a promise of when that is, if it has to wait. */
  hear(event: SocketEvent): Promise<unknown> | undefined {
    if (this.#instance === undefined) this.#gates.input.use();
    this.#enterContext();
    this.#gates.life.begin();
    let isCalled = false;
    let called = () => {};
    const call = () => {
      isCalled = true;
      called();
      return this.#handle(event);
    };
    const refuse = async () => {
      called();
      this.#gates.life.finish();
    };
    this.#gates.input.enter(call, refuse);
    return isCalled ? undefined : new Promise<void>((resolve) => (called = resolve));
  }

  async #handle(event: SocketEvent) {
    try {
      const instance = this.#instance;
      if (instance === undefined) throw this.#failure;
      await this.#gates.input.guard(within(event.timeout, event.handler, callHandler(instance, event, this.sockets)));
    } catch (error) {
      this.#gates.output.doubt();
      if (!this.#gates.input.isAbortedBy(error)) reportError(error);
    } finally {
      this.#gates.life.finish();
      event.done();
      // The gate itself sees to an object whose writes were lost.
      await this.#gates.output.pass()?.catch(() => {});
    }
  }

  async #deliver<Result>(call: Call<Result>): Promise<Result> {
    try {
      const instance = this.#instance;
      if (instance === undefined) throw this.#failure;
      const outcome = this.#gates.input.guard(call(instance));
      return (isThenable(outcome) ? await outcome : outcome) as Result;
    } catch (error) {
      markRemote(error);
      this.#gates.output.doubt();
      throw error;
    } finally {
      this.#gates.life.finish();
      const unconfirmed = this.#gates.output.pass();
      if (unconfirmed !== undefined) await atGate(unconfirmed);
    }
  }
}

function construct(binding: string, hex: string) {
  const facet = startupOf(binding, hex);
  const Class = facet?.Class ?? classOf(binding);
  const { gates, storage, alarm } = storageOf(binding, hex);
  const object = entryOf(objects, binding, hex, () => new LivingObject(gates, binding, hex));
  const id = facet === undefined ? idOf(binding, hex, alarm.name) : (facet.id as miniflare.DurableObjectId);
  const state = new DurableObjectState(id, storage, gates.input, object, facet?.props);
  try {
    // The first caller lends its limits and its time, but work that the constructor begins is the object's.
    enter(contextWithin(currentContext(), gates), () => object.construct(Class, state, alarm));
    return object;
  } catch (error) {
    markRemote(error);
    mark(error, "durableObjectReset");
    // What the constructor began before it failed is no part of the object that the next request constructs.
    evict(binding, hex);
    loseSockets(binding, hex);
    throw error;
  }
}

function idOf(binding: string, hex: string, name: string | undefined) {
  const { DurableObjectId, parsedId } = load(CLASSES);
  const [, jurisdiction] = parsedId(binding, hex, { parseId: op_durable_id_parse });
  return new DurableObjectId(binding, hex, name, jurisdiction);
}

function classOf(binding: string) {
  const Class = classes.get(binding);
  if (Class !== undefined) return Class;
  const known = [...classes.keys()].join(", ") || "none";
  const text = `No class is bound to Durable Object "${binding}" by the option "durableObjects" (bound: ${known})`;
  throw objectError("ERR_CLASS_NOT_FOUND", text);
}
