// `miniflare-rs/cloudflare-workers`, which replaces `cloudflare:workers` for code that tests import and that runs in Node.

import type * as miniflare from "../index";

/** The base class of entrypoints. */
export class WorkerEntrypoint<Env = unknown, Props = unknown> {
  protected readonly ctx: miniflare.ExecutionContext & { readonly props: Props };
  protected readonly env: Env;
  constructor(ctx: miniflare.ExecutionContext, env: Env);
}

/** The base class of Durable Objects whose methods can be called. */
export class DurableObject<Env = unknown, Props = unknown> {
  protected readonly ctx: miniflare.DurableObjectState & { readonly props: Props };
  protected readonly env: Env;
  constructor(ctx: miniflare.DurableObjectState, env: Env);
}

/** The base class of workflows, which do not run here. */
export class WorkflowEntrypoint<Env = unknown> {
  protected readonly ctx: miniflare.ExecutionContext;
  protected readonly env: Env;
  constructor(ctx: miniflare.ExecutionContext, env: Env);
}

/** The base class of objects whose methods can be called through a stub. */
export class RpcTarget {}

/** The class of stubs. */
export class RpcStub {
  /**
   * Makes a stub of a plain object, a function or an `RpcTarget` of the test.
   * @throws {TypeError} for any other value
   */
  constructor(target: unknown);
}

/** What a call returns. It cannot be constructed. */
export class RpcPromise {
  private constructor();
}

/** What a member of a stub is. It cannot be constructed. */
export class RpcProperty {
  private constructor();
}

/** What services and stubs of objects are instances of. It cannot be constructed. */
export class ServiceStub {
  private constructor();
}

/** The bindings of the worker that is loaded, or those of `withEnv`. Using it throws an `Error` outside of an environment. */
// biome-ignore lint/suspicious/noExplicitAny: a project declares the types of its bindings
export const env: any;

/**
 * The entrypoints that the environment's worker exports, as services, and the namespaces of its Durable Objects. Using it
 * throws an `Error` outside of an environment, and if the environment runs no script.
 */
// biome-ignore lint/suspicious/noExplicitAny: a project declares the types of its entrypoints
export const exports: any;

/**
 * Adds a promise to those of the `ExecutionContext` that the test has created last.
 * @throws {Error} if it has created none
 */
export function waitUntil(promise: Promise<unknown>): void;

/** Returns what `work` returns. Inside, and in everything that starts inside, `env` is the given object. */
export function withEnv<Result>(env: unknown, work: () => Result): Result;
/** Returns what `work` returns. Inside, and in everything that starts inside, `exports` is the given object. */
export function withExports<Result>(exports: unknown, work: () => Result): Result;
/** Returns what `work` returns. Inside, and in everything that starts inside, both are the given objects. */
export function withEnvAndExports<Result>(env: unknown, exports: unknown, work: () => Result): Result;

/** What is recorded of a part of the work: nothing, in a test. */
export interface Span {
  /** False: no attribute is recorded. */
  readonly isTraced: boolean;
  setAttribute(name: string, value?: string | number | boolean): void;
}

type InSpan<Args extends unknown[], Result> = (span: Span, ...args: Args) => Result;

export const tracing: {
  /** Calls `work` and returns its result. */
  enterSpan<Args extends unknown[], Result>(name: string, work: InSpan<Args, Result>, ...args: Args): Result;
  /** The same. */
  startActiveSpan<Args extends unknown[], Result>(name: string, work: InSpan<Args, Result>, ...args: Args): Result;
};

/** Purges the cache of Cloudflare's network: both reject with an `Error`, as there is none in a test. */
export const cache: {
  purge(options?: object): Promise<never>;
  invalidate(options?: object): Promise<never>;
};
