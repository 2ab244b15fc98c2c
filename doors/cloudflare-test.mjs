// `miniflare-rs/cloudflare-test` as an ES module. The names are written out, so that each is an export to Node, bundlers and
// test runners.
import door from "../lib/node/cloudflare-test.js";

export const {
  abortAllDurableObjects,
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  env,
  evictAllDurableObjects,
  evictDurableObject,
  fetchMock,
  getQueueResult,
  listDurableObjectIds,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
  SELF,
  waitOnExecutionContext,
} = door;
export default door;
