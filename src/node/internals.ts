// Parts of Node's half that specs look at directly; the package does not contain the bundle of this file.

export { closeInstance, openInstance } from "./binding/binding.ts";
export { exactTarget, target } from "./binding/target.ts";
export * from "./errors.ts";
export { Request, splitRequest } from "./http/http-request.ts";
export { lightResponse, Response, splitResponse } from "./http/http-response.ts";
export { Lane } from "./instance/lane.ts";
export { Log, LogLevel, NoOpLog } from "./log/log.ts";
export { GROUPS, OPTIONS } from "./options/table.ts";
export { FLAGS } from "./options/compat.ts";
export { NEWEST, WITHOUT_EFFECT } from "./options/compat-known.ts";
export { mergeOptions, validateOptions } from "./options/options.ts";
export { isKnownFormat } from "./cli/flag-values.ts";
export { sections } from "./cli/flags.ts";
export { helpText } from "./cli/help.ts";
export { readArguments } from "./cli/arguments.ts";
export { optionsOfPlugins, titleOf } from "./options/plugins.ts";
export { default as roomOptions } from "./room-options.ts";
