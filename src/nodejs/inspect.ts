// `util.inspect` and what formats texts with it: Node's own, as a library. The build has it ask V8 for the state of promises
// (`scripts/bundle-packages.mjs`).

import { format, formatWithOptions, inspect, stripVTControlCharacters } from "node-inspect-extracted";

export { format, formatWithOptions, inspect, stripVTControlCharacters };
