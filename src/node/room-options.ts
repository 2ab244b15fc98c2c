// The options of each room.

import * as assets from "../assets/node/options.ts";
import * as cache from "../cache/node/options.ts";
import * as cloud from "../cloud/node/options.ts";
import * as d1 from "../d1/node/options.ts";
import * as durable from "../durable/node/options.ts";
import * as email from "../email/node/options.ts";
import * as fetch from "../fetch/node/options.ts";
import * as html from "../html/node/options.ts";
import * as kv from "../kv/node/options.ts";
import * as mock from "../mock/node/options.ts";
import * as nodejs from "../nodejs/node/options.ts";
import * as pending from "../pending/node/options.ts";
import * as queues from "../queues/node/options.ts";
import * as r2 from "../r2/node/options.ts";
import * as rpc from "../rpc/node/options.ts";
import * as sites from "../sites/node/options.ts";
import * as sockets from "../sockets/node/options.ts";
import * as tail from "../tail/node/options.ts";

export default [
  kv,
  r2,
  cache,
  d1,
  durable,
  fetch,
  html,
  mock,
  nodejs,
  queues,
  queues.own,
  rpc,
  sites,
  assets,
  cloud,
  email,
  sockets,
  tail,
  pending,
];
