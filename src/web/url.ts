// `URL`, over Ada (`url.rs`). An object holds its serialization and where in it the components are, so that reading one is
// a slice. The class is made within upstream's script, whose `URLSearchParams` it shares.

import { core, primordials } from "ext:core/mod.js";
import {
  op_web_url_change,
  op_web_url_parse,
  op_web_url_parse_with_base,
  op_web_url_serialization,
} from "ext:core/ops";
import { URL_PART, URL_PORT, URL_RESULT } from "../protocol.ts";
import type { Inspect } from "../upstream.d.ts";

const { ObjectPrototypeIsPrototypeOf, StringPrototypeSlice, SymbolFor, TypeError: Refusal } = primordials;
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { createFilteredInspectProxy } = core.loadExtScript("ext:deno_web/01_console.js");

const { REFUSED, AS_GIVEN } = URL_RESULT;
const { HASH, HOST, HOSTNAME, PASSWORD, PATHNAME, PORT, PROTOCOL, SEARCH, USERNAME } = URL_PART;
const NO_PORT = URL_PORT.NONE;
const INSPECT = SymbolFor("Deno.privateCustomInspect");
/** What Node's own inspector calls. */
const NODE_INSPECT = SymbolFor("nodejs.util.inspect.custom");
const SHOWN = [
  "href",
  "origin",
  "protocol",
  "username",
  "password",
  "host",
  "hostname",
  "port",
  "pathname",
  "hash",
  "search",
];

const EMPTY = Symbol("a URL that is about to be filled");
/** Where the last op has found the components. */
const found = new Uint32Array(8);

function parse(input: string, base: string | undefined) {
  return base === undefined ? op_web_url_parse(input, found) : op_web_url_parse_with_base(input, base, found);
}

const serialization = (status: number, given: string) => (status === AS_GIVEN ? given : op_web_url_serialization());

function text(value: unknown, prefix: string, argument: string) {
  return typeof value === "string" ? value : webidl.converters.DOMString(value, prefix, argument);
}

function invalid(input: string, base: string | undefined) {
  const error: TypeError & { code?: string } = new Refusal(
    `Invalid URL: '${input}'${base ? ` with base '${base}'` : ""}`,
  );
  // The code is Node's, which suites look for.
  error.code = "ERR_INVALID_URL";
  return error;
}

/** What upstream's script makes the class with. */
interface UrlParts {
  updateSearch: symbol;
  paramsOf(url: object, query: string): URLSearchParams;
  refill(params: URLSearchParams, query: string): void;
}

/** What shows itself. */
type Inspected = Record<symbol, (inspect: Inspect, options: unknown) => string>;

/** A value that was given for a URL. */
type Given = unknown;

/**
 * @param updateSearch the symbol of the method by which a `URLSearchParams` writes itself into its URL
 * @param paramsOf `(url, query)`: the `URLSearchParams` of a URL
 * @param refill `(params, query)`: gives one other pairs
 */
function createURL({ updateSearch, paramsOf, refill }: UrlParts) {
  class URL {
    #href!: string;
    #protocolEnd!: number;
    #usernameEnd!: number;
    #hostStart!: number;
    #hostEnd!: number;
    #port!: number;
    #pathnameStart!: number;
    // 0 where there is none.
    #searchStart!: number;
    #hashStart!: number;
    #params: URLSearchParams | null = null;

    constructor(url: Given, base: Given = undefined) {
      if (url === EMPTY) return;
      const prefix = "Failed to construct 'URL'";
      // biome-ignore lint/complexity/noArguments: the function's length is Web IDL's
      if (arguments.length === 0) webidl.requiredArguments(0, 1, prefix);
      const input = text(url, prefix, "Argument 1");
      if (base !== undefined) base = text(base, prefix, "Argument 2");
      const status = parse(input, base as string | undefined);
      if (status === REFUSED) throw invalid(input, base as string | undefined);
      URL.#fill(this, serialization(status, input));
    }

    static parse(url: Given, base: Given = undefined) {
      const prefix = "Failed to execute 'URL.parse'";
      // biome-ignore lint/complexity/noArguments: the function's length is Web IDL's
      webidl.requiredArguments(arguments.length, 1, prefix);
      const input = text(url, prefix, "Argument 1");
      if (base !== undefined) base = text(base, prefix, "Argument 2");
      const status = parse(input, base as string | undefined);
      return status === REFUSED ? null : URL.#fill(new URL(EMPTY), serialization(status, input));
    }

    static canParse(url: Given, base: Given = undefined) {
      const prefix = "Failed to execute 'URL.canParse'";
      // biome-ignore lint/complexity/noArguments: the function's length is Web IDL's
      webidl.requiredArguments(arguments.length, 1, prefix);
      const input = text(url, prefix, "Argument 1");
      if (base !== undefined) base = text(base, prefix, "Argument 2");
      return parse(input, base as string | undefined) !== REFUSED;
    }

    static #check(url: unknown) {
      if (typeof url !== "object" || url === null || !(#href in url)) throw new Refusal("Illegal invocation");
    }

    static #fill(url: URL, href: string) {
      url.#href = href;
      url.#protocolEnd = found[0];
      url.#usernameEnd = found[1];
      url.#hostStart = found[2];
      url.#hostEnd = found[3];
      url.#port = found[4];
      url.#pathnameStart = found[5];
      url.#searchStart = found[6];
      url.#hashStart = found[7];
      return url;
    }

    /** What a setter refuses changes nothing. */
    static #change(url: URL, component: number, value: string) {
      URL.#check(url);
      const status = op_web_url_change(url.#href, component, value, found);
      if (status !== REFUSED) URL.#fill(url, serialization(status, url.#href));
    }

    /** What `URLSearchParams` writes is a query as it is: nothing else of the URL changes. */
    [updateSearch](query: string) {
      if (query === "") return URL.#change(this, SEARCH, "");
      const href = this.#href;
      const end = this.#searchStart || this.#hashStart || href.length;
      const fragment = this.#hashStart === 0 ? "" : StringPrototypeSlice(href, this.#hashStart);
      this.#href = `${StringPrototypeSlice(href, 0, end)}?${query}${fragment}`;
      this.#searchStart = end;
      if (fragment !== "") this.#hashStart = end + 1 + query.length;
    }

    static #refill(url: URL) {
      if (url.#params !== null) refill(url.#params, StringPrototypeSlice(url.search, 1));
    }

    get href(): string {
      URL.#check(this);
      return this.#href;
    }
    set href(value: Given) {
      URL.#check(this);
      const input = text(value, "Failed to set 'href' on 'URL'", "Argument 1");
      const status = parse(input, undefined);
      if (status === REFUSED) throw invalid(input, undefined);
      URL.#fill(this, serialization(status, input));
      URL.#refill(this);
    }

    get origin(): string {
      URL.#check(this);
      const scheme = StringPrototypeSlice(this.#href, 0, this.#protocolEnd);
      switch (scheme) {
        case "http:":
        case "https:":
        case "ftp:":
        case "ws:":
        case "wss:":
          return `${scheme}//${this.host}`;
        case "blob:": {
          const inner = URL.parse(this.pathname);
          return inner?.protocol === "http:" || inner?.protocol === "https:" ? inner.origin : "null";
        }
        default:
          return "null";
      }
    }

    get protocol(): string {
      URL.#check(this);
      return StringPrototypeSlice(this.#href, 0, this.#protocolEnd);
    }
    set protocol(value: Given) {
      URL.#change(this, PROTOCOL, text(value, "Failed to set 'protocol' on 'URL'", "Argument 1"));
    }

    get username(): string {
      URL.#check(this);
      const start = this.#protocolEnd + 2;
      return start < this.#usernameEnd ? StringPrototypeSlice(this.#href, start, this.#usernameEnd) : "";
    }
    set username(value: Given) {
      URL.#change(this, USERNAME, text(value, "Failed to set 'username' on 'URL'", "Argument 1"));
    }

    get password(): string {
      URL.#check(this);
      const start = this.#usernameEnd + 1;
      return start < this.#hostStart ? StringPrototypeSlice(this.#href, start, this.#hostStart) : "";
    }
    set password(value: Given) {
      URL.#change(this, PASSWORD, text(value, "Failed to set 'password' on 'URL'", "Argument 1"));
    }

    /** The host begins after the `@` of what comes before it. An empty one may be followed by `/.`, which is no port. */
    get host(): string {
      URL.#check(this);
      const start = this.#href[this.#hostStart] === "@" ? this.#hostStart + 1 : this.#hostStart;
      const end = this.#port === NO_PORT ? this.#hostEnd : this.#pathnameStart;
      return StringPrototypeSlice(this.#href, start, end);
    }
    set host(value: Given) {
      URL.#change(this, HOST, text(value, "Failed to set 'host' on 'URL'", "Argument 1"));
    }

    get hostname(): string {
      URL.#check(this);
      const start = this.#href[this.#hostStart] === "@" ? this.#hostStart + 1 : this.#hostStart;
      return StringPrototypeSlice(this.#href, start, this.#hostEnd);
    }
    set hostname(value: Given) {
      URL.#change(this, HOSTNAME, text(value, "Failed to set 'hostname' on 'URL'", "Argument 1"));
    }

    get port(): string {
      URL.#check(this);
      return this.#port === NO_PORT ? "" : `${this.#port}`;
    }
    set port(value: Given) {
      URL.#change(this, PORT, text(value, "Failed to set 'port' on 'URL'", "Argument 1"));
    }

    get pathname(): string {
      URL.#check(this);
      const end = this.#searchStart || this.#hashStart || this.#href.length;
      return StringPrototypeSlice(this.#href, this.#pathnameStart, end);
    }
    set pathname(value: Given) {
      URL.#change(this, PATHNAME, text(value, "Failed to set 'pathname' on 'URL'", "Argument 1"));
    }

    get search(): string {
      URL.#check(this);
      const start = this.#searchStart;
      const end = this.#hashStart || this.#href.length;
      return start === 0 || start + 1 === end ? "" : StringPrototypeSlice(this.#href, start, end);
    }
    set search(value: Given) {
      URL.#change(this, SEARCH, text(value, "Failed to set 'search' on 'URL'", "Argument 1"));
      URL.#refill(this);
    }

    get searchParams(): URLSearchParams {
      URL.#check(this);
      return (this.#params ??= paramsOf(this, StringPrototypeSlice(this.search, 1)));
    }

    get hash(): string {
      URL.#check(this);
      const start = this.#hashStart;
      return start === 0 || start + 1 === this.#href.length ? "" : StringPrototypeSlice(this.#href, start);
    }
    set hash(value: Given) {
      URL.#change(this, HASH, text(value, "Failed to set 'hash' on 'URL'", "Argument 1"));
    }

    toString() {
      URL.#check(this);
      return this.#href;
    }

    toJSON() {
      URL.#check(this);
      return this.#href;
    }

    [INSPECT](inspect: Inspect, options: unknown) {
      const evaluate = ObjectPrototypeIsPrototypeOf(URL.prototype, this);
      return inspect(createFilteredInspectProxy({ object: this, evaluate, keys: SHOWN }), options);
    }

    [NODE_INSPECT](_depth: number, options: unknown, inspect: Inspect) {
      return (this as unknown as Inspected)[INSPECT](inspect, options);
    }
  }
  return URL;
}

export { createURL };
