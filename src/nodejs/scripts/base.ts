// The lazy script of the modules that most others need.

import buffer from "../buffer.ts";
import events from "../events.ts";
import process from "../process.ts";
import stringDecoder from "../string-decoder.ts";
import timers, { promises } from "../timers.ts";
import util from "../util.ts";
import types from "../util-types.ts";

export const modules = {
  buffer,
  events,
  process,
  string_decoder: stringDecoder,
  sys: util,
  timers,
  "timers/promises": promises,
  util,
  "util/types": types,
};
