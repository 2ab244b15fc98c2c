// The lazy script of modules that a worker can import, and whose parts throw when they are used: the library's stand-ins.

import childProcess from "unenv/node/child_process";
import cluster from "unenv/node/cluster";
import console from "unenv/node/console";
import constants from "unenv/node/constants";
import dgram from "unenv/node/dgram";
import dns from "unenv/node/dns";
import dnsPromises from "unenv/node/dns/promises";
import domain from "unenv/node/domain";
import fs from "unenv/node/fs";
import fsPromises from "unenv/node/fs/promises";
import http from "unenv/node/http";
import http2 from "unenv/node/http2";
import https from "unenv/node/https";
import inspector from "unenv/node/inspector";
import inspectorPromises from "unenv/node/inspector/promises";
import net from "unenv/node/net";
import os from "unenv/node/os";
import perfHooks from "unenv/node/perf_hooks";
import readline from "unenv/node/readline";
import readlinePromises from "unenv/node/readline/promises";
import repl from "unenv/node/repl";
import sqlite from "unenv/node/sqlite";
import tls from "unenv/node/tls";
import traceEvents from "unenv/node/trace_events";
import tty from "unenv/node/tty";
import v8 from "unenv/node/v8";
import vm from "unenv/node/vm";
import wasi from "unenv/node/wasi";
import workerThreads from "unenv/node/worker_threads";

/** Parts of a module that old packages import by names of their own. */
const part = (of: object, ...names: string[]): object =>
  Object.fromEntries(names.map((name) => [name, (of as Record<string, unknown>)[name]]));

export const modules = {
  child_process: childProcess,
  cluster,
  console,
  constants,
  dgram,
  dns,
  "dns/promises": dnsPromises,
  domain,
  fs,
  "fs/promises": fsPromises,
  http,
  http2,
  https,
  inspector,
  "inspector/promises": inspectorPromises,
  net,
  os,
  perf_hooks: perfHooks,
  readline,
  "readline/promises": readlinePromises,
  repl,
  sqlite,
  tls,
  trace_events: traceEvents,
  tty,
  v8,
  vm,
  wasi,
  worker_threads: workerThreads,
  _http_agent: part(http, "Agent", "globalAgent"),
  _http_client: part(http, "ClientRequest"),
  _http_common: part(http, "METHODS"),
  _http_incoming: part(http, "IncomingMessage"),
  _http_outgoing: part(http, "OutgoingMessage"),
  _http_server: part(http, "Server", "ServerResponse", "STATUS_CODES"),
  _stream_wrap: {},
  _tls_common: part(tls, "SecureContext", "createSecureContext"),
  _tls_wrap: part(tls, "TLSSocket", "Server", "createServer", "connect"),
};
