// `structuredClone`: upstream's, with buffers that change hands. Nothing else can: workers have no ports.

import { core } from "ext:core/mod.js";
import { op_web_refuse_storage } from "ext:core/ops";
import { cloneDistant } from "ext:miniflare/web/blobs.ts";
import { CLONE } from "ext:miniflare/realm/port.ts";

const {
  isUncloneable,
  markNotSerializable,
  structuredClone: clone,
} = core.loadExtScript("ext:deno_web/13_message_port.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

/** A class, by what its objects have in common. */
interface Interface {
  readonly prototype: object;
}

/** The interfaces whose objects have no clone. Unmarked, they would come out as empty objects. */
export function refuseClones(interfaces: readonly Interface[]) {
  for (const { prototype } of interfaces) markNotSerializable(prototype);
  refuseStorage(interfaces);
}

/** The interfaces whose objects no storage takes. */
export function refuseStorage(interfaces: readonly Interface[]) {
  for (const { prototype } of interfaces) op_web_refuse_storage(prototype);
}

/** Whether `structuredClone` refuses an object for its class. */
export const refusesClone = (value: object) => isUncloneable(value);

type CloneArguments = [value?: unknown, options?: { transfer?: Iterable<unknown> }];

export function structuredClone(...args: CloneArguments) {
  const [value, options] = args;
  const transfer = options?.transfer;
  if (transfer === undefined) return cloned(...args);
  const buffers = new Set<ArrayBuffer>();
  for (const buffer of transfer) {
    assertTransferable(buffer);
    if (buffers.has(buffer)) throw refused("an ArrayBuffer that is in the list twice");
    buffers.add(buffer);
  }
  const copy = cloned(value);
  // The copy has its own memory by now; who gave a buffer away has it no more.
  for (const buffer of buffers) buffer.transfer();
  return copy;
}

/** The bytes of a clone, in the version that Node reads too. */
export function serialize(value: unknown): Uint8Array {
  const bytes = refusing(value, () => core.serialize(value), TypeError);
  bytes[1] = CLONE.VERSION;
  return bytes;
}

function cloned(...args: CloneArguments) {
  const [value] = args;
  return refusing(value, () => cloneDistant(value) ?? clone(...args), Error);
}

/** What `work` makes of a value, which must be one that can be cloned; `Failure` is the class of the serializer's own errors. */
function refusing<T>(value: unknown, work: () => T, Failure: ErrorConstructor): T {
  if (isUncloneable(value ?? null)) {
    throw new DOMException(
      `#<${(value as object).constructor?.name ?? "Object"}> could not be cloned.`,
      "DataCloneError",
    );
  }
  try {
    return work();
  } catch (error) {
    // What the serializer itself refuses, it refuses with an error that says no more.
    if ((error as Error).constructor !== Failure || !(error as Error).message.endsWith("could not be cloned."))
      throw error;
    throw new DOMException((error as Error).message, "DataCloneError");
  }
}

function assertTransferable(value: unknown): asserts value is ArrayBuffer {
  if (value instanceof ArrayBuffer && !value.detached) return;
  const what =
    value instanceof ArrayBuffer ? "an ArrayBuffer that is detached already" : "a value that is no ArrayBuffer";
  throw refused(what);
}

function refused(what: string) {
  return new DOMException(`Failed to execute 'structuredClone': ${what} cannot be transferred.`, "DataCloneError");
}
