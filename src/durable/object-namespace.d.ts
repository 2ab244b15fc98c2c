// The contract of `object-namespace.js`: ids, stubs and namespaces of Durable Objects, over a backend.

import type * as miniflare from "../../index.d.ts";

/** The digits of ids. */
export interface ObjectIds {
  idFromName(binding: string, name: string): string;
  uniqueId(binding: string, now: number): string;
  /** @throws {TypeError} for a text that is no id of the binding */
  parseId(binding: string, text: string): string;
}

export interface NamespaceBackend extends ObjectIds {
  fetch(
    binding: string,
    hex: string,
    input: miniflare.RequestInfo,
    init: miniflare.RequestInit | undefined,
    id: DurableObjectId,
  ): globalThis.Response | Promise<globalThis.Response>;
  /** Whether a compatibility flag is on. */
  isEnabled(flag: string): boolean;
  warn(text: string): void;
}

export class DurableObjectId implements miniflare.DurableObjectId {
  constructor(binding: string, hex: string, name?: string);
  readonly name?: string;
  equals(other: miniflare.DurableObjectId): boolean;
  toString(): string;
}

export class DurableObjectStub implements miniflare.DurableObjectStub {
  constructor(backend: NamespaceBackend, id: DurableObjectId, parts: [binding: string, hex: string]);
  readonly id: DurableObjectId;
  get name(): string | undefined;
  fetch(input: miniflare.RequestInfo, init?: miniflare.RequestInit): Promise<miniflare.Response>;
}

export class DurableObjectNamespace implements miniflare.DurableObjectNamespace {
  constructor(binding: string, backend: NamespaceBackend);
  jurisdiction(name: miniflare.DurableObjectJurisdiction): this;
  newUniqueId(options?: { jurisdiction?: miniflare.DurableObjectJurisdiction }): DurableObjectId;
  idFromName(name: string): DurableObjectId;
  idFromString(hex: string): DurableObjectId;
  get(id: miniflare.DurableObjectId): DurableObjectStub;
}

/** The binding and the digits of an id; undefined for anything else. */
export function partsOf(id: unknown): [binding: string, hex: string] | undefined;
