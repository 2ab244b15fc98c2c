// The services that are bound: other workers of the instance.

import { fetchElsewhere } from "ext:miniflare/membrane/worker/elsewhere.ts";
import { serviceContext } from "ext:miniflare/realm/context.ts";
import { addStubs, openMembers } from "ext:miniflare/realm/remote.ts";
import { awaited } from "ext:miniflare/realm/waits.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { Request } from "ext:miniflare/web/request-class.ts";
import type { Reach } from "ext:miniflare/realm/remote.ts";

let reachOf: (value: object) => Reach | undefined;

export class Fetcher {
  #binding: string;
  #reach: Reach;

  constructor(binding: string) {
    this.#binding = binding;
    this.#reach = { address: [binding] };
  }

  static {
    reachOf = (value) => (#reach in value ? value.#reach : undefined);
  }

  async fetch(input: RequestInfo | URL, init?: RequestInit) {
    if (!(#binding in this)) throw new TypeError("Illegal invocation");
    const response = fetchElsewhere(this.#binding, new Request(input, init), serviceContext());
    return awaited("service", response, "fetch of", this.#binding);
  }
}

openMembers(Fetcher.prototype, reachOf, () => worker.flags.has("rpc"));
addStubs(reachOf);
