// What the texts of a flag stand for, by the format that the help shows: `NAME=CLASS[@MOUNT]` is a class, perhaps of another
// script.

import { OptionsError } from "../errors.ts";
import type { MiniflareOptions } from "../../../index.d.ts";

type Pairs = [name: string, value: string][];

const records = (pairs: Pairs) => Object.fromEntries(pairs);

/** The parts before and after the last "@"; the second is undefined if there is none. */
function atLast(text: string): [string, string | undefined] {
  const at = text.lastIndexOf("@");
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function classes(pairs: Pairs): Record<string, unknown> {
  const classOf = (text: string) => {
    const [className, scriptName] = atLast(text);
    return scriptName === undefined ? className : { className, scriptName };
  };
  return records(pairs.map(([name, text]) => [name, classOf(text)] as never));
}

function mounts(pairs: Pairs): Record<string, unknown> {
  const mountOf = (text: string) => {
    const [rootPath, wranglerConfigEnv] = atLast(text);
    const files = { packagePath: true, envPathDefaultFallback: true, wranglerConfigPath: true };
    return { rootPath, ...(wranglerConfigEnv !== undefined && { wranglerConfigEnv }), ...files };
  };
  return records(pairs.map(([name, text]) => [name, mountOf(text)] as never));
}

function services(pairs: Pairs): Record<string, unknown> {
  const serviceOf = (text: string) => {
    const [service, environment] = text.split(/@(.*)/s);
    return environment === undefined ? service : { service, environment };
  };
  return records(pairs.map(([name, text]) => [name, serviceOf(text)] as never));
}

/** What `--inspect` says: undefined for `--no-inspect`. */
export type InspectorFlag = Pick<MiniflareOptions, "inspectorHost" | "inspectorPort"> | undefined;

/** Node's own port for debuggers, which these look at by themselves. */
const INSPECTOR_PORT = 9229;
const MOST_PORT = 65_535;

function inspector(value: string | boolean): InspectorFlag {
  if (value === false) return undefined;
  if (value === true) return { inspectorPort: INSPECTOR_PORT };
  // An address of IPv6 without a port has more than one colon, and no brackets.
  const isHost = !/^(?:\d+|[^:]*:\d+|\[.*\]:\d+)$/.test(value);
  const colon = isHost ? value.length : value.lastIndexOf(":");
  const inspectorHost = colon === -1 ? undefined : value.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  const inspectorPort = isHost ? INSPECTOR_PORT : Number(value.slice(colon + 1));
  if (inspectorPort > MOST_PORT || inspectorHost === "" || /\s/.test(value)) {
    const text = `Unexpected value for --inspect: "${value}" (expected a port, a host, or both as host:port)`;
    throw new OptionsError("ERR_INVALID_OPTION", text);
  }
  return inspectorHost === undefined ? { inspectorPort } : { inspectorHost, inspectorPort };
}

/** The values of flags that need a conversion. */
const FORMATS: Record<string, (value: never) => unknown> = {
  "array:KEY=VALUE": records,
  "array:NAME=PATH": records,
  "array:NAME=CLASS[@MOUNT]": classes,
  "array:NAME=PATH[@ENV]": mounts,
  "array:NAME=MOUNT[@ENV]": services,
  "array:NAME=QUEUE": (pairs: Pairs) => pairs.map(([name, queueName]) => ({ name, queueName })),
  "array:TYPE=GLOB": (pairs: Pairs) => pairs.map(([type, glob]) => ({ type, include: [glob], fallthrough: true })),
  "boolean/string:HOST:PORT": inspector,
  "number:SEED": (seed: number) => ({ seed }),
};

/** The value of an option, from what was read for a flag that takes `takes`. */
export function fromTexts(takes: string, read: unknown): unknown {
  return FORMATS[takes](read as never);
}

/** Whether values of this format can be read. */
export const isKnownFormat = (takes: string) => Object.hasOwn(FORMATS, takes);
