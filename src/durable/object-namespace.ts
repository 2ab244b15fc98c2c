// What names and reaches Durable Objects: namespaces, ids and stubs. One copy runs in the worker (`env.NAME`) and one in
// Node (`mf.getDurableObjectNamespace`), each over a backend of its own. An id is a value: its binding and its digits.

import type * as miniflare from "../../index.d.ts";

/** The digits of ids. */
interface ObjectIds {
  idFromName(binding: string, name: string): string;
  uniqueId(binding: string, now: number): string;
  /** @throws {TypeError} for a text that is no id of the binding */
  parseId(binding: string, text: string): string;
}

interface NamespaceBackend extends ObjectIds {
  fetch(
    binding: string,
    hex: string,
    input: miniflare.RequestInfo,
    init: miniflare.RequestInit | undefined,
    id: DurableObjectId,
  ): globalThis.Response | Promise<globalThis.Response>;
  /** A member that stubs do not have themselves: by RPC it is the object's. */
  member?(binding: string, hex: string, name: string): unknown;
  /** Whether a compatibility flag is on. */
  isEnabled(flag: string): boolean;
  warn(text: string): void;
}

/** The binding and the digits of an id. */
type Parts = [binding: string, hex: string];
type UniqueIdOptions = { jurisdiction?: miniflare.DurableObjectJurisdiction };

const JURISDICTIONS: readonly unknown[] = [undefined, "eu", "fedramp"];
/** What relative URLs are relative to. */
const BASE = "https://fake-host";
const HTTP = /^https?:\/\//i;

let partsOf: (id: unknown) => Parts | undefined;
let stubPartsOf: (stub: object) => Parts | undefined;

class DurableObjectId implements miniflare.DurableObjectId {
  declare readonly name?: string;
  #binding: string;
  #hex: string;

  constructor(binding: string, hex: string, name?: string) {
    this.#binding = binding;
    this.#hex = hex;
    this.name = name;
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

  constructor(backend: NamespaceBackend, id: DurableObjectId, [binding, hex]: Parts) {
    this.#backend = backend;
    this.#binding = binding;
    this.#hex = hex;
    this.id = id;
  }

  static {
    stubPartsOf = (stub) => (#backend in stub ? [stub.#binding, stub.#hex] : undefined);
    // Where lookups end that find nothing else, so that what stubs have themselves costs no more.
    const members = new Proxy(
      {},
      {
        get(target, name, stub) {
          // A stub is no promise: awaiting it gives the stub.
          const isOwn = typeof name === "symbol" || name === "then" || name in target || !(#backend in stub);
          if (isOwn || !stub.#backend.isEnabled("rpc")) return Reflect.get(target, name, stub);
          return stub.#backend.member?.(stub.#binding, stub.#hex, name as string);
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

  constructor(binding: string, backend: NamespaceBackend) {
    this.#binding = binding;
    this.#backend = backend;
  }

  jurisdiction(name: miniflare.DurableObjectJurisdiction): this {
    checkJurisdiction("jurisdiction", name);
    return this;
  }

  newUniqueId(options?: UniqueIdOptions) {
    checkJurisdiction("newUniqueId", options?.jurisdiction);
    return new DurableObjectId(this.#binding, this.#backend.uniqueId(this.#binding, Date.now()));
  }

  idFromName(name: string) {
    if (typeof name !== "string") throw new TypeError(`idFromName() takes a name, a string, got ${describe(name)}`);
    return new DurableObjectId(this.#binding, this.#backend.idFromName(this.#binding, name), name);
  }

  idFromString(hex: string) {
    return new DurableObjectId(this.#binding, this.#backend.parseId(this.#binding, String(hex)));
  }

  get(id: miniflare.DurableObjectId) {
    const parts = partsOf(id);
    if (parts?.[0] !== this.#binding) throw new TypeError("ID is not for this Durable Object class.");
    return new DurableObjectStub(this.#backend, id as DurableObjectId, parts);
  }
}

function checkJurisdiction(method: string, name: unknown) {
  if (JURISDICTIONS.includes(name)) return;
  throw new TypeError(`${method} called with an unsupported jurisdiction: "${name}"`);
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
export { exportedPartsOf as partsOf, exportedStubPartsOf as stubPartsOf };
export { DurableObjectId, DurableObjectNamespace, DurableObjectStub };
export type { NamespaceBackend, ObjectIds };
