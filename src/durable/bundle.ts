// What the realm asks of Durable Objects (`room.ts`): a lazy script of its own, made of the modules that only this one imports.
export { bindClasses, callObject, fetchObject, namespaces, reachOf } from "ext:miniflare/durable/objects.ts";
export { loopbackClass, loopbackNamespace } from "ext:miniflare/durable/object-class.ts";
export { WebSocketRequestResponsePair } from "ext:miniflare/durable/request-response-pair.ts";
export { outside } from "ext:miniflare/durable/outside.ts";
