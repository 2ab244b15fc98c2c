// `miniflare-rs/http-server` as an ES module. The names are written out, so that each is an export to Node, bundlers and test runners.
import door from "../lib/node/http-server.js";

export const {
  convertNodeRequest,
  createRequestListener,
  createServer,
  DEFAULT_PORT,
  getAccessibleHosts,
  HTTPPlugin,
  startServer,
} = door;
export default door;
