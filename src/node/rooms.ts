// The rooms, as Node knows them. Each has what it needs of `{ methods, kinds }`:
//   `methods` of `Miniflare`, by their names; they get what they may ask of the instance (`Inside` in `instance/inside.js`)
//   before the arguments that they are called with;
//   `kinds` of objects that cross the membrane: rows of `membrane/kinds.js`.

import * as cache from "../cache/node/cache-room.ts";
import * as durable from "../durable/node/durable-room.ts";
import * as kv from "../kv/node/kv-room.ts";
import * as web from "../web/node/web-room.ts";

const rooms = [web, cache, durable, kv];

export { rooms };
