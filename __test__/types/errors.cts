// The errors, used as a suite in CommonJS uses them, by way of the name that stands in for @miniflare/core.

import core = require("miniflare-rs/core");
import main = require("miniflare-rs");

const sameClass: typeof core.Miniflare = main.Miniflare;

export function explain(error: unknown): string {
  if (error instanceof core.FetchError) {
    const code: "ERR_NO_HANDLER" | "ERR_NO_RESPONSE" | "ERR_RESPONSE_TYPE" | "ERR_NO_UPSTREAM" = error.code;
    return code;
  }
  if (error instanceof core.InstanceError && error.code === "ERR_CPU_LIMIT") return "too slow";
  if (error instanceof core.OptionsError) return error.code satisfies "ERR_INVALID_OPTION";
  if (error instanceof core.VMScriptRunnerError && error.code === "ERR_MODULE_RULE") return error.message;
  if (error instanceof core.DurableObjectError && error.code === "ERR_CLASS_NOT_FOUND") return error.message;
  if (error instanceof core.MiniflareCoreError && error.code === "ERR_NO_SCRIPT") return error.message;
  if (error instanceof core.MiniflareError) {
    const anyCode: string = error.code;
    const cause: unknown = error.cause;
    return `${anyCode} ${error.name} ${cause}`;
  }
  return String(error);
}

class OwnError extends core.MiniflareError<"ERR_OWN"> {}

export const errors: Error[] = [
  new OwnError("ERR_OWN", "with a cause", new Error("cause")),
  new core.RouterError("ERR_QUERY_STRING"),
  new core.CacheError("ERR_RESERVED"),
  new core.QueueError("ERR_CONSUMER_ALREADY_SET"),
  new core.SchedulerError("ERR_INVALID_CRON"),
  new core.StorageError("ERR_STORAGE_FULL"),
];

console.log(sameClass);
