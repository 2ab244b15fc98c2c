// What a worker with queues has of them (`room.ts`): a lazy script, made of the modules that only this one imports.
export { deliverBatch, withoutHandler } from "ext:miniflare/queues/delivery.ts";
export { queueNamed, tell } from "ext:miniflare/queues/sending.ts";
