// `miniflare-rs/durable-objects`: ids, states and storages of Durable Objects that a test constructs itself. The storage is
// the worker's own, over other ops (`durable-ops.js`).

import timers from "node:timers";
const { clearTimeout, setTimeout } = timers;
import { DurableObjectError, describe } from "../errors.ts";
import { objectIds } from "../binding/binding.ts";
import { Request } from "../http/http-request.ts";
import { isResponse } from "../http/http-response.ts";
import { DurableObjectId, DurableObjectNamespace as Namespace } from "../../durable/object-namespace.js";
import { InputGate, OutputGate } from "../../durable/gate.js";
import { waitBy } from "../../realm/simulation.js";
import { DurableObjectState as State } from "../../durable/state.js";
import { DurableObjectStorage as ObjectStorage } from "../../durable/storage.js";
import { constructible } from "./constructible.ts";
import { op_durable_confirm, op_durable_confirmed, openStorage } from "./durable-ops.ts";
import { DurableObjectsPlugin } from "./plugin-classes.ts";
import { storageOf } from "./named-storage.ts";

// In the bundle a class keeps its name as long as nothing else has it: so what is made of them is called otherwise.

const METHODS = Object.getOwnPropertyNames(ObjectStorage.prototype).filter((name) => name !== "constructor");

waitBy(setTimeout, clearTimeout);

/** The parts that a storage is being constructed with; its input gate is that of the state that it is given to. */
let parts;
const gates = new WeakMap();

const OpenStorage = constructible(
  ObjectStorage,
  (storage) => {
    const open = openStorage(storageOf("DurableObjectStorage", storage));
    const input = new InputGate();
    parts = { open, input };
    return [open, { input, output: new OutputGate(open, () => {}) }, { handled: undefined }, true];
  },
  (made, _storage, alarms) => {
    gates.set(made, parts.input);
    if (alarms !== undefined) tellOfAlarms(made, alarms);
    if (!op_durable_confirm(parts.open)) waitUntilOpened(made, op_durable_confirmed(parts.open));
    parts = undefined;
  },
);

function replace(storage, name, method) {
  Object.defineProperty(storage, name, { value: method, writable: true, configurable: true, enumerable: false });
}

/** What is stored on a server is fetched before the first call is made. */
function waitUntilOpened(storage, opened) {
  opened.catch(() => {});
  for (const name of METHODS) {
    const method = storage[name];
    replace(storage, name, async (...args) => {
      await opened;
      return method.apply(storage, args);
    });
  }
}

/** Alarms are stored, and told of to what was given for that; nothing calls a handler. */
function tellOfAlarms(storage, alarms) {
  for (const name of ["setAlarm", "deleteAlarm"]) {
    const method = storage[name];
    replace(storage, name, async (...args) => {
      await method.apply(storage, args);
      await alarms[name](...args.slice(0, method.length - 1));
    });
  }
}

const OpenState = constructible(State, (id, storage) => [id, storage, gates.get(storage) ?? new InputGate()]);

/** A namespace of objects that `factory(id)` gives: what has a `fetch(request)`. */
const OpenNamespace = constructible(Namespace, (binding, factory, context) => {
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
});

async function ask(factory, id, input, init) {
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
