// What the lazy scripts that are bundled of our own modules import from those in the snapshot. A bundle finds each name here,
// whatever module it says, so no two are the same.

import { internals } from "ext:core/mod.js";
import { currentStretch, microtasksDone } from "ext:miniflare/realm/stretch.js";
import { atRandom, indexOf, isSimulating, someTime, startWait, stopWait } from "ext:miniflare/realm/simulation.js";
import { Request } from "ext:miniflare/web/request-class.js";
import {
  advance,
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
import { encodeThrown, HOST, live } from "ext:miniflare/membrane/worker/worker-realm.js";
import { arrivingRequest, arrivingResponse, isResponse } from "ext:miniflare/membrane/worker/worker-request.js";
import { fetchElsewhere } from "ext:miniflare/worker/worker-services.js";
import { worker } from "ext:miniflare/realm/worker.js";

internals.own = {
  advance,
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
