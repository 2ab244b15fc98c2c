// Routes: which worker of an instance a URL is for. The most specific route that matches wins.

import { domainToUnicode } from "node:url";
import { RouterError } from "../errors.ts";

/** A route, in the parts that URLs are matched by. */
export interface Route {
  /** As it was given. */
  route: string;
  /** The name of the worker that it leads to. */
  target: string;
  /** With its colon; undefined when any will do. */
  scheme: string | undefined;
  /** Whether the host and the path begin and end with a star. */
  isSuffix: boolean;
  isPrefix: boolean;
  hostname: string;
  path: string;
}

const SCHEME = /^[a-z0-9+\-.]+:\/\//i;

class Router {
  /** What it matches by, most specific first. */
  routes: Route[] = [];

  /** Takes `[target, routes]` of each worker in place of what there was. */
  update(targets: [target: string, routes: string[]][]): void {
    this.routes = targets.flatMap(([target, routes]) => routes.map((route) => parse(route, target)));
    this.routes.sort(bySpecificity);
  }

  /** The name of the worker that a URL is for, or undefined. */
  match(url: URL): string | undefined {
    return this.routes.find((route) => matches(route, url))?.target;
  }
}

function parse(route: string, target: string): Route {
  const hasScheme = SCHEME.test(route);
  const url = parseUrl(route, hasScheme, target);
  const hostname = url.hostname.startsWith("xn--*") ? domainToUnicode(url.hostname) : url.hostname;
  const isSuffix = hostname.startsWith("*");
  const isPrefix = url.pathname.endsWith("*");
  // The URL makes ASCII of the name again.
  if (isSuffix) url.hostname = hostname.slice(1);
  const path = isPrefix ? url.pathname.slice(0, -1) : url.pathname;
  if (url.search !== "") refuse("ERR_QUERY_STRING", route, target, "contains a query string");
  const fixedHostname = hostname === "*" ? "" : url.hostname;
  if (`${fixedHostname}${path}${url.hash}`.includes("*")) {
    refuse("ERR_INFIX_WILDCARD", route, target, "contains an infix wildcard");
  }
  return {
    route,
    target,
    scheme: hasScheme ? url.protocol : undefined,
    isSuffix,
    isPrefix,
    hostname: fixedHostname,
    path,
  };
}

function parseUrl(route: string, hasScheme: boolean, target: string): URL {
  const text = hasScheme ? route : `https://${route}`;
  if (URL.canParse(text)) return new URL(text);
  throw new RouterError(
    "ERR_INVALID_ROUTE",
    `Route "${route}" for "${target}" is not a URL. A route is like "example.com/path/*".`,
  );
}

function refuse(code: RouterError["code"], route: string, target: string, problem: string): never {
  throw new RouterError(code, `Route "${route}" for "${target}" ${problem}. This is not allowed.`);
}

function matches({ scheme, isSuffix, isPrefix, hostname, path }: Route, url: URL): boolean {
  if (scheme !== undefined && scheme !== url.protocol) return false;
  if (isSuffix ? !url.hostname.endsWith(hostname) : url.hostname !== hostname) return false;
  const asked = url.pathname + url.search;
  return isPrefix ? asked.startsWith(path) : asked === path;
}

/** Each gives a larger number to the more specific route; the first that tells two routes apart decides. */
const MEASURES: ((route: Route) => number)[] = [
  ({ scheme }) => Number(scheme !== undefined),
  ({ isSuffix }) => Number(!isSuffix),
  ({ isPrefix }) => Number(!isPrefix),
  ({ path }) => Number(!path.endsWith("/")),
  ({ path }) => path.split("/").length,
  ({ path }) => path.length,
  ({ hostname }) => hostname.length,
];

function bySpecificity(a: Route, b: Route): number {
  const measure = MEASURES.find((one) => one(a) !== one(b));
  return measure === undefined ? 0 : measure(b) - measure(a);
}

export { Router };
