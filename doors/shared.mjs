// `miniflare-rs/shared` as an ES module. The names are written out, so that each is an export to Node, bundlers and test runners.
import door from "../lib/node/shared.js";

export const { createSQLiteDB, Log, LogLevel, MiniflareError, NoOpLog } = door;
export default door;
