// What the lazy scripts that are bundled of our own modules import from those in the snapshot. A bundle finds each name here,
// whatever module it says, so no two are the same.

import { internals } from "ext:core/mod.js";
import { currentStretch, microtasksDone } from "ext:miniflare/realm/stretch.js";
import { atRandom, indexOf, isSimulating, someTime, startWait, stopWait } from "ext:miniflare/realm/simulation.js";
import { Request } from "ext:miniflare/web/request-class.js";
import {
  advance,
  ALARM_RETRIES,
  BLOCK_CONCURRENCY,
  contextWithin,
  countInternalSubrequest,
  currentContext,
  depart,
  enter,
  eventContext,
  gatedContext,
  objectContext,
} from "ext:miniflare/realm/context.js";
import { miniflareError } from "ext:miniflare/realm/realm-errors.js";
import { DURABLE, load } from "ext:miniflare/realm/lazy.js";
import { ALARM, ALARM_TIME, encodeThrown, HOST, host, live } from "ext:miniflare/realm/port.js";
import { arrivingRequest, arrivingResponse, isResponse } from "ext:miniflare/web/wire-request.js";
import { fetchElsewhere } from "ext:miniflare/worker/worker-services.js";
import { worker } from "ext:miniflare/realm/worker.js";

internals.own = {
  advance,
  ALARM,
  ALARM_RETRIES,
  ALARM_TIME,
  arrivingRequest,
  arrivingResponse,
  atRandom,
  BLOCK_CONCURRENCY,
  contextWithin,
  countInternalSubrequest,
  currentContext,
  currentStretch,
  depart,
  DURABLE,
  encodeThrown,
  enter,
  eventContext,
  fetchElsewhere,
  gatedContext,
  HOST,
  host,
  indexOf,
  isResponse,
  isSimulating,
  live,
  load,
  microtasksDone,
  miniflareError,
  objectContext,
  Request,
  someTime,
  startWait,
  stopWait,
  worker,
};
