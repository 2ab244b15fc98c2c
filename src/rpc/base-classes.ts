// The classes that a script extends: RPC reaches the methods of their instances, and of no others.

/** A class whose instances know their context and their bindings. */
class Entrypoint {
  ctx: unknown;
  env: unknown;

  constructor(ctx: unknown, env: unknown) {
    this.ctx = ctx;
    this.env = env;
  }
}

export class WorkerEntrypoint extends Entrypoint {}
export class DurableObject extends Entrypoint {}
export class WorkflowEntrypoint extends Entrypoint {}
export class RpcTarget {}

/** What instances of `RpcTarget` are known by, of this realm or another one, and whichever copy of this file their class is of. */
export const TARGET = Symbol.for("miniflare-rs.RpcTarget");
Object.defineProperty(RpcTarget.prototype, TARGET, { value: true });
