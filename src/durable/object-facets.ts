// Facets: objects within an object, each with a storage of its own, which live and end with it: `ctx.facets`.
//
// A facet is reached by the binding of the object that it is in, and an id that begins with that of its parent. Its class is
// told by the callback of `get()`, which is called once a life, by the first use of the facet.

import { op_durable_facet_id, op_durable_facets_copy, op_durable_facets_delete } from "ext:core/ops";
import { classPartsOf } from "ext:miniflare/durable/object-class.ts";
import { entryOf } from "ext:miniflare/durable/object-entries.ts";
import { Tie } from "ext:miniflare/durable/tie.ts";
import { openMembers } from "ext:miniflare/realm/remote.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { refuseClones } from "ext:miniflare/web/clone.ts";
import { appearAs } from "ext:miniflare/web/interface.ts";
import type * as miniflare from "../../index.d.ts";
import type { Call } from "ext:miniflare/durable/object-calls.ts";
import type { ObjectClass } from "ext:miniflare/durable/object-class.ts";
import type { ByBinding } from "ext:miniflare/durable/object-entries.ts";
import type { Here } from "ext:miniflare/realm/remote.ts";

/** Limits of Workers: <https://developers.cloudflare.com/dynamic-workers/usage/durable-object-facets/> */
const MOST_NAME_BYTES = 256;
const MOST_DEPTH = 4;

const DELETED = "Facet was deleted.";
const EVICTED = "The Durable Object that the facet belongs to was evicted.";
const NO_FACETS = "This Durable Object does not support creating facets.";
const NO_CLASS =
  "Incorrect type for the 'class' field on 'StartupOptions': the provided value is not of type 'DurableObjectClass or LoopbackDurableObjectNamespace or LoopbackColoLocalActorNamespace'. Pass what ctx.exports has for the class.";

/** What a facet is constructed with. */
export interface Startup {
  Class: ObjectClass;
  props: object;
  /** Its `ctx.id`. */
  id: unknown;
}

type Callback = () => unknown;

/** What facets ask of the objects of the worker. */
export interface Home {
  call<Result>(binding: string, hex: string, call: Call<Result>, tie: Tie): Promise<Result>;
  fetch(
    binding: string,
    hex: string,
    input: RequestInfo | URL,
    init: RequestInit | undefined,
    tie: Tie,
  ): Promise<Response>;
  /** Ends the life of an object within another one. What it does fails with the error. */
  end(binding: string, hex: string, error: unknown): void;
  /** The same, while what it does may go on. */
  evict(binding: string, hex: string): void;
}

class Facet {
  readonly binding: string;
  readonly hex: string;
  startup: Startup | undefined;
  #callback: Callback;
  #parentId: unknown;
  #starting: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;

  constructor(binding: string, hex: string, callback: Callback, parentId: unknown) {
    this.binding = binding;
    this.hex = hex;
    this.#callback = callback;
    this.#parentId = parentId;
  }

  fail(error: unknown) {
    this.#failure ??= { error };
  }

  /** Resolves once its class is known. @throws what it has ended with */
  async ready() {
    this.#check();
    await (this.#starting ??= this.#start());
    this.#check();
  }

  #check() {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #start() {
    const options = (await this.#callback()) as { class?: unknown; id?: unknown } | null | undefined;
    if (typeof options !== "object" || options === null) {
      throw new TypeError(`The callback of facets.get() must return an object with a class, got ${String(options)}`);
    }
    const parts = classPartsOf(options.class);
    if (parts === undefined) throw new TypeError(NO_CLASS);
    this.startup = { ...parts, id: options.id ?? this.#parentId };
  }
}

/** By the binding and the id of their parents, then by their own ids. */
const families: ByBinding<Facet> = new Map();

const keyOf = (binding: string, hex: string) => `${binding}:${hex}`;

export const isFacet = (hex: string) => hex.includes(".");
const parentOf = (hex: string) => hex.slice(0, hex.lastIndexOf("."));

/** What a facet is constructed with; undefined for an object that is not within another one. */
export function startupOf(binding: string, hex: string): Startup | undefined {
  if (!isFacet(hex)) return undefined;
  const startup = families.get(keyOf(binding, parentOf(hex)))?.get(hex)?.startup;
  if (startup === undefined) throw new Error(EVICTED);
  return startup;
}

/** Ends all facets of an object: with an error, or because the object was evicted. */
export function endFacets(binding: string, hex: string, home: Home, failure?: { error: unknown }) {
  const key = keyOf(binding, hex);
  const family = families.get(key);
  if (family === undefined) return;
  families.delete(key);
  for (const facet of family.values()) end(facet, home, failure);
}

function end(facet: Facet, home: Home, failure: { error: unknown } | undefined) {
  const { binding, hex } = facet;
  facet.fail(failure === undefined ? new Error(EVICTED) : failure.error);
  endFacets(binding, hex, home, failure);
  if (failure === undefined) home.evict(binding, hex);
  else home.end(binding, hex, failure.error);
}

class FacetStub {
  #facet: Facet;
  #home: Home;
  #tie = new Tie();

  constructor(facet: Facet, home: Home) {
    this.#facet = facet;
    this.#home = home;
  }

  static {
    const reachOf = (stub: object) => {
      if (!(#facet in stub)) return undefined;
      const here: Here = async (call) => {
        await stub.#facet.ready();
        return stub.#home.call(stub.#facet.binding, stub.#facet.hex, call, stub.#tie);
      };
      return { here, address: [] };
    };
    openMembers(FacetStub.prototype, reachOf, () => worker.flags.has("rpc"));
  }

  async fetch(input: RequestInfo | URL, init?: RequestInit) {
    await this.#facet.ready();
    return this.#home.fetch(this.#facet.binding, this.#facet.hex, input, init, this.#tie);
  }
}

/** What an object has to do with its facets. */
export interface Parent {
  readonly binding: string;
  readonly hex: string;
  readonly hasSql: boolean;
  /** Its `ctx.id`. */
  readonly id: unknown;
}

export class DurableObjectFacets implements miniflare.DurableObjectFacets {
  #parent: Parent;
  #home: Home;

  constructor(parent: Parent, home: Home) {
    this.#parent = parent;
    this.#home = home;
  }

  get(name: string, callback: Callback): miniflare.FacetStub {
    const { binding, hex, id } = this.#parent;
    if (typeof callback !== "function") {
      throw new TypeError("Failed to execute 'get' on 'DurableObjectFacets': parameter 2 is not of type 'function'.");
    }
    const facetHex = this.#hexOf(name);
    if (facetHex.split(".").length > MOST_DEPTH) {
      throw new Error(
        `Facet nesting depth limit exceeded. The maximum depth including the root Durable Object is ${MOST_DEPTH}.`,
      );
    }
    const facet = entryOf(families, keyOf(binding, hex), facetHex, () => new Facet(binding, facetHex, callback, id));
    return new FacetStub(facet, this.#home) as unknown as miniflare.FacetStub;
  }

  abort(name: string, reason?: unknown) {
    this.#end(this.#hexOf(name), reason instanceof Error ? reason : new Error(`${reason}`));
  }

  delete(name: string) {
    const hex = this.#hexOf(name);
    this.#end(hex, new Error(DELETED));
    op_durable_facets_delete(this.#parent.binding, hex);
  }

  clone(from: string, to: string) {
    const [fromHex, toHex] = [this.#hexOf(from), this.#hexOf(to)];
    if (fromHex === toHex) return;
    this.#end(toHex, new Error(DELETED));
    op_durable_facets_copy(this.#parent.binding, fromHex, toHex);
  }

  #hexOf(name: string) {
    if (!this.#parent.hasSql) throw new Error(NO_FACETS);
    const text = `${name}`;
    if (text === "") throw new TypeError("Facet name cannot be empty.");
    if (new TextEncoder().encode(text).length > MOST_NAME_BYTES) {
      throw new TypeError(`Facet name is too long (max ${MOST_NAME_BYTES} characters).`);
    }
    return op_durable_facet_id(this.#parent.hex, text);
  }

  #end(hex: string, error: unknown) {
    const family = families.get(keyOf(this.#parent.binding, this.#parent.hex));
    const facet = family?.get(hex);
    if (facet === undefined) return;
    family?.delete(hex);
    end(facet, this.#home, { error });
  }
}

appearAs("Fetcher", FacetStub);
refuseClones([FacetStub, DurableObjectFacets]);
