// The options of small bindings, and what is bound for them.

import {
  anyRecord,
  isString,
  numeric,
  oneOf,
  optional,
  paths,
  record,
  shape,
  string,
} from "../../node/options/check.ts";
import type { MiniflareOptions, SecretsStoreSecretOptions } from "../../../index.d.ts";
import type { Group } from "../../node/instance/group.ts";
import type { RoomHooks } from "../../node/instance/lane-hooks.ts";
import type { OptionRows } from "../../node/options/table.ts";
import type { WranglerConfig } from "../../node/options/wrangler.ts";

const limit = numeric("a whole number, 0 at least", (value) => Number.isInteger(value) && Number(value) >= 0);
const rate = shape(
  {
    namespaceId: optional(string),
    simple: shape({ limit, period: oneOf(10, 60) }, "an object like { limit: 100, period: 60 }"),
  },
  "an object like { simple: { limit: 100, period: 60 } }",
);
const metadata = shape(
  { binding: string, id: optional(string), tag: optional(string), timestamp: optional(string) },
  'the name of a binding, or an object like { binding: "VERSION", id: "1" }',
  isString,
);
const dataset = shape({ dataset: optional(string) }, 'an object like { dataset: "events" }');
const secret = shape(
  {
    storeId: optional(string),
    secretName: optional(string),
    store_id: optional(string),
    secret_name: optional(string),
    value: optional(string),
  },
  'an object like { storeId: "store", secretName: "name" }',
);

const options = {
  ratelimits: {
    check: record(rate),
    needsWorker: true,
    wrangler: ({ ratelimits }) =>
      named(ratelimits, ({ name, namespace_id, simple }) => [name, { namespaceId: String(namespace_id), simple }]),
  },
  versionMetadata: {
    check: metadata,
    needsWorker: true,
    wrangler: ({ version_metadata }) => version_metadata?.binding,
  },
  analyticsEngineDatasets: {
    check: record(dataset),
    needsWorker: true,
    wrangler: ({ analytics_engine_datasets: datasets }) =>
      named(datasets, ({ binding, dataset }) => [binding, dataset === undefined ? {} : { dataset }]),
  },
  secretsStoreSecrets: {
    check: record(secret),
    needsWorker: true,
    wrangler: ({ secrets_store_secrets: secrets }) =>
      named(secrets, ({ binding, store_id, secret_name }) => [binding, { storeId: store_id, secretName: secret_name }]),
  },
  hyperdrives: { check: paths, secret: true, needsWorker: true, wrangler: hyperdrivesOf },
  remoteBindings: { check: paths, needsWorker: true, wrangler: remoteOf },
  workerLoaders: {
    check: record(anyRecord),
    needsWorker: true,
    wrangler: ({ worker_loaders }) => named(worker_loaders, ({ binding }) => [binding, {}]),
  },
} satisfies OptionRows;

/** An object of the items of a list, if there are any. */
const named = <Item, Value>(items: Item[] | undefined, entryOf: (item: Item) => [string, Value]) =>
  items && (Object.fromEntries(items.map(entryOf)) as Record<string, Value>);

/** The variable with the local connection string of a binding; wrangler's own takes precedence over the older name. */
const VARIABLES = ["CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_", "WRANGLER_HYPERDRIVE_LOCAL_CONNECTION_STRING_"];

function hyperdrivesOf({ hyperdrive }: WranglerConfig): Record<string, string> | undefined {
  const found = hyperdrive?.flatMap(({ binding, localConnectionString }) => {
    const given = VARIABLES.map((prefix) => process.env[prefix + binding]).find(isString) ?? localConnectionString;
    return given === undefined ? [] : [[binding, given]];
  });
  return found && Object.fromEntries(found);
}

/** Keys of wrangler by which a worker binds what exists on Cloudflare's network only, with its name. */
const REMOTE: Readonly<Record<string, string>> = {
  ai: "Workers AI",
  ai_search: "AI Search",
  browser: "Browser Rendering",
  dispatch_namespaces: "Workers for Platforms",
  images: "Images",
  media: "Media Transformations",
  mtls_certificates: "Client certificates",
  pipelines: "Pipelines",
  stream: "Stream",
  vectorize: "Vectorize",
  vpc_services: "Workers VPC",
  workflows: "Workflows",
};

function remoteOf(config: WranglerConfig): Record<string, string> | undefined {
  const entries = Object.entries(REMOTE).flatMap(([key, service]) =>
    [config[key] ?? []].flat().flatMap((item) => {
      const { binding } = item as { binding?: unknown };
      return isString(binding) ? [[binding, service]] : [];
    }),
  );
  const local = Object.keys(hyperdrivesOf(config) ?? {});
  const unset = config.hyperdrive?.filter(({ binding }) => !local.includes(binding)) ?? [];
  entries.push(...unset.map(({ binding }) => [binding, "Hyperdrive, without a localConnectionString"]));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** What Node binds: objects that a worker uses through the membrane. */
function hooks(options: MiniflareOptions, _root: string, _report: unknown, _log: unknown, group: Group) {
  const { ratelimits, versionMetadata, analyticsEngineDatasets, secretsStoreSecrets } = options;
  const used = [ratelimits, versionMetadata, analyticsEngineDatasets, secretsStoreSecrets];
  if (used.every((option) => option === undefined)) return undefined;
  const { bindingsOf } = require("./cloud-bindings.ts") as typeof import("./cloud-bindings.ts");
  return { bindings: bindingsOf(options, group) } satisfies RoomHooks;
}

/** The store and the name of a secret. */
const placeOf = ({ storeId, secretName, store_id, secret_name }: SecretsStoreSecretOptions) => ({
  store: storeId ?? store_id ?? "",
  name: secretName ?? secret_name ?? "",
});

export const section = "Bindings of the platform";
export const settings = ({ remoteBindings = {}, workerLoaders = {}, hyperdrives }: MiniflareOptions) => ({
  remote: Object.entries(remoteBindings),
  loaders: Object.keys(workerLoaders),
  hyperdrives: hyperdrives && hyperdrivesIn(hyperdrives),
});

/** What is bound of each database: the parts of its connection string. */
function hyperdrivesIn(hyperdrives: Record<string, string>) {
  const { partsOf } = require("./hyperdrive.ts") as typeof import("./hyperdrive.ts");
  return Object.entries(hyperdrives).map(([binding, text]) => [binding, partsOf(binding, text)]);
}
export { hooks, options, placeOf };
