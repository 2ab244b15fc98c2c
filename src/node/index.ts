// What the package exports, and nothing else.

import { Log, LogLevel, NoOpLog } from "./log/log.ts";
import { createFetchMock } from "../mock/node/fetch-mock.ts";
import { Miniflare, ReloadEvent } from "./instance/miniflare.ts";
import { Request } from "./http/http-request.ts";
import { Response } from "./http/http-response.ts";
import type * as contract from "../../index.d.ts";

export {
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
} from "./errors.ts";

/** Loaded with the first server. */
export function createRequestListener(mf: contract.Miniflare): ReturnType<typeof contract.createRequestListener> {
  const { createRequestListener } = require("./server/listener.ts") as typeof import("./server/listener.ts");
  return createRequestListener(mf as unknown as Miniflare);
}

/** Loaded when it is first called. */
export function applyD1Migrations(
  ...args: Parameters<typeof contract.applyD1Migrations>
): ReturnType<typeof contract.applyD1Migrations> {
  const { applyD1Migrations } = require("../d1/node/migrations.ts") as typeof import("../d1/node/migrations.ts");
  return applyD1Migrations(...args);
}

/** Loaded when it is first called. */
export function readD1Migrations(
  ...args: Parameters<typeof contract.readD1Migrations>
): ReturnType<typeof contract.readD1Migrations> {
  const { readD1Migrations } = require("../d1/node/migrations.ts") as typeof import("../d1/node/migrations.ts");
  return readD1Migrations(...args);
}
export { Miniflare, ReloadEvent, createFetchMock, Log, LogLevel, NoOpLog, Request, Response };
