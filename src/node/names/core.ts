// `miniflare-rs/core`: what the package exports, and the other names that suites import from `@miniflare/core`.

import { describe } from "../errors.ts";
import { FormData, Headers } from "../http/flat-headers.ts";
import { Miniflare } from "../instance/miniflare.ts";
import { optionsOfPlugins } from "../options/plugins.ts";
import { KEEPING } from "../options/table.ts";
import { Request } from "../http/http-request.ts";
import { lightResponse } from "../http/http-response.ts";
import { FetchEvent, kWaitUntil, ScheduledEvent } from "../env/env-events.ts";
import { extendsNodes } from "../http/fetch-classes.ts";
import { BindingsPlugin, BuildPlugin, CorePlugin } from "./plugin-classes.ts";
import type * as contract from "../../../index.d.ts";
import type { MiniflareCoreContext } from "../../../types/core.d.ts";
import { textOfHeaders } from "../../web/header-text.ts";

const nodes = globalThis.fetch;

/** Node's own `fetch`, with the classes of this package. */
async function fetch(input: contract.RequestInfo, init: contract.RequestInit | undefined = undefined) {
  const request = input instanceof Request && init === undefined ? input : new Request(input, init);
  const { status, statusText, headers, body, url, redirected } = await (extendsNodes()
    ? nodes(request)
    : sent(request));
  return lightResponse({ status, statusText, headers: textOfHeaders(headers), body, url, redirected });
}

/** What Node's `fetch` is called with; that streams are sent half-duplex, the types of browsers do not say. */
type SentInit = globalThis.RequestInit & { duplex: "half" };

/** A request of a class that Node's `fetch` does not know. */
function sent({ url, method, headers, body, redirect, signal }: globalThis.Request) {
  const init: SentInit = { method, headers: [...headers], body, redirect, signal, duplex: "half" };
  return nodes(url, init);
}

/** An instance that is given the plugins to have. Options of others mean nothing to it. */
class MiniflareCore extends Miniflare {
  #plugins: object;

  /** @param context what else Miniflare 2 took, an instance has by itself */
  constructor(plugins: unknown, context: MiniflareCoreContext = {}, options: contract.MiniflareOptions = {}) {
    checkPlugins(plugins);
    const { log, scriptRequired = false, storageFactory } = context;
    super({ ...chosen(plugins, options), scriptRequired, ...(log !== undefined && { log }) });
    this.#plugins = plugins;
    if (storageFactory !== undefined) this.log.warn(NO_FACTORY);
  }

  override async setOptions(options: contract.MiniflareOptions, dispatchReloadEvent?: boolean) {
    return super.setOptions(chosen(this.#plugins, options), dispatchReloadEvent);
  }
}

const PLUGINS = optionsOfPlugins();

const keeping = new Intl.ListFormat("en-GB").format(KEEPING.map(([name]) => name));
const NO_FACTORY = `The storageFactory of MiniflareCore is not used: what a worker stores is in memory, or where the options ${keeping} say`;

function checkPlugins(plugins: unknown): asserts plugins is object {
  if (typeof plugins !== "object" || plugins === null) {
    throw new TypeError(`new MiniflareCore() takes an object of plugins, got ${describe(plugins)}`);
  }
  const unknown = Object.keys(plugins).find((name) => !Object.hasOwn(PLUGINS, name));
  if (unknown === undefined) return;
  const known = Object.keys(PLUGINS).join(", ");
  throw new TypeError(`new MiniflareCore() has no plugin "${unknown}": it takes ${known}, and no plugins of your own`);
}

/** The options of the plugins, and those that are of none. */
function chosen(plugins: object, options: contract.MiniflareOptions): contract.MiniflareOptions {
  const others = Object.keys(PLUGINS).filter((name) => !Object.hasOwn(plugins, name));
  const left = new Set(others.flatMap((name) => PLUGINS[name]));
  return Object.fromEntries(Object.entries(options).filter(([name]) => !left.has(name)));
}

export * from "../index.ts";
export {
  BindingsPlugin,
  BuildPlugin,
  CorePlugin,
  fetch,
  FetchEvent,
  FormData,
  Headers,
  kWaitUntil,
  MiniflareCore,
  ScheduledEvent,
};
