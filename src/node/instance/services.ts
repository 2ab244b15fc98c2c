// Service bindings: other workers of the instance, or functions in Node, that a worker reaches by `env.NAME.fetch()`.

import { describe, MiniflareCoreError } from "../errors.ts";
import { buildRequest } from "../http/http-request.ts";
import type { Log, MiniflareOptions, ServiceBinding } from "../../../index.d.ts";
import type { EntrypointTarget } from "./lane.ts";
import type { RequestParts } from "../http/http-request.ts";

/** A function in Node that a service binding stands for. */
export type FunctionService = Extract<ServiceBinding, (...args: never[]) => unknown>;

const EXPERIMENTAL = "Service bindings are experimental. There may be breaking changes in the future.";

const serviceNames = ({ serviceBindings = {} }: MiniflareOptions): string[] => Object.keys(serviceBindings);

/** The name of the worker that a binding stands for. */
const workerName = (service: ServiceBinding | undefined): string | undefined => {
  if (typeof service === "function") return undefined;
  return typeof service === "string" ? service : service?.service;
};

/** The entrypoint that a binding stands for, if it is not the default one without props. */
function entrypointOf(service: ServiceBinding | undefined): EntrypointTarget | null {
  if (typeof service !== "object") return null;
  const { entrypoint, props } = service;
  return entrypoint === undefined && props === undefined ? null : [null, entrypoint ?? null, props];
}

/** Refuses bindings to workers that are not there; `names` are those that are. */
function checkServices(
  { serviceBindings = {} }: MiniflareOptions,
  names: ReadonlySet<string | undefined>,
  log: Log,
): void {
  const entries = Object.entries(serviceBindings);
  if (entries.length > 0) log.warn(EXPERIMENTAL);
  for (const [binding, service] of entries) {
    if (typeof service !== "function" && !names.has(workerName(service))) throw notMounted(binding, service);
  }
}

function notMounted(binding: string, service: ServiceBinding | undefined): MiniflareCoreError {
  const name = workerName(service);
  return new MiniflareCoreError(
    "ERR_SERVICE_NOT_MOUNTED",
    `Service "${name}" for binding "${binding}" not found.\n` +
      `Make sure "${name}" is mounted so Miniflare knows where to find it.`,
  );
}

/** The answer of a function in Node to a request, given in parts. */
async function callFunction(
  binding: string,
  service: FunctionService,
  parts: RequestParts,
): Promise<globalThis.Response> {
  const response = await service(buildRequest(parts));
  if (typeof response === "object" && response !== null) return response;
  throw new TypeError(
    `The function that service binding "${binding}" stands for must return a Response or a promise of one, got ${describe(response)}`,
  );
}

export { callFunction, checkServices, entrypointOf, notMounted, serviceNames, workerName };
