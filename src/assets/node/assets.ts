// The assets of a worker: which requests they answer in the worker's place, and with what.

import { lightResponse } from "../../node/http/http-response.ts";
import { headersOfText, textOfHeaders } from "../../web/header-text.ts";
import { bodyOf, Tags, typeOf } from "./asset-content.ts";
import { AssetFolder } from "./asset-folder.ts";
import { formOf } from "./asset-forms.ts";
import { HeaderRules } from "./header-rules.ts";
import { RedirectRules } from "./redirect-rules.ts";
import { workerFirst } from "./worker-first.ts";
import type { Log } from "../../../index.d.ts";
import type { RequestParts } from "../../node/http/http-request.ts";
import type { Response } from "../../node/http/http-response.ts";
import type { AssetFile } from "./asset-content.ts";
import type { HtmlHandling } from "./asset-forms.ts";
import type { Refuse } from "./redirect-rules.ts";
import type { WorkerFirst } from "./worker-first.ts";

export interface AssetSettings {
  /** The folder, an absolute path. */
  directory: string;
  htmlHandling: HtmlHandling;
  notFoundHandling: "none" | "single-page-application" | "404-page";
  runWorkerFirst: boolean | string[];
  /** Whether there is a worker for requests without an asset. */
  hasWorker: boolean;
  /** Whether pages for what is not found go before the worker when a browser navigates. */
  prefersNavigation: boolean;
}

/** What a request is answered with. */
type Answer =
  | { status: 200 | 404; name: string; asset: AssetFile }
  | { status: number; location: string }
  | { status: 404 | 405 };

type Named = Extract<Answer, { asset: AssetFile }>;

const OK = 200;
const NOT_MODIFIED = 304;
const TEMPORARY_REDIRECT = 307;
const NOT_FOUND = 404;
const METHOD_NOT_ALLOWED = 405;
const CACHED = "public, max-age=0, must-revalidate";
/** What a fetch follows: https://fetch.spec.whatwg.org/#http-redirect-fetch */
const MOST_REDIRECTS = 20;
const SINGLE_PAGE = "/index.html";
const NOT_FOUND_PAGE = "404.html";

export class Assets {
  #settings: AssetSettings;
  #folder: AssetFolder;
  #tags = new Tags();
  #log: Log;
  #workerFirst: WorkerFirst | undefined;
  #rules: { redirects: RedirectRules; headers: HeaderRules } | undefined;

  constructor(settings: AssetSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
    this.#folder = new AssetFolder(settings.directory, (text) => log.warn(text));
    this.#workerFirst = workerFirst(settings.runWorkerFirst);
  }

  /** Answers a request in the worker's place; undefined if the request is for the worker. */
  front(request: RequestParts): Promise<Response> | undefined {
    const { hasWorker, prefersNavigation } = this.#settings;
    const url = new URL(request.url);
    const chosen = this.#workerFirst?.(url.pathname);
    if (hasWorker && chosen === "worker") return undefined;
    const navigates = prefersNavigation && headerOf(request, "sec-fetch-mode") === "navigate";
    const answersAll = !hasWorker || chosen === "assets" || navigates || Array.isArray(this.#settings.runWorkerFirst);
    const answer = this.#answerTo(url, request.method, answersAll);
    if (answer === undefined && hasWorker && chosen !== "assets") return undefined;
    return this.#respond(request, url, answer ?? { status: NOT_FOUND });
  }

  /** Answers a request to the assets alone, as the binding does: redirects within them are followed if the request says so. */
  fetch(request: RequestParts): Promise<Response> {
    let url = new URL(request.url);
    let answer = this.#answerTo(url, request.method, true) ?? { status: NOT_FOUND };
    for (let hops = 0; request.redirect === "follow" && "location" in answer; hops++) {
      url = new URL(answer.location, url);
      if (hops === MOST_REDIRECTS)
        throw new TypeError(`Too many redirects between assets: ${request.url} leads to ${url}`);
      answer = this.#answerTo(url, request.method, true) ?? { status: NOT_FOUND };
    }
    return this.#respond(request, url, answer);
  }

  /** @param answersAll whether what is not found has an answer, if the settings give it one */
  #answerTo(url: URL, method: string, answersAll: boolean): Answer | undefined {
    const redirect = this.#read().redirects.match(url);
    if (redirect !== undefined && redirect.status !== OK) {
      return { status: redirect.status, location: locationOf(redirect.to, url) };
    }
    const { pathname } = redirect === undefined ? url : new URL(redirect.to, url);
    const found = this.#find(pathname, url.search, answersAll || redirect !== undefined);
    if (found === undefined) return redirect === undefined ? undefined : { status: NOT_FOUND };
    return method === "GET" || method === "HEAD" ? found : { status: METHOD_NOT_ALLOWED };
  }

  #find(pathname: string, search: string, answersAll: boolean): Answer | undefined {
    const path = decoded(pathname);
    const form = formOf(path, this.#settings.htmlHandling, (name) => this.#folder.has(name));
    if (form !== undefined && "redirect" in form) return redirectTo(form.redirect, search);
    const answer = form === undefined ? answersAll && this.#notFound(path) : this.#serve(form.file, OK);
    // The list of files is shorter when one has gone.
    if (answer === undefined && form !== undefined) return this.#find(pathname, search, answersAll);
    if (!answer) return undefined;
    return encoded(path) === pathname ? answer : redirectTo(path, search);
  }

  /** The file, unless it has gone since the list was made. */
  #serve(name: string, status: 200 | 404): Named | undefined {
    const asset = this.#folder.open(name);
    return asset && { status, name, asset };
  }

  #notFound(path: string): Answer | undefined {
    const { notFoundHandling } = this.#settings;
    if (notFoundHandling === "single-page-application") return this.#serve(SINGLE_PAGE, OK);
    if (notFoundHandling !== "404-page") return undefined;
    for (let end = path.lastIndexOf("/"); end >= 0; end = path.lastIndexOf("/", end - 1)) {
      const page = this.#serve(`${path.slice(0, end + 1)}${NOT_FOUND_PAGE}`, NOT_FOUND);
      if (page !== undefined) return page;
      if (end === 0) break;
    }
    return undefined;
  }

  async #respond(request: RequestParts, url: URL, answer: Answer): Promise<Response> {
    const parts = "asset" in answer ? await this.#content(request, answer) : { status: answer.status, body: null };
    const headers = new Headers("fields" in parts ? parts.fields : []);
    if ("location" in answer) headers.set("location", answer.location);
    this.#read().headers.apply(url, headers);
    return lightResponse({ ...parts, statusText: "", headers: textOfHeaders(headers) });
  }

  async #content(request: RequestParts, { status, name, asset }: Named) {
    const tag = await this.#tags.of(asset);
    const fields: [name: string, value: string][] = [["etag", tag]];
    const type = typeOf(name);
    if (type !== null) fields.push(["content-type", type]);
    const isPrivate = headerOf(request, "authorization") !== undefined || headerOf(request, "range") !== undefined;
    if (!isPrivate) fields.push(["cache-control", CACHED]);
    fields.push(["cf-cache-status", "HIT"]);
    const known = headerOf(request, "if-none-match");
    if (known !== undefined && (known === tag || known === `W/${tag}`))
      return { status: NOT_MODIFIED, fields, body: null };
    fields.push(["content-length", String(asset.stats.size)]);
    return { status, fields, body: request.method === "HEAD" ? null : bodyOf(asset) };
  }

  /** The rules of the folder's own files, read when they are first needed. */
  #read() {
    if (this.#rules !== undefined) return this.#rules;
    const refuse =
      (name: string): Refuse =>
      (line, text, reason) =>
        this.#log.warn(`${this.#folder.root}/${name}:${line}: ignored ${JSON.stringify(text.slice(0, 80))}: ${reason}`);
    const [redirects, headers] = ["_redirects", "_headers"].map((name) => this.#folder.text(name) ?? "");
    this.#rules = {
      redirects: new RedirectRules(redirects, this.#settings.htmlHandling, refuse("_redirects")),
      headers: new HeaderRules(headers, refuse("_headers")),
    };
    return this.#rules;
  }
}

/** @param path decoded */
const redirectTo = (path: string, search: string) => ({ status: TEMPORARY_REDIRECT, location: encoded(path) + search });

function headerOf({ headers }: RequestParts, name: string): string | undefined {
  // Most requests have none of those that are asked for.
  if (!headers.toLowerCase().includes(name)) return undefined;
  return headersOfText(headers).find(([other]) => other.toLowerCase() === name)?.[1];
}

/** Where a rule leads the client: the query goes along unless the rule has its own. */
function locationOf(to: string, url: URL): string {
  const target = new URL(to, url);
  if (target.search === "") target.search = url.search;
  return target.origin === url.origin ? `${target.pathname}${target.search}${target.hash}` : target.href;
}

/** A path as files are named; a part that is not UTF-8 stays as it is. */
const decoded = (pathname: string): string => pathname.split("/").map(decodedPart).join("/").replace(/\/+/g, "/");

function decodedPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const encoded = (path: string): string =>
  path
    .split("/")
    .map((part) => encodeURIComponent(part))
    .join("/");
