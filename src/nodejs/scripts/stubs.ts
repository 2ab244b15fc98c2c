// The lazy script of modules that a worker can import, and whose parts throw when they are used: the library's stand-ins.

import childProcess from "unenv/node/child_process";
import cluster from "../cluster.ts";
import console from "unenv/node/console";
import constants from "unenv/node/constants";
import dgram from "unenv/node/dgram";
import domain from "unenv/node/domain";
import fs from "unenv/node/fs";
import fsPromises from "unenv/node/fs/promises";
import http2 from "unenv/node/http2";
import inspector from "unenv/node/inspector";
import inspectorPromises from "unenv/node/inspector/promises";
import os from "../os.ts";
import perfHooks from "../perf-hooks.ts";
import readline from "unenv/node/readline";
import readlinePromises from "unenv/node/readline/promises";
import repl from "unenv/node/repl";
import sqlite from "unenv/node/sqlite";
import traceEvents from "unenv/node/trace_events";
import tty from "unenv/node/tty";
import v8 from "unenv/node/v8";
import vm from "unenv/node/vm";
import wasi from "unenv/node/wasi";
import workerThreads from "unenv/node/worker_threads";

export const modules = {
  child_process: childProcess,
  cluster,
  console,
  constants,
  dgram,
  domain,
  fs,
  "fs/promises": fsPromises,
  http2,
  inspector,
  "inspector/promises": inspectorPromises,
  os,
  perf_hooks: perfHooks,
  readline,
  "readline/promises": readlinePromises,
  repl,
  sqlite,
  trace_events: traceEvents,
  tty,
  v8,
  vm,
  wasi,
  worker_threads: workerThreads,
  _stream_wrap: {},
};
