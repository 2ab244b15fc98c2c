// What the room of the Cache API adds to an instance in Node.

import { cacheSettings } from "./options.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { CacheStorage } from "../cache.ts";

const methods = {
  /** The caches. They stay valid, whichever worker is loaded. */
  async getCaches(inside: Inside): Promise<CacheStorage> {
    await inside.begun();
    return cachesOf(inside);
  },
};

const cachesOf = (inside: Inside): CacheStorage => inside.part(openCaches);

function openCaches(inside: Inside): CacheStorage {
  const { cacheStorage } = require("./cache-backend.ts") as typeof import("./cache-backend.ts");
  return cacheStorage(
    () => inside.instance,
    () => cacheSettings(inside.worker.options),
    (text) => inside.log.warn(text),
  );
}

export { cachesOf, methods };
