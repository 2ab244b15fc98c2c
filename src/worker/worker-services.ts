// The services that are bound: other workers of the instance.

import { fetchElsewhere } from "ext:miniflare/membrane/worker/elsewhere.ts";
import { serviceContext } from "ext:miniflare/realm/context.ts";
import { Request } from "ext:miniflare/web/request-class.ts";

export class Fetcher {
  #binding: string;

  constructor(binding: string) {
    this.#binding = binding;
  }

  async fetch(input: RequestInfo | URL, init?: RequestInit) {
    if (!(#binding in this)) throw new TypeError("Illegal invocation");
    return fetchElsewhere(this.#binding, new Request(input, init), serviceContext());
  }
}
