// What the options of small bindings bind. Loaded for the first worker that has some.

import { randomUUID } from "node:crypto";
import { AnalyticsEngineDataset } from "./analytics.ts";
import { stateOf } from "./cloud-state.ts";
import { placeOf } from "./options.ts";
import { RateLimit } from "./rate-limit.ts";
import { SecretsStoreSecret } from "./secrets.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { Group } from "../../node/instance/group.ts";
import type { CloudState } from "./cloud-state.ts";

/** The identity of each instance's version, which stays the same over reloads. */
const ids = new WeakMap<CloudState, string>();

export function bindingsOf(options: MiniflareOptions, group: Group): Record<string, unknown> {
  const state = stateOf(group);
  const bound: Record<string, unknown> = {};
  for (const [name, { namespaceId = name, simple }] of Object.entries(options.ratelimits ?? {})) {
    bound[name] = new RateLimit({ namespace: namespaceId, ...simple }, state);
  }
  for (const [name, { dataset = name }] of Object.entries(options.analyticsEngineDatasets ?? {})) {
    bound[name] = new AnalyticsEngineDataset(dataset, state);
  }
  for (const [binding, secret] of Object.entries(options.secretsStoreSecrets ?? {})) {
    const { store, name } = placeOf(secret);
    if (secret.value !== undefined) state.store(store).set(name, secret.value);
    bound[binding] = new SecretsStoreSecret(store, name, state);
  }
  const { versionMetadata } = options;
  if (versionMetadata !== undefined) {
    const given = typeof versionMetadata === "string" ? { binding: versionMetadata } : versionMetadata;
    bound[given.binding] = metadataOf(given, state);
  }
  return bound;
}

function metadataOf({ id, tag = "", timestamp }: { id?: string; tag?: string; timestamp?: string }, state: CloudState) {
  const known = ids.get(state) ?? randomUUID();
  ids.set(state, known);
  return { id: id ?? known, tag, timestamp: timestamp ?? new Date(state.now()).toISOString() };
}
