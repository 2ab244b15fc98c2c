// What limits the requests of an instance: options first, then the environment, then the usage model.

const WHOLE = /^[+-]?\d+$/;

/** What the worker's contexts are configured with; `src/realm/context.js` has what is not given here. */
function contextLimits(options, warn) {
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
function fromEnvironment(name, warn) {
  const text = process.env[name]?.trim() ?? "";
  if (text === "") return undefined;
  if (WHOLE.test(text)) return Number(text);
  warn(
    `Ignoring the environment variable ${name}="${text}": expected a whole number, e.g. 100 (0 allows no subrequests, a negative number any).`,
  );
  return undefined;
}

export { contextLimits };
