// What the package exports, and nothing else.

import * as errors from "./errors.ts";
import { Log, LogLevel, NoOpLog } from "./log/log.ts";
import { createFetchMock } from "../mock/node/fetch-mock.ts";
import { Miniflare, ReloadEvent } from "./instance/miniflare.ts";
import { Request } from "./http/http-request.ts";
import { Response } from "./http/http-response.ts";
import type * as contract from "../../index.d.ts";

export const MiniflareError = errors.MiniflareError;
export const MiniflareCoreError = errors.MiniflareCoreError;
export const FetchError = errors.FetchError;
export const RouterError = errors.RouterError;
export const CacheError = errors.CacheError;
export const DurableObjectError = errors.DurableObjectError;
export const QueueError = errors.QueueError;
export const SchedulerError = errors.SchedulerError;
export const StorageError = errors.StorageError;
export const VMScriptRunnerError = errors.VMScriptRunnerError;
export const BuildError = errors.BuildError;
export const OptionsError = errors.OptionsError;
export const InstanceError = errors.InstanceError;
/** Loaded with the first server. */
export function createRequestListener(mf: contract.Miniflare): ReturnType<typeof contract.createRequestListener> {
  const { createRequestListener } = require("./server/listener.ts") as typeof import("./server/listener.ts");
  return createRequestListener(mf as unknown as Miniflare);
}
export { Miniflare, ReloadEvent, createFetchMock, Log, LogLevel, NoOpLog, Request, Response };
