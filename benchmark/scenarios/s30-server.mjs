// A hello worker behind an HTTP server. The clients are a process of their own, so that they cost every implementation the
// same.
import { microsPerRequest } from "../lib/load.mjs";
import { withWorkerServer } from "../lib/serve.mjs";

export default {
  name: "s30-server",
  unit: "µs",
  doc: "per request to a hello worker's HTTP server, with 32 keep-alive connections",
  target: { share: 0.125 },
  run: ({ Miniflare }) => withWorkerServer(Miniflare, microsPerRequest),
};
