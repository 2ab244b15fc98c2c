// What the realm asks of RPC (`room.ts`): a lazy script of its own, made of the modules that only this one imports.
export { workersModule } from "ext:miniflare/rpc/workers-module.ts";
