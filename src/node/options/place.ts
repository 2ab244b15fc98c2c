// A place to store at, as the addon takes it: `[]` is memory, `[folder, sync]` a folder, `[url, authorities]` a Redis server,
// with the certificates that are trusted when it is reached over TLS.

import path from "node:path";
import { booleanOrString, check, isString } from "./check.ts";
import { trustedByNode, verifies } from "../../fetch/node/outbound-settings.ts";

const SCHEME = /^[a-z][a-z\d+.-]*:\/\//i;
const URL_LIKE = /^(?:[a-z]+:)?\/\//i;
const REDIS = /^redis(s?):\/\//i;

/** Whether a text is a path, or a URL that can be stored at. */
const isRedisOrPath = (text) => text !== "" && (!SCHEME.test(text) || REDIS.test(text));

const pathOrRedis = check(
  "a boolean, a path, or the URL of a Redis server, redis:// or rediss://",
  (value) => !isString(value) || isRedisOrPath(value),
);

/** The check of an option that says where to store. */
function place(value, path) {
  booleanOrString(value, path);
  pathOrRedis(value, path);
}
place.takes = booleanOrString.takes;

/**
 * The place that the value of an option means.
 * @param persist `true` for `folder`, a path, or a URL; undefined or `false` for memory
 * @param root the folder that paths start from
 * @param sync whether a write waits for the disk
 */
function placeOf(persist, { folder, root, sync }) {
  const meant = persist === true ? folder : persist;
  if (meant === undefined || meant === false) return [];
  return REDIS.test(meant) ? redisPlace(meant) : [path.resolve(root, meant), sync];
}

/** The place that the URL of a Redis server is. */
function redisPlace(url) {
  const [, tls] = REDIS.exec(url);
  return tls === "" ? [url, ""] : overTls(url);
}

function overTls(url) {
  if (verifies()) return [url, trustedByNode()];
  // As the client for Redis has it in its URLs.
  return [`${url.split("#")[0]}#insecure`, ""];
}

/** The same value for another folder: a relative path is of the worker that names it. */
function absolute(root, persist) {
  const isPath = typeof persist === "string" && !URL_LIKE.test(persist);
  return isPath ? path.resolve(root, persist) : persist;
}

export { absolute, place, placeOf, redisPlace };
