// What the messages of `node:http` use of Node's streams.

export type Listener = (...args: never[]) => void;
export type Done = (error?: Error | null) => void;

export interface StreamBase {
  push(chunk: unknown): boolean;
  emit(name: string, ...args: unknown[]): boolean;
  on(name: string, listener: Listener): this;
  once(name: string, listener: Listener): this;
  off(name: string, listener: Listener): this;
  write(...args: unknown[]): boolean;
  end(...args: unknown[]): this;
  destroy(error?: Error | null): this;
  listenerCount(name: string): number;
  resume(): this;
  destroyed: boolean;
  readonly errored: Error | null;
  readonly readableEnded: boolean;
  writableEnded: boolean;
  readonly writableLength: number;
}

export type StreamClass = new (options?: object) => StreamBase;
