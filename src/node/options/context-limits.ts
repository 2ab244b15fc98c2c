// What limits the requests of an instance: options first, then the environment, then the usage model.

import type { MiniflareOptions } from "../../../index.d.ts";

type Warn = (text: string) => void;

const WHOLE = /^[+-]?\d+$/;

/** What the worker's contexts are configured with; `src/realm/context.ts` has what is not given here. */
function contextLimits(options: MiniflareOptions, warn: Warn) {
  const { actualTime = false, globalAsyncIO = false, globalTimers = false, globalRandom = false } = options;
  return {
    unbound: options.usageModel === "unbound",
    subrequests: options.subrequestLimit ?? fromEnvironment("MINIFLARE_SUBREQUEST_LIMIT", warn),
    internalSubrequests:
      options.internalSubrequestLimit ?? fromEnvironment("MINIFLARE_INTERNAL_SUBREQUEST_LIMIT", warn),
    actualTime,
    globalAsyncIO,
    globalTimers,
    globalRandom,
  };
}

/** The limit that an environment variable sets; undefined when it sets none. */
function fromEnvironment(name: string, warn: Warn): number | undefined {
  const text = process.env[name]?.trim() ?? "";
  if (text === "") return undefined;
  if (WHOLE.test(text)) return Number(text);
  warn(
    `Ignoring the environment variable ${name}="${text}": expected a whole number, e.g. 100 (0 allows no subrequests, a negative number any).`,
  );
  return undefined;
}

export { contextLimits };
