// The rooms in the worker's realm, by their descriptors; nothing else of the assembly names a room. `rooms.rs` is the same list
// in Rust.
//
// A descriptor is `{ name }` and what the room has of these:
// - `bind(settings)`: takes what `start` was given, and returns `[name, value]` of each binding
// - `empty`: the settings of a worker that uses nothing of the room, for the warm-up
// - `modules(settings)`: `[specifier, text]` of modules that a script can import, each with the text as its default export
// - `lookedFor`: names of bindings that a module may look for among the globals, where they are not
// - `events`: rows of the kinds of events that the worker has handlers for (`event-kinds.js`)
// - `functions` and `getters`: globals, and those whose value is made when it is asked for
// - `lazyGlobals`: names of globals by the lazy script that they are exports of
// - `control`: what Node's side may call
// - `kinds`: rows of objects that cross the membrane (`membrane/kinds.js`)
// - `fetchTarget(target, request)`: the response, or a promise of it, of what an event is for besides the worker itself

import { room as cache } from "ext:miniflare/cache/room.js";
import { room as durable } from "ext:miniflare/durable/room.js";
import { room as fetch } from "ext:miniflare/fetch/room.js";
import { room as kv } from "ext:miniflare/kv/room.js";
import { room as mock } from "ext:miniflare/mock/room.js";
import { room as queues } from "ext:miniflare/queues/room.js";
import { room as sites } from "ext:miniflare/sites/room.js";
import { room as web } from "ext:miniflare/web/room.js";

/** In the order in which they bind: of two bindings with one name, the later room's is there. */
export const rooms = [web, fetch, mock, cache, kv, durable, sites, queues];

/** What the rooms have under a name of their descriptors, in one object. */
export const ofRooms = (part) => Object.assign({}, ...rooms.map((room) => room[part]));

export const { fetchTarget } = Object.assign({}, ...rooms);
