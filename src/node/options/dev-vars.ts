// Variables of development, from files beside the configuration: `.dev.vars`, or `.env` files if there is none.
// https://developers.cloudflare.com/workers/configuration/environment-variables/

import path from "node:path";
import { readText } from "../script/files.ts";
import { parseEnv } from "./dotenv.ts";
import type { Log } from "../../../index.d.ts";
import type { WranglerConfig } from "./wrangler.ts";

/** What the files say, and all files that were looked for. */
interface DevVars {
  values: Record<string, string>;
  files: string[];
}

/**
 * Reads the variables for an environment.
 * @param folder that of the configuration
 */
function devVars(folder: string, environment: string | undefined, config: WranglerConfig, log: Log): DevVars {
  const files: string[] = [];
  const read = (name: string): Record<string, string> | undefined => {
    const file = path.join(folder, name);
    files.push(file);
    const text = readText(file, "wranglerConfigPath", true);
    return text === undefined ? undefined : parseEnv(text);
  };
  const suffix = environment === undefined ? undefined : `.${environment}`;
  const own = suffix === undefined ? undefined : read(`.dev.vars${suffix}`);
  const values = own ?? read(".dev.vars") ?? dotEnv(read, suffix);
  return { values: required({ ...fromProcess(), ...values }, config, log), files };
}

/** Later files win. */
function dotEnv(read: (name: string) => Record<string, string> | undefined, suffix: string | undefined) {
  if (process.env.CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV === "false") return {};
  const names = [".env", ".env.local", ...(suffix === undefined ? [] : [`.env${suffix}`, `.env${suffix}.local`])];
  return Object.assign({}, ...names.map(read));
}

const fromProcess = (): NodeJS.ProcessEnv => (process.env.CLOUDFLARE_INCLUDE_PROCESS_ENV === "true" ? process.env : {});

/** With `secrets.required`, only those names and the ones of `vars` are taken. */
function required(values: NodeJS.ProcessEnv, { secrets, vars }: WranglerConfig, log: Log): Record<string, string> {
  if (secrets?.required === undefined) return values as Record<string, string>;
  const names = [...secrets.required, ...Object.keys(vars ?? {})];
  const known = { ...process.env, ...values };
  const missing = secrets.required.filter((name) => known[name] === undefined);
  if (missing.length > 0) {
    log.warn(
      `Missing required secrets: ${missing.join(", ")}. Set them in .dev.vars or .env beside the configuration.`,
    );
  }
  const taken = names.flatMap((name): [string, string][] => {
    const value = secrets.required?.includes(name) ? known[name] : values[name];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(taken);
}

export { devVars };
