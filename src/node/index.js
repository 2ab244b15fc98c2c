"use strict";
// What the package exports, and nothing else.

const errors = require("./errors.js");
const { Log, LogLevel, NoOpLog } = require("./log/log.js");
const { createFetchMock } = require("../mock/node/fetch-mock.js");
const { Miniflare, ReloadEvent } = require("./instance/miniflare.js");
const { Request } = require("./http/http-request.js");
const { Response } = require("./http/http-response.js");

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
