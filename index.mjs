// The ES module door to index.js. The list is written out so that every name is an export to Node, bundlers and test
// runners alike; the default export is the CommonJS module itself, as `import miniflare from "miniflare"` gives it.
import miniflare from "./index.js";

export const {
  Miniflare,
  ReloadEvent,
  applyD1Migrations,
  createFetchMock,
  createRequestListener,
  readD1Migrations,
  Log,
  LogLevel,
  NoOpLog,
  Request,
  Response,
  MiniflareError,
  MiniflareCoreError,
  FetchError,
  RouterError,
  CacheError,
  DurableObjectError,
  QueueError,
  SchedulerError,
  StorageError,
  VMScriptRunnerError,
  BuildError,
  OptionsError,
  InstanceError,
} = miniflare;
export default miniflare;
