// What the room of the Cache API adds to an instance in Node.

const methods = {
  /** The caches. They stay valid, whichever worker is loaded. */
  async getCaches(inside) {
    await inside.begun();
    return inside.part(openCaches);
  },
};

function openCaches(inside) {
  const { cacheStorage } = require("./cache-backend.ts");
  return cacheStorage(
    () => inside.instance,
    () => inside.worker.cacheSettings,
    (text) => inside.log.warn(text),
  );
}

export { methods };
