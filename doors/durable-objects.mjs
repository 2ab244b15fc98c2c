// `miniflare-rs/durable-objects` as an ES module. The names are written out, so that each is an export to Node, bundlers and test runners.
import door from "../lib/node/durable-objects.js";

export const {
  DurableObjectError,
  DurableObjectId,
  DurableObjectNamespace,
  DurableObjectsPlugin,
  DurableObjectState,
  DurableObjectStorage,
} = door;
export default door;
