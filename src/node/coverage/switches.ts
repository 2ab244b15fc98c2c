// What makes workers count what they run.

/** The environment variable with the folder of counts for the coverage of a test runner: see `counts-folder.ts`. */
const COUNTS_FOLDER = "MINIFLARE_RS_COVERAGE";

/** The channel of `node:diagnostics_channel` on which the lanes of a thread are told to write their counts. */
const WRITE_COUNTS = "miniflare-rs:write-counts";

/** The folder that counts are written into, if there is one. That of a runner's own coverage has precedence. */
function folderOfCounts(): string | undefined {
  return process.env[COUNTS_FOLDER] || process.env.NODE_V8_COVERAGE || undefined;
}

export { COUNTS_FOLDER, folderOfCounts, WRITE_COUNTS };
