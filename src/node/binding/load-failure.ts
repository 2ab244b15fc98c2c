// Why there is no addon, in words: no build for the platform, a package that is missing, or a file that cannot be loaded.

import type { FailedAttempt } from "./addon.ts";

/** The text of an error, and what it was caused by. */
interface LoadFailure {
  text: string;
  cause: unknown;
}

const PREFIX = "miniflare-rs-";

/**
 * Returns the text and the cause of the error. It imports nothing: what loads it is still being loaded.
 * @param name the platform's name
 * @param builds the names of the platforms that there are packages for
 * @param attempts the files that were there and could not be loaded
 */
function loadFailure(name: string, builds: string[], attempts: FailedAttempt[]): LoadFailure {
  const [attempt] = attempts;
  if (attempt !== undefined) return failure(cannotLoad(name, attempt), attempt.error);
  const isBuilt = builds.length === 0 || builds.includes(name);
  return failure(isBuilt ? missing(name) : noBuild(name, builds));
}

const failure = (text: string, cause?: unknown): LoadFailure => ({ text, cause });

function noBuild(name: string, builds: string[]): string {
  const remedy = name.endsWith("-musl")
    ? "Run it on a Node that is linked against glibc: in Docker, an image such as node:22-slim in the place of node:22-alpine."
    : "Run it on one of these platforms.";
  return `There is no build of miniflare-rs for ${name}; there is one for ${builds.join(", ")}. ${remedy}`;
}

function missing(name: string): string {
  return (
    `The package ${PREFIX}${name}, which holds the addon for this platform, is not installed. Run \`npm install\` on this ` +
    "platform, without `--omit=optional`; in a clone of miniflare-rs, run `npm run build`."
  );
}

function cannotLoad(name: string, { file, error }: FailedAttempt): string {
  const { message } = error as Error;
  const [, version] = /version `(GLIBC_[\d.]+)' not found/.exec(message) ?? [];
  const remedy =
    version === undefined
      ? `Install the package ${PREFIX}${name} again; in a clone of miniflare-rs, run \`npm run build\`.`
      : `It needs ${version.replace("_", " ")} or newer: use a newer Linux distribution.`;
  return `The addon for ${name}, ${file}, cannot be loaded: ${message}. ${remedy}`;
}

export { loadFailure };
