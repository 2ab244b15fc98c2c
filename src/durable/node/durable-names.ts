// `miniflare-rs/durable-objects`: ids, states and storages of Durable Objects that a test constructs itself. The storage is
// the worker's own, over other ops (`durable-ops.ts`).

import timers from "node:timers";
const { clearTimeout, setTimeout } = timers;
import { DurableObjectError, describe } from "../../node/errors.ts";
import { objectIds } from "../../node/binding/binding.ts";
import { Request } from "../../node/http/http-request.ts";
import { isResponse } from "../../node/http/http-response.ts";
import { makeFair } from "../../node/instance/fairly.ts";
import { DurableObjectId, DurableObjectNamespace as Namespace } from "../object-namespace.ts";
import { InputGate, OutputGate } from "../gate.ts";
import { waitBy } from "../../realm/simulation.ts";
import { DurableObjectState as State } from "../state.ts";
import { DurableObjectStorage as ObjectStorage } from "../storage.ts";
import { PROMISING } from "./promising.ts";
import { constructible } from "../../node/names/constructible.ts";
import { op_durable_confirm, op_durable_confirmed, openStorage } from "./durable-ops.ts";
import { DurableObjectsPlugin } from "../../node/names/plugin-classes.ts";
import { storageOf } from "../../node/names/named-storage.ts";
import { GUEST } from "./guest.ts";
import type { GuestState } from "../../worker/contract.ts";
import type { NamespaceBackend } from "../object-namespace.ts";
import type * as miniflare from "../../../index.d.ts";
import type * as contract from "../../../types/durable-objects.d.ts";

type Alarms = NonNullable<ConstructorParameters<typeof contract.DurableObjectStorage>[1]>;
type Factory = ConstructorParameters<typeof contract.DurableObjectNamespace>[1];
/** What is called with whatever the test has called it with. */
interface AlarmMethods {
  setAlarm(...args: unknown[]): unknown;
  deleteAlarm(...args: unknown[]): unknown;
}
/** What a storage is being constructed with. */
interface Parts {
  open: ReturnType<typeof openStorage>;
  gates: Gates;
}
interface Gates {
  input: InputGate;
  output?: OutputGate;
}
/** What Miniflare 2's namespaces were given besides: compatibility flags and a log. */
interface Context {
  compat?: { isEnabled(flag: string): boolean };
  log?: { warn(text: string): void };
}

// In the bundle a class keeps its name as long as nothing else has it: so what is made of them is called otherwise.

waitBy(setTimeout, clearTimeout);
makeFair(ObjectStorage, PROMISING);

/** The parts that a storage is being constructed with; its gates are those of the state that it is given to. */
let parts: Parts | undefined;
const gatesOf = new WeakMap<miniflare.DurableObjectStorage, Gates>();
/** The state that is being constructed. */
let gates: Gates = { input: new InputGate() };

const OpenStorage: typeof contract.DurableObjectStorage = constructible(
  ObjectStorage,
  (storage: unknown, _alarms?: Alarms) => {
    const open = openStorage(storageOf("DurableObjectStorage", storage));
    const gates = { input: new InputGate(), output: new OutputGate(open, () => {}) };
    parts = { open, gates };
    return [open, gates, { handled: undefined }, undefined, true];
  },
  (made, _storage, alarms) => {
    // The function above has set them.
    const { open, gates } = parts as Parts;
    gatesOf.set(made, gates);
    if (alarms !== undefined) tellOfAlarms(made, alarms);
    if (!op_durable_confirm(open)) waitUntilOpened(made, op_durable_confirmed(open));
    parts = undefined;
  },
);

function replace(storage: object, name: string, method: (...args: unknown[]) => unknown) {
  Object.defineProperty(storage, name, { value: method, writable: true, configurable: true, enumerable: false });
}

/** What is stored on a server is fetched before the first call is made. */
function waitUntilOpened(storage: miniflare.DurableObjectStorage, opened: Promise<void>) {
  opened.catch(() => {});
  for (const name of PROMISING) {
    const method: (...args: unknown[]) => unknown = Reflect.get(storage, name);
    replace(storage, name, async (...args) => {
      await opened;
      return method.apply(storage, args);
    });
  }
}

/** Alarms are stored, and told of to what was given for that; nothing calls a handler. */
function tellOfAlarms(storage: AlarmMethods, alarms: AlarmMethods) {
  for (const name of ["setAlarm", "deleteAlarm"] as const) {
    const method = storage[name];
    replace(storage, name, async (...args) => {
      await method.apply(storage, args);
      await alarms[name](...args.slice(0, method.length - 1));
    });
  }
}

const OpenState: typeof contract.DurableObjectState = constructible(
  State,
  (id: miniflare.DurableObjectId, storage: miniflare.DurableObjectStorage) => {
    gates = gatesOf.get(storage) ?? { input: new InputGate() };
    return [id, storage, gates.input];
  },
  (state) => Object.defineProperty(state, GUEST, { value: guestOf(state, gates), configurable: true }),
);

/** How events run behind the gates of a state. */
function guestOf(state: miniflare.DurableObjectState, { input, output }: Gates): GuestState {
  const depart = async () => void (await output?.pass());
  const run = async <Result>(work: () => Result | Promise<Result>) => {
    try {
      return await input.enter(async () => work());
    } finally {
      await depart();
    }
  };
  return { state, run, depart, arrive: async () => input.pass() };
}

/** A namespace of objects that `factory(id)` gives: what has a `fetch(request)`. */
const OpenNamespace: typeof contract.DurableObjectNamespace = constructible(Namespace, namespaceArguments);

function namespaceArguments(binding: unknown, factory: Factory, context?: Context): [string, NamespaceBackend] {
  if (typeof factory !== "function") {
    throw new TypeError(`new DurableObjectNamespace() takes a name and a function of ids, got ${describe(factory)}`);
  }
  return [
    String(binding),
    {
      ...objectIds,
      fetch: (_binding, _hex, input, init, id) => ask(factory, id, input, init),
      isEnabled: (flag) => context?.compat?.isEnabled(flag) ?? false,
      warn: (text) => context?.log?.warn(text),
    },
  ];
}

async function ask(
  factory: Factory,
  id: miniflare.DurableObjectId,
  input: miniflare.RequestInfo,
  init: miniflare.RequestInit | undefined,
) {
  const object = await factory(id);
  if (typeof object?.fetch !== "function") {
    throw new DurableObjectError("ERR_NO_HANDLER", "No fetch handler defined in Durable Object");
  }
  const isGiven = input instanceof Request && init === undefined;
  const response = await object.fetch(isGiven ? input : new Request(input, init));
  if (isResponse(response)) return response;
  const text = "Durable Object fetch handler didn't respond with a Response object";
  throw new DurableObjectError("ERR_RESPONSE_TYPE", text);
}

export {
  DurableObjectError,
  DurableObjectId,
  OpenNamespace as DurableObjectNamespace,
  DurableObjectsPlugin,
  OpenState as DurableObjectState,
  OpenStorage as DurableObjectStorage,
};
