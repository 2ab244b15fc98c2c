// What lies in other workers of the instance: services that are bound, and objects whose class another script exports.

import { op_host } from "ext:core/ops";
import { getCf, Request } from "ext:miniflare/web/request.js";
import { decode, encode, HOST } from "ext:miniflare/worker/realm.js";
import { arrivingResponse, requestToWire } from "ext:miniflare/worker/request.js";

/** Fetches from the service of a binding, by its name, or from `[binding, id]` of an object that lives elsewhere. */
export async function fetchElsewhere(target, request) {
  const answer = op_host(HOST.FETCH, [target, ...requestToWire(request, encode), encode(getCf(request))]);
  return arrivingResponse(await decode(answer));
}

export class Fetcher {
  #binding;

  constructor(binding) {
    this.#binding = binding;
  }

  async fetch(input, init) {
    if (!(#binding in this)) throw new TypeError("Illegal invocation");
    return fetchElsewhere(this.#binding, new Request(input, init));
  }
}
