"use strict";
// The door: what the package exports, and nothing else.

const errors = require("./src/node/errors.js");
const { Log, LogLevel, NoOpLog } = require("./src/node/log.js");
const { createFetchMock } = require("./src/node/mock/index.js");
const { Miniflare, ReloadEvent } = require("./src/node/miniflare.js");
const { Request } = require("./src/node/request.js");
const { Response } = require("./src/node/response.js");

module.exports = {
  Miniflare,
  ReloadEvent,
  createFetchMock,
  Log,
  LogLevel,
  NoOpLog,
  Request,
  Response,
  MiniflareError: errors.MiniflareError,
  MiniflareCoreError: errors.MiniflareCoreError,
  FetchError: errors.FetchError,
  RouterError: errors.RouterError,
  CacheError: errors.CacheError,
  DurableObjectError: errors.DurableObjectError,
  QueueError: errors.QueueError,
  SchedulerError: errors.SchedulerError,
  StorageError: errors.StorageError,
  VMScriptRunnerError: errors.VMScriptRunnerError,
  BuildError: errors.BuildError,
  OptionsError: errors.OptionsError,
  InstanceError: errors.InstanceError,
};
