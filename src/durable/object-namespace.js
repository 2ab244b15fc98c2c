// What names and reaches Durable Objects: namespaces, ids and stubs. One copy runs in the worker (`env.NAME`) and one in
// Node (`mf.getDurableObjectNamespace`), each over a backend of its own. An id is a value: its binding and its digits.

const JURISDICTIONS = [undefined, "eu", "fedramp"];
/** What relative URLs are relative to. */
const BASE = "https://fake-host";
const HTTP = /^https?:\/\//i;

let partsOf;

class DurableObjectId {
  #binding;
  #hex;

  constructor(binding, hex, name) {
    this.#binding = binding;
    this.#hex = hex;
    this.name = name;
  }

  static {
    partsOf = (id) => (typeof id === "object" && id !== null && #hex in id ? [id.#binding, id.#hex] : undefined);
  }

  equals(other) {
    return partsOf(other)?.[1] === this.#hex;
  }

  toString() {
    return this.#hex;
  }
}

class DurableObjectStub {
  #backend;
  #binding;
  #hex;

  constructor(backend, id, [binding, hex]) {
    this.#backend = backend;
    this.#binding = binding;
    this.#hex = hex;
    this.id = id;
  }

  get name() {
    return this.id.name;
  }

  async fetch(input, init) {
    return this.#backend.fetch(this.#binding, this.#hex, absolute(input, this.#backend), init, this.id);
  }
}

/**
 * All objects of one binding.
 *
 * The backend has `idFromName(binding, name)`, `uniqueId(binding, now)` and `parseId(binding, text)`, which give an id's
 * digits; `fetch(binding, hex, input, init, id)`, which gives a response or a promise of it; `isEnabled(flag)` of a
 * compatibility flag; and `warn(text)`.
 */
class DurableObjectNamespace {
  #binding;
  #backend;

  constructor(binding, backend) {
    this.#binding = binding;
    this.#backend = backend;
  }

  jurisdiction(name) {
    checkJurisdiction("jurisdiction", name);
    return this;
  }

  newUniqueId(options) {
    checkJurisdiction("newUniqueId", options?.jurisdiction);
    return new DurableObjectId(this.#binding, this.#backend.uniqueId(this.#binding, Date.now()));
  }

  idFromName(name) {
    if (typeof name !== "string") throw new TypeError(`idFromName() takes a name, a string, got ${describe(name)}`);
    return new DurableObjectId(this.#binding, this.#backend.idFromName(this.#binding, name), name);
  }

  idFromString(hex) {
    return new DurableObjectId(this.#binding, this.#backend.parseId(this.#binding, String(hex)));
  }

  get(id) {
    const parts = partsOf(id);
    if (parts?.[0] !== this.#binding) throw new TypeError("ID is not for this Durable Object class.");
    return new DurableObjectStub(this.#backend, id, parts);
  }
}

function checkJurisdiction(method, name) {
  if (JURISDICTIONS.includes(name)) return;
  throw new TypeError(`${method} called with an unsupported jurisdiction: "${name}"`);
}

/** What to fetch, with text made absolute as the compatibility flags want it. */
function absolute(input, backend) {
  if (typeof input === "string") {
    if (HTTP.test(input)) return input;
    input = backend.isEnabled("durable_object_fetch_requires_full_url") ? new URL(input) : new URL(input, BASE);
  }
  const url = input instanceof URL ? input.href : input?.url;
  if (typeof url === "string" && !HTTP.test(url)) refuseProtocol(new URL(url), backend);
  return input;
}

function refuseProtocol(url, backend) {
  if (backend.isEnabled("fetch_refuses_unknown_protocols")) throw new TypeError(`Fetch API cannot load: ${url.href}`);
  const socket = url.protocol === "ws:" || url.protocol === "wss:";
  backend.warn(
    `Worker passed an invalid URL to fetch(). URLs passed to fetch() must begin with either 'http:' or 'https:', not '${url.protocol}'. Due to a historical bug, any other protocol used here will be treated the same as 'http:'. We plan to correct this bug in the future, so please update your Worker to use 'http:' or 'https:' for all fetch() URLs.` +
      (socket
        ? " Note that fetch() treats WebSockets as a special kind of HTTP request, therefore WebSockets should use 'http:'/'https:', not 'ws:'/'wss:'."
        : ""),
  );
}

function describe(value) {
  return typeof value === "object" ? "an object" : `${String(value)} (${typeof value})`;
}

const exportedPartsOf = (id) => partsOf(id);
export { exportedPartsOf as partsOf };
export { DurableObjectId, DurableObjectNamespace, DurableObjectStub };
