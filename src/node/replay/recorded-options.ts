// The options of an instance in a recording, so that a replay needs nothing else. What lives in Node has a stand-in, whose answers
// are in the recording.

import path from "node:path";
import { decode, encode, isLive } from "./values.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { Json, Wrap } from "./values.ts";

/** Those that have values of the user by names. */
const NAMED = new Set(["bindings", "globals", "serviceBindings"]);
/** Those that are of the process. */
const LEFT_OUT = new Set(["log", "simulate", "watch", "inspectorPort", "inspectorHost", "inspectorBreak"]);

function encodeOptions(options: MiniflareOptions): Json {
  return { ...encodeWorker(options), rootPath: path.resolve(options.rootPath ?? ".") };
}

function encodeWorker(options: object): Record<string, Json> {
  const entries = Object.entries(options).filter(([name, value]) => !LEFT_OUT.has(name) && value !== undefined);
  const encoded = entries.map(([name, value]): [string, Json] => {
    if (NAMED.has(name)) return [name, eachOf(value, (one, of) => encode(one, `${name}.${of}`))];
    if (name === "mounts") return [name, eachOf(value, (one) => (typeof one === "object" ? encodeWorker(one) : one))];
    return [name, encode(value, name)];
  });
  return Object.fromEntries(encoded);
}

function eachOf(record: object, each: (value: never, name: string) => Json): Json {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, each(value as never, name)]));
}

/** The options for an instance that replays. */
function decodeOptions(recorded: Json): MiniflareOptions {
  const asItIs: Wrap = (value) => value;
  const options = decode(recorded, asItIs) as Record<string, unknown>;
  // A live value that is no binding, such as a function among the options of a room, has no answers.
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => NAMED.has(name) || name === "mounts" || !isLive(value)),
  );
}

export { decodeOptions, encodeOptions };
