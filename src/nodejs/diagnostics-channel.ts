// `node:diagnostics_channel`: channels by name, with subscribers and bound storages.

import type { AsyncLocalStorage } from "node:async_hooks";
import { currentTrace } from "ext:miniflare/realm/trace.ts";
import { invalidArgType, validateFunction } from "./errors.ts";

type Name = string | symbol;
type Subscriber = (message: unknown, name: Name) => void;
type Transform = (message: unknown) => unknown;
type Storage = Pick<AsyncLocalStorage, "run">;
type Work = (this: unknown, ...args: unknown[]) => unknown;

class Channel {
  readonly name: Name;
  #subscribers: Subscriber[] = [];
  #stores = new Map<Storage, Transform | undefined>();

  constructor(name: Name) {
    this.name = name;
  }

  get hasSubscribers() {
    return this.#subscribers.length > 0 || this.#stores.size > 0;
  }

  subscribe(subscriber: Subscriber) {
    validateFunction(subscriber, "subscription");
    this.#subscribers = [...this.#subscribers, subscriber];
  }

  unsubscribe(subscriber: Subscriber) {
    const index = this.#subscribers.indexOf(subscriber);
    if (index >= 0) this.#subscribers = this.#subscribers.toSpliced(index, 1);
    return index >= 0;
  }

  bindStore(storage: Storage, transform?: Transform) {
    this.#stores.set(storage, transform);
  }

  unbindStore(storage: Storage) {
    return this.#stores.delete(storage);
  }

  /** An error of a subscriber is reported, and the others hear of the message. */
  publish(message: unknown) {
    currentTrace()?.published(String(this.name), message);
    for (const subscriber of this.#subscribers) guarded(() => subscriber(message, this.name));
  }

  runStores(message: unknown, callback: Work, thisArg?: unknown, ...args: unknown[]) {
    let run = () => {
      this.publish(message);
      return Reflect.apply(callback, thisArg, args);
    };
    for (const [storage, transform] of this.#stores) {
      const inner = run;
      run = () => {
        let store = message;
        if (transform !== undefined) {
          let failed = true;
          guarded(() => {
            store = transform(message);
            failed = false;
          });
          if (failed) return inner();
        }
        return storage.run(store, inner);
      };
    }
    return run();
  }
}

function guarded(work: () => void) {
  try {
    work();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

const channels = new Map<Name, Channel>();

function channel(name: Name): Channel {
  if (typeof name !== "string" && typeof name !== "symbol") throw invalidArgType("channel", ["string", "symbol"], name);
  let known = channels.get(name);
  if (known === undefined) channels.set(name, (known = new Channel(name)));
  return known;
}

const EVENTS = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;
type EventName = (typeof EVENTS)[number];
type Handlers = Partial<Record<EventName, Subscriber>>;
type Message = Record<string, unknown>;

class TracingChannel {
  readonly start: Channel;
  readonly end: Channel;
  readonly asyncStart: Channel;
  readonly asyncEnd: Channel;
  readonly error: Channel;

  constructor(nameOrChannels: string | Record<EventName, Channel>) {
    if (typeof nameOrChannels !== "string" && (nameOrChannels === null || typeof nameOrChannels !== "object")) {
      throw invalidArgType("nameOrChannels", ["string", "TracingChannel", "Object"], nameOrChannels);
    }
    const of = (event: EventName) =>
      typeof nameOrChannels === "string" ? channel(`tracing:${nameOrChannels}:${event}`) : nameOrChannels[event];
    [this.start, this.end, this.asyncStart] = [of("start"), of("end"), of("asyncStart")];
    [this.asyncEnd, this.error] = [of("asyncEnd"), of("error")];
  }

  get hasSubscribers() {
    return EVENTS.some((event) => this[event].hasSubscribers);
  }

  subscribe(handlers: Handlers) {
    for (const event of EVENTS) if (handlers[event] !== undefined) this[event].subscribe(handlers[event]);
  }

  unsubscribe(handlers: Handlers) {
    const given = EVENTS.filter((event) => handlers[event] !== undefined);
    return given.map((event) => this[event].unsubscribe(handlers[event] as Subscriber)).every((done) => done);
  }

  traceSync(work: Work, message: Message = {}, thisArg?: unknown, ...args: unknown[]) {
    if (!this.hasSubscribers) return Reflect.apply(work, thisArg, args);
    return this.start.runStores(message, () => {
      try {
        message.result = Reflect.apply(work, thisArg, args);
        return message.result;
      } catch (error) {
        this.#fail(message, error);
        throw error;
      } finally {
        this.end.publish(message);
      }
    });
  }

  tracePromise(work: Work, message: Message = {}, thisArg?: unknown, ...args: unknown[]) {
    if (!this.hasSubscribers) return Reflect.apply(work, thisArg, args);
    const finish = () => {
      this.asyncStart.publish(message);
      this.asyncEnd.publish(message);
    };
    return this.start.runStores(message, () => {
      try {
        return Promise.resolve(Reflect.apply(work, thisArg, args)).then(
          (result) => {
            message.result = result;
            finish();
            return result;
          },
          (error) => {
            this.#fail(message, error);
            finish();
            throw error;
          },
        );
      } catch (error) {
        this.#fail(message, error);
        throw error;
      } finally {
        this.end.publish(message);
      }
    });
  }

  traceCallback(work: Work, position = -1, message: Message = {}, thisArg?: unknown, ...args: unknown[]) {
    if (!this.hasSubscribers) return Reflect.apply(work, thisArg, args);
    const callback = args.at(position) as Work;
    validateFunction(callback, "callback");
    const channel = this;
    const traced = function (this: unknown, error: unknown, result: unknown, ...others: unknown[]) {
      if (error) channel.#fail(message, error);
      else message.result = result;
      const call = () => {
        try {
          return Reflect.apply(callback, this, [error, result, ...others]);
        } finally {
          channel.asyncEnd.publish(message);
        }
      };
      return channel.asyncStart.runStores(message, call);
    };
    args.splice(position, 1, traced);
    return this.start.runStores(message, () => {
      try {
        return Reflect.apply(work, thisArg, args);
      } catch (error) {
        this.#fail(message, error);
        throw error;
      } finally {
        this.end.publish(message);
      }
    });
  }

  #fail(message: Message, error: unknown) {
    message.error = error;
    this.error.publish(message);
  }
}

export default {
  Channel,
  TracingChannel,
  channel,
  hasSubscribers: (name: Name) => channels.get(name)?.hasSubscribers ?? false,
  subscribe: (name: Name, subscriber: Subscriber) => channel(name).subscribe(subscriber),
  tracingChannel: (nameOrChannels: string | Record<EventName, Channel>) => new TracingChannel(nameOrChannels),
  unsubscribe: (name: Name, subscriber: Subscriber) => channel(name).unsubscribe(subscriber),
};
