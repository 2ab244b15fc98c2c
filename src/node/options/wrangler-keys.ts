// Readers of those keys in wrangler.toml that take more than a line. Loaded when there is such a file.

import path from "node:path";
import { MiniflareCoreError } from "../errors.ts";
import type { Log, MountOptions, ServiceBinding } from "../../../index.d.ts";
import type { Route, ServiceConfig, WranglerConfig } from "./wrangler.ts";

function scriptPath({ build }: WranglerConfig, folder: string): string | undefined {
  const { main, dir = "dist" } = build?.upload ?? {};
  return main === undefined ? undefined : path.resolve(folder, dir, main);
}

function buildWatchPaths({ build = {}, miniflare = {} }: WranglerConfig): string[] | undefined {
  const watched = [...(miniflare.build_watch_dirs ?? []), ...[build.watch_dir ?? []].flat()];
  return watched.length === 0 && build.command !== undefined ? ["src"] : list(watched);
}

function routes({ route, routes, miniflare = {} }: WranglerConfig): string[] | undefined {
  const all = [route, routes, miniflare.route, miniflare.routes].flatMap((given) => given ?? []);
  return list(all.map(patternOf));
}

const patternOf = (given: Route) => (typeof given === "object" && "pattern" in given ? given.pattern : given);

const list = (items: string[]) => (items.length === 0 ? undefined : items);

function mounts({ miniflare }: WranglerConfig, folder: string): Record<string, MountOptions> | undefined {
  const places = miniflare?.mounts && Object.entries(miniflare.mounts);
  return places && Object.fromEntries(places.map(([name, place]) => [name, mountOptions(place, folder)]));
}

/** A mount is the folder of a worker, and after an at sign one of its environments. */
function mountOptions(place: string, folder: string): MountOptions {
  const at = place.lastIndexOf("@");
  return {
    rootPath: path.resolve(folder, at === -1 ? place : place.slice(0, at)),
    wranglerConfigEnv: at === -1 ? undefined : place.slice(at + 1),
    packagePath: true,
    envPathDefaultFallback: true,
    wranglerConfigPath: true,
  };
}

function services(
  { services, experimental_services }: WranglerConfig,
  log: Log,
): Record<string, ServiceBinding> | undefined {
  if (experimental_services !== undefined) {
    log.warn("Using the `experimental_services` key is deprecated. This key should be renamed to `services`.");
  }
  const all = [...(services ?? []), ...(experimental_services ?? [])];
  if (all.length === 0) return undefined;
  const named = all.map(({ service, environment, entrypoint, props, ...names }) => [
    bindingName(service, names, log),
    { service, environment, ...(entrypoint !== undefined && { entrypoint }), ...(props !== undefined && { props }) },
  ]);
  return Object.fromEntries(named);
}

function bindingName(service: string, { name, binding }: Omit<ServiceConfig, "service">, log: Log): string {
  const use = "The `binding` key should be used to define binding names.";
  if (name === undefined && binding === undefined) {
    const text = `Service "${service}" declared with neither \`binding\` nor \`name\` keys.\n${use}`;
    throw new MiniflareCoreError("ERR_SERVICE_NO_NAME", text);
  }
  if (name !== undefined && binding !== undefined && name !== binding) {
    const text = `Service "${service}" declared with \`name\`="${name}" and \`binding\`="${binding}".\n${use}`;
    throw new MiniflareCoreError("ERR_SERVICE_NAME_MISMATCH", text);
  }
  if (name !== undefined) {
    log.warn(
      `Service "${service}" declared using deprecated syntax.\nThe \`name\` key should be removed and renamed to \`binding\`.`,
    );
  }
  return (binding ?? name) as string;
}

export { buildWatchPaths, mounts, routes, scriptPath, services };
