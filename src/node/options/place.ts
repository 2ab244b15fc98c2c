// A place to store at, as the addon takes it: `[]` is memory, `[folder, sync]` a folder, `[url, authorities]` a Redis server,
// with the certificates that are trusted when it is reached over TLS.

import path from "node:path";
import { booleanOrString, check, isString } from "./check.ts";
import type { Place } from "../binding/exports.d.ts";
import { trustedByNode, verifies } from "../../fetch/node/outbound-settings.ts";

const SCHEME = /^[a-z][a-z\d+.-]*:\/\//i;
const URL_LIKE = /^(?:[a-z]+:)?\/\//i;
const REDIS = /^redis(s?):\/\//i;

/** Whether a text is a path, or a URL that can be stored at. */
const isRedisOrPath = (text: string) => text !== "" && (!SCHEME.test(text) || REDIS.test(text));

const pathOrRedis = check(
  "a boolean, a path, or the URL of a Redis server, redis:// or rediss://",
  (value) => !isString(value) || isRedisOrPath(value),
);

/** The check of an option that says where to store. */
function place(value: unknown, path: string): void {
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
function placeOf(
  persist: boolean | string | undefined,
  { folder, root, sync }: { folder: string; root: string; sync: boolean },
): Place {
  const meant = persist === true ? folder : persist;
  if (meant === undefined || meant === false) return [];
  return REDIS.test(meant) ? redisPlace(meant) : [path.resolve(root, meant), sync];
}

/** The place that the URL of a Redis server is. */
function redisPlace(url: string): Place {
  const [, tls] = REDIS.exec(url) as RegExpExecArray;
  return tls === "" ? [url, ""] : overTls(url);
}

function overTls(url: string): Place {
  if (verifies()) return [url, trustedByNode()];
  // As the client for Redis has it in its URLs.
  return [`${url.split("#")[0]}#insecure`, ""];
}

/** The same value for another folder: a relative path is of the worker that names it. */
function absolute(root: string, persist: boolean | string | undefined): boolean | string | undefined {
  const isPath = typeof persist === "string" && !URL_LIKE.test(persist);
  return isPath ? path.resolve(root, persist) : persist;
}

export { absolute, place, placeOf, redisPlace };
