// What a worker keeps of what it waits for, with the option `trackPending`: a lazy script of its own.

export { report, track } from "ext:miniflare/pending/tracker.ts";
