// What the room of Durable Objects adds to an instance in Node.

import { kinds } from "./node-object-kinds.ts";
import { idParts, likelyParts, objectNamespaces, soon } from "./node-objects.ts";

/** The method by which an environment's tests get a state to construct an object with. */
const STATE = Symbol("state");

const methods = {
  /** The namespace of a binding. It stays valid: its stubs reach whichever worker is loaded. */
  async getDurableObjectNamespace(inside, name) {
    await inside.worker.lane();
    return inside.part(openNamespaces)(name);
  },

  /** The storage of the object with this id, whether the object has been constructed or not. It stays valid. */
  async getDurableObjectStorage(inside, id) {
    const parts = await partsOf(inside, "getDurableObjectStorage", id);
    const { DurableObjectStorage } = require("./object-storage.ts");
    const open = async () => {
      const control = await controlOf(inside, parts);
      return [control, await control.objectStorage(...parts)];
    };
    return DurableObjectStorage.open(() => home(inside, parts[0]).control, open);
  },

  /** The ids of the objects of a binding that live or have stored something, in the order of their digits. */
  async getDurableObjectIds(inside, name) {
    const namespace = await methods.getDurableObjectNamespace(inside, name);
    const digits = await (await controlOf(inside, [name])).objectIds(name);
    return digits.map((hex) => namespace.idFromString(hex));
  },

  /** Calls `work(instance, state)` as an event of the object, constructed if it does not live. */
  async runWithDurableObject(inside, id, work) {
    const parts = await partsOf(inside, "runWithDurableObject", id);
    return (await controlOf(inside, parts)).runWithObject(...parts, work, soon);
  },

  /** Has the object constructed anew when it is next asked for something; whether it lived. */
  async evictDurableObject(inside, id) {
    const parts = await partsOf(inside, "evictDurableObject", id);
    return (await controlOf(inside, parts)).evictObject(...parts);
  },

  /** Delivers the alarms that are set, of all objects or of those with these ids, and awaits their handlers. */
  async flushDurableObjectAlarms(inside, ids, { onlyDue = false } = {}) {
    const chosen =
      ids && (await Promise.all([ids].flat().map((id) => partsOf(inside, "flushDurableObjectAlarms", id))));
    await inside.worker.lane();
    return inside.group.flushAlarms(chosen, onlyDue);
  },

  /** `{ state, run(work), depart(), arrive() }` of the worker, for an object that is constructed in Node. */
  async [STATE](inside, id) {
    const parts = idParts("getMiniflareDurableObjectState", id);
    return (await controlOf(inside, parts)).stateForGuest(...parts, soon);
  },
};

function openNamespaces(inside) {
  return objectNamespaces({
    dispatch: (target, request) => dispatch(inside, target, request),
    isEnabled: (flag) => inside.worker.flags.includes(flag),
    warn: (text) => inside.log.warn(text),
  });
}

/** Dispatches to `[binding, id]` of an object that this worker is bound to, wherever it lives. */
function dispatch(inside, target, request) {
  const { worker } = inside;
  if (worker.isReady) return home(inside, target[0]).dispatch(target, request);
  return worker.lane().then(() => home(inside, target[0]).dispatch(target, request));
}

/** The worker that the objects of a binding live in. */
const home = ({ group, worker }, binding) => group.home(worker, binding);

/** What the worker that an object lives in can be asked. */
async function controlOf(inside, [binding]) {
  await inside.worker.lane();
  return (await home(inside, binding).lane()).control;
}

/** The binding and the digits of an id that `method` was called with. */
async function partsOf(inside, method, id) {
  const parts = idParts(method, id);
  if (parts !== undefined) return parts;
  await inside.worker.lane();
  return likelyParts(method, id, inside.group.objectNames);
}

export { kinds, methods, STATE };
