// The rooms in the worker's realm, by their descriptors; nothing else of the assembly names a room. `rooms.rs` has those of
// them with ops or scripts of their own.

import type { FetchTarget, Parts, Room, ServeCall } from "ext:miniflare/worker/room.ts";
import { room as cache } from "ext:miniflare/cache/room.ts";
import { room as cloud } from "ext:miniflare/cloud/room.ts";
import { room as d1 } from "ext:miniflare/d1/room.ts";
import { room as durable } from "ext:miniflare/durable/room.ts";
import { room as email } from "ext:miniflare/email/room.ts";
import { room as fetch } from "ext:miniflare/fetch/room.ts";
import { room as html } from "ext:miniflare/html/room.ts";
import { room as kv } from "ext:miniflare/kv/room.ts";
import { room as mock } from "ext:miniflare/mock/room.ts";
import { room as nodejs } from "ext:miniflare/nodejs/room.ts";
import { room as pending } from "ext:miniflare/pending/room.ts";
import { room as queues } from "ext:miniflare/queues/room.ts";
import { room as r2 } from "ext:miniflare/r2/room.ts";
import { room as rpc } from "ext:miniflare/rpc/room.ts";
import { room as sites } from "ext:miniflare/sites/room.ts";
import { room as sockets } from "ext:miniflare/sockets/room.ts";
import { room as tail } from "ext:miniflare/tail/room.ts";
import { room as web } from "ext:miniflare/web/room.ts";
import { room as websocket } from "ext:miniflare/websocket/room.ts";

/** In the order in which they bind: of two bindings with one name, the later room's is there. */
export const rooms: readonly Room[] = [
  web,
  fetch,
  mock,
  nodejs,
  cache,
  html,
  kv,
  d1,
  r2,
  durable,
  rpc,
  sites,
  sockets,
  queues,
  websocket,
  cloud,
  email,
  tail,
  pending,
];

/** What the rooms have under a name of their descriptors, in one object. */
export const ofRooms = <Part extends keyof Room>(part: Part): Parts[Part] =>
  Object.assign({}, ...rooms.map((room) => room[part]));

export const { fetchTarget, serveCall }: FetchTarget & ServeCall = Object.assign({}, ...rooms);
