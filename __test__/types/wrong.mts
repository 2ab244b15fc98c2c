// Wrong uses that the declarations must refuse: each line below a mark is an error, and a mark without one is too.

import miniflare, { Log, LogLevel, Miniflare, Request, Response } from "miniflare-rs";

// The default export is the CommonJS module.
export const mf = new miniflare.Miniflare();

// @ts-expect-error: options are an object
new Miniflare("worker.js");
// @ts-expect-error: a boolean
new Miniflare({ modules: "yes" });
// @ts-expect-error: one name, not many
new Miniflare({ scriptPath: ["a.js"] });
// @ts-expect-error: no such type of module
new Miniflare({ modulesRules: [{ type: "Json", include: [] }] });
// @ts-expect-error: globs are a list
new Miniflare({ modulesRules: [{ type: "Text", include: "**/*.txt" }] });
// @ts-expect-error: bindings have names
new Miniflare({ bindings: 5 });
// @ts-expect-error: the path of a file, not its content
new Miniflare({ wasmBindings: { ADD: new Uint8Array() } });
// @ts-expect-error: a class name, not the class
new Miniflare({ durableObjects: { COUNTER: class {} } });
// @ts-expect-error: a class name is missing
new Miniflare({ durableObjects: { COUNTER: {} } });
// @ts-expect-error: a number of milliseconds
new Miniflare({ cpuLimitMs: "30s" });
// @ts-expect-error: a whole number
new Miniflare({ subrequestLimit: "50" });
// @ts-expect-error: a usage model that there is not
new Miniflare({ usageModel: "free" });
// @ts-expect-error: a Log
new Miniflare({ log: console });
// @ts-expect-error: an option that there is not
new Miniflare({ scirpt: "" });
// @ts-expect-error: names, not one name
new Miniflare({ kvNamespaces: "KV" });
// @ts-expect-error: a path, not a list
new Miniflare({ d1Persist: ["./d1"] });

// @ts-expect-error: a request is needed
mf.dispatchFetch();
// @ts-expect-error: a URL is no number
mf.dispatchFetch(80);
// @ts-expect-error: cf is an object
mf.dispatchFetch("http://localhost/", { cf: "NL" });
// @ts-expect-error: a promise has no status
mf.dispatchFetch("http://localhost/").status;
// @ts-expect-error: a time is no text
mf.clock.set("2030-01-01");
// @ts-expect-error: milliseconds since 1970
mf.dispatchScheduled(new Date());
// @ts-expect-error: the only event is "reload"
mf.addEventListener("load", () => {});
// @ts-expect-error: there is no such property
mf.addEventListener("reload", (event) => event.first);
// @ts-expect-error: it is there to be read
mf.log = new Log();
// @ts-expect-error: a promise of the namespace
mf.getDurableObjectNamespace("COUNTER").idFromName("a");
// @ts-expect-error: a promise of the namespace
mf.getKVNamespace("KV").get("key");
// @ts-expect-error: a promise of the database
mf.getD1Database("DB").prepare("SELECT 1");
// @ts-expect-error: no such option
mf.setOptions({ scirpt: "" });

const namespace = await mf.getDurableObjectNamespace("COUNTER");
// @ts-expect-error: an id, not its string
namespace.get("0".repeat(64));
// @ts-expect-error: no such jurisdiction
namespace.newUniqueId({ jurisdiction: "mars" });
// @ts-expect-error: a stub has no methods of the object
namespace.get(namespace.newUniqueId()).increment();

// @ts-expect-error: the storage of an object, not of a name
mf.getDurableObjectStorage("a");
const storage = await mf.getDurableObjectStorage(namespace.idFromName("a"));
// @ts-expect-error: what is not known must be said
storage.get("key").then((value) => value.length);
// @ts-expect-error: keys are strings
storage.put(1, 2);
// @ts-expect-error: a transaction runs a closure
storage.transaction();
// @ts-expect-error: a time is a number or a date
storage.setAlarm("soon");

// @ts-expect-error: no such encoding
new Response("", { encodeBody: "gzip" });
// @ts-expect-error: cf cannot be set
new Request("http://localhost/").cf = {};
// @ts-expect-error: a level, not its name
new Log("debug");
// @ts-expect-error: there is no such level
LogLevel.TRACE;
// @ts-expect-error: an Error, not a text
new Log(LogLevel.INFO).error("text");

const kv = await mf.getKVNamespace("KV");
// @ts-expect-error: a key is a string
kv.get(1);
// @ts-expect-error: no such type
kv.get("key", "blob");
// @ts-expect-error: a value is text or bytes
kv.put("key", { a: 1 });
// @ts-expect-error: seconds
kv.put("key", "value", { expirationTtl: new Date() });

// @ts-expect-error: a promise of the caches
mf.getCaches().default;
const caches = await mf.getCaches();
// @ts-expect-error: a response is needed
caches.default.put("http://localhost/");
// @ts-expect-error: nothing may be found
(await caches.default.match("http://localhost/")).status;
