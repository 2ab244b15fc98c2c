// `fetch` is HTTP only. What happens to other protocols is for a compatibility flag to say.

import { core } from "ext:core/mod.js";
import { Request } from "ext:miniflare/web/request-class.ts";
import { HOST, host } from "ext:miniflare/realm/port.ts";
import { worker } from "ext:miniflare/realm/worker.ts";

const { URL } = core.loadExtScript("ext:deno_web/00_url.js");

const HTTP = /^https?:/i;

/** The arguments of a fetch with a URL of HTTP. A URL of another protocol is refused, or taken for one of `http:`. */
type Arguments = [input: RequestInfo | URL, init: RequestInit | null | undefined];

export function httpArguments(input: Arguments[0], init: Arguments[1]): Arguments {
  const isRequest = input instanceof Request;
  if (HTTP.test(isRequest ? input.url : (input as string))) return [input, init];
  const url = new URL(isRequest ? input.url : input);
  if (url.protocol === "http:" || url.protocol === "https:") return [input, init];
  if (worker.flags.has("fetch_refuses_unknown_protocols")) throw new TypeError(`Fetch API cannot load: ${url.href}`);
  host(HOST.WARN, warning(url.protocol));
  const target = url.href.replace(url.protocol, "http:");
  if (!isRequest) return [target, init];
  return [target, init === undefined || init === null ? input : new Request(input, init)];
}

function warning(protocol: string) {
  const text = `Worker passed an invalid URL to fetch(). URLs passed to fetch() must begin with either 'http:' or 'https:', not '${protocol}'. Due to a historical bug, any other protocol used here will be treated the same as 'http:'. We plan to correct this bug in the future, so please update your Worker to use 'http:' or 'https:' for all fetch() URLs.`;
  if (protocol !== "ws:" && protocol !== "wss:") return text;
  return `${text} Note that fetch() treats WebSockets as a special kind of HTTP request, therefore WebSockets should use 'http:'/'https:', not 'ws:'/'wss:'.`;
}
