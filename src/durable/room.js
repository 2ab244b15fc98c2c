// What the realm asks of the room of Durable Objects, which is a lazy script of its own.
export { bindClasses, fetchObject, namespaces } from "ext:miniflare/durable/objects.js";
export { outside } from "ext:miniflare/durable/outside.js";
