// `util.inspect` and what formats texts with it: Node's own, as a library. Without V8's help the library knows neither the
// state of promises nor what a proxy is of.

import { core } from "ext:core/mod.js";
import { format, formatWithOptions, inspect, stripVTControlCharacters } from "node-inspect-extracted";

export { format, formatWithOptions, inspect, stripVTControlCharacters };

/** The build has the library ask this for the state of a promise. */
export const promiseDetails = (promise: Promise<unknown>) => core.getPromiseDetails(promise);
