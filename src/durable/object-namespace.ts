// What names and reaches Durable Objects: namespaces, ids and stubs. One copy runs in the worker (`env.NAME`) and one in
// Node (`mf.getDurableObjectNamespace`), each over a backend of its own. An id is a value: its binding and its digits.

import type * as miniflare from "../../index.d.ts";

/** The digits of ids. */
interface ObjectIds {
  idFromName(binding: string, name: string): string;
  uniqueId(binding: string, now: number): string;
  /** @throws {TypeError} for a text that is not an id of the binding */
  parseId(binding: string, text: string): string;
}

interface NamespaceBackend extends ObjectIds {
  fetch(
    binding: string,
    hex: string,
    input: miniflare.RequestInfo,
    init: miniflare.RequestInit | undefined,
    id: DurableObjectId,
    tie: object | undefined,
  ): globalThis.Response | Promise<globalThis.Response>;
  /** A member that stubs do not have themselves: by RPC it is the object's. */
  member?(binding: string, hex: string, member: string, name: string | undefined, tie: object | undefined): unknown;
  /** What a stub keeps of the life of the object that it has reached. */
  tie?(): object;
  /** Whether a compatibility flag is on. */
  isEnabled(flag: string): boolean;
  warn(text: string): void;
}

/** The binding and the digits of an id. */
type Parts = [binding: string, hex: string];
type Jurisdiction = miniflare.DurableObjectJurisdiction;
type UniqueIdOptions = { jurisdiction?: Jurisdiction };

const JURISDICTIONS: readonly Jurisdiction[] = ["eu", "us", "fedramp", "fedramp-high"];
/** What relative URLs are relative to. */
const BASE = "https://fake-host";
const HTTP = /^https?:\/\//i;

let partsOf: (id: unknown) => Parts | undefined;
let stubPartsOf: (stub: object) => [...parts: Parts, name: string | undefined] | undefined;

class DurableObjectId implements miniflare.DurableObjectId {
  declare readonly name?: string;
  declare readonly jurisdiction?: Jurisdiction;
  #binding: string;
  #hex: string;

  constructor(binding: string, hex: string, name?: string, jurisdiction?: Jurisdiction) {
    this.#binding = binding;
    this.#hex = hex;
    this.name = name;
    if (jurisdiction !== undefined) this.jurisdiction = jurisdiction;
  }

  static {
    partsOf = (id) => (typeof id === "object" && id !== null && #hex in id ? [id.#binding, id.#hex] : undefined);
  }

  equals(other: miniflare.DurableObjectId) {
    return partsOf(other)?.[1] === this.#hex;
  }

  toString() {
    return this.#hex;
  }
}

class DurableObjectStub implements miniflare.DurableObjectStub {
  declare readonly id: DurableObjectId;
  #backend: NamespaceBackend;
  #binding: string;
  #hex: string;
  #tie: object | undefined;

  constructor(backend: NamespaceBackend, id: DurableObjectId, [binding, hex]: Parts) {
    this.#backend = backend;
    this.#tie = backend.tie?.();
    this.#binding = binding;
    this.#hex = hex;
    this.id = id;
  }

  static {
    stubPartsOf = (stub) => (#backend in stub ? [stub.#binding, stub.#hex, stub.id.name] : undefined);
    // Where lookups end that find nothing else, so that what stubs have themselves costs no more.
    const members = new Proxy(
      {},
      {
        get(target, name, stub) {
          // A stub is no promise: awaiting it gives the stub.
          const isOwn = typeof name === "symbol" || name === "then" || name in target || !(#backend in stub);
          if (isOwn || !stub.#backend.isEnabled("rpc")) return Reflect.get(target, name, stub);
          return stub.#backend.member?.(stub.#binding, stub.#hex, name as string, stub.id.name, stub.#tie);
        },
      },
    );
    Object.setPrototypeOf(DurableObjectStub.prototype, members);
  }

  get name() {
    return this.id.name;
  }

  async fetch(input: miniflare.RequestInfo, init?: miniflare.RequestInit): Promise<miniflare.Response> {
    return this.#backend.fetch(
      this.#binding,
      this.#hex,
      absolute(input, this.#backend),
      init,
      this.id,
      this.#tie,
    ) as Promise<miniflare.Response>;
  }
}

/**
 * All objects of one binding.
 *
 * The backend has `idFromName(binding, name)`, `uniqueId(binding, now)` and `parseId(binding, text)`, which give an id's
 * digits; `fetch(binding, hex, input, init, id)`, which gives a response or a promise of it; `isEnabled(flag)` of a
 * compatibility flag; and `warn(text)`.
 */
class DurableObjectNamespace implements miniflare.DurableObjectNamespace {
  #binding: string;
  #backend: NamespaceBackend;
  /** That of all ids; without one, ids may have any. */
  #jurisdiction: Jurisdiction | undefined;

  constructor(binding: string, backend: NamespaceBackend, jurisdiction?: Jurisdiction) {
    this.#binding = binding;
    this.#backend = backend;
    this.#jurisdiction = jurisdiction;
  }

  /** The namespace of the ids with a jurisdiction; without one, of all. */
  jurisdiction(name?: Jurisdiction | null) {
    const jurisdiction = checkedJurisdiction("jurisdiction", name);
    return new DurableObjectNamespace(this.#binding, this.#backend, jurisdiction);
  }

  newUniqueId(options?: UniqueIdOptions) {
    const jurisdiction = checkedJurisdiction("newUniqueId", options?.jurisdiction) ?? this.#jurisdiction;
    if (this.#jurisdiction !== undefined && jurisdiction !== this.#jurisdiction) {
      throw new TypeError(`newUniqueId called with the jurisdiction "${jurisdiction}" ${this.#within()}`);
    }
    const hex = this.#backend.uniqueId(spaceOf(this.#binding, jurisdiction), Date.now());
    return new DurableObjectId(this.#binding, hex, undefined, jurisdiction);
  }

  #within() {
    return `on the namespace of the jurisdiction "${this.#jurisdiction}"`;
  }

  idFromName(name: string) {
    if (typeof name !== "string") throw new TypeError(`idFromName() takes a name, a string, got ${describe(name)}`);
    const hex = this.#backend.idFromName(spaceOf(this.#binding, this.#jurisdiction), name);
    return new DurableObjectId(this.#binding, hex, name, this.#jurisdiction);
  }

  idFromString(hex: string) {
    const [digits, jurisdiction] = parsedId(this.#binding, String(hex), this.#backend, this.#jurisdiction);
    return new DurableObjectId(this.#binding, digits, undefined, jurisdiction);
  }

  /** Takes hints of where the object is to be, which have no meaning here. */
  get(id: miniflare.DurableObjectId, _options?: miniflare.DurableObjectGetOptions) {
    const parts = partsOf(id);
    if (parts?.[0] !== this.#binding) throw new TypeError("ID is not for this Durable Object class.");
    if (this.#jurisdiction !== undefined && id.jurisdiction !== this.#jurisdiction) {
      throw new TypeError(`get called with an ID of another jurisdiction, "${id.jurisdiction}", ${this.#within()}`);
    }
    return new DurableObjectStub(this.#backend, id as DurableObjectId, parts);
  }

  getByName(name: string, options?: miniflare.DurableObjectGetOptions) {
    return this.get(this.idFromName(name), options);
  }
}

function checkedJurisdiction(method: string, name: Jurisdiction | null | undefined): Jurisdiction | undefined {
  if (name === undefined || name === null) return undefined;
  if (JURISDICTIONS.includes(name)) return name;
  throw new TypeError(`${method} called with an unsupported jurisdiction: "${name}"`);
}

/** What ids are derived from: their last digits tell jurisdictions apart, as they do bindings. */
const spaceOf = (binding: string, jurisdiction: Jurisdiction | undefined) =>
  jurisdiction === undefined ? binding : `${binding}\0${jurisdiction}`;

/** The digits of a text, and their jurisdiction. `only` is the one that they must have. */
function parsedId(
  binding: string,
  text: string,
  { parseId }: Pick<ObjectIds, "parseId">,
  only?: Jurisdiction,
): [digits: string, jurisdiction: Jurisdiction | undefined] {
  if (only !== undefined) return [parseId(spaceOf(binding, only), text), only];
  try {
    return [parseId(binding, text), undefined];
  } catch (error) {
    for (const jurisdiction of JURISDICTIONS) {
      try {
        return [parseId(spaceOf(binding, jurisdiction), text), jurisdiction];
      } catch {
        // It has another jurisdiction, or none.
      }
    }
    throw error;
  }
}

/** What to fetch, with text made absolute as the compatibility flags want it. */
function absolute(input: miniflare.RequestInfo, backend: NamespaceBackend): miniflare.RequestInfo {
  if (typeof input === "string") {
    if (HTTP.test(input)) return input;
    input = backend.isEnabled("durable_object_fetch_requires_full_url") ? new URL(input) : new URL(input, BASE);
  }
  const url = input instanceof URL ? input.href : input?.url;
  if (typeof url === "string" && !HTTP.test(url)) refuseProtocol(new URL(url), backend);
  return input;
}

function refuseProtocol(url: URL, backend: NamespaceBackend) {
  if (backend.isEnabled("fetch_refuses_unknown_protocols")) throw new TypeError(`Fetch API cannot load: ${url.href}`);
  const socket = url.protocol === "ws:" || url.protocol === "wss:";
  backend.warn(
    `Worker passed an invalid URL to fetch(). URLs passed to fetch() must begin with either 'http:' or 'https:', not '${url.protocol}'. Due to a historical bug, any other protocol used here will be treated the same as 'http:'. We plan to correct this bug in the future, so please update your Worker to use 'http:' or 'https:' for all fetch() URLs.` +
      (socket
        ? " Note that fetch() treats WebSockets as a special kind of HTTP request, therefore WebSockets should use 'http:'/'https:', not 'ws:'/'wss:'."
        : ""),
  );
}

function describe(value: unknown) {
  return typeof value === "object" ? "an object" : `${String(value)} (${typeof value})`;
}

const exportedPartsOf = (id: unknown) => partsOf(id);
const exportedStubPartsOf = (stub: object) => stubPartsOf(stub);
export { exportedPartsOf as partsOf, exportedStubPartsOf as stubPartsOf, parsedId };
export { DurableObjectId, DurableObjectNamespace, DurableObjectStub };
export type { NamespaceBackend, ObjectIds };
