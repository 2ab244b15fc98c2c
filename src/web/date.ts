// `Date` and `performance`: the clock that a worker sees stands still while its code runs, so that nothing can be
// measured with it. Every date has the native prototype, whichever constructor made it.

import { internals } from "ext:core/mod.js";
import { takeOver } from "ext:miniflare/web/interface.ts";
import { now } from "ext:miniflare/realm/context.ts";

const Native = globalThis.Date;

export function FrozenDate(this: unknown, ...args: unknown[]) {
  if (new.target === undefined) return new Native(now()).toString();
  return Reflect.construct(Native, args.length === 0 ? [now()] : args, new.target);
}
takeOver(FrozenDate, Native, ["length", "parse", "UTC"]);
const statics = { now: () => now() };
Object.defineProperty(FrozenDate, "now", { value: statics.now, writable: true, configurable: true });

// What upstream asks for the time: a file's last change.
internals.now = now;

type Format = (date?: Date | number) => string;

const formats = Intl.DateTimeFormat.prototype;
const { get: formatOf } = Object.getOwnPropertyDescriptor(formats, "format") as { get(this: unknown): Format };
const { formatToParts } = formats;
const formatters = new WeakMap<Format, Format>();

// Without a date they would take the actual one.
Object.defineProperty(formats, "format", {
  get() {
    const native = formatOf.call(this);
    if (!formatters.has(native)) formatters.set(native, (date = now()) => native(date));
    return formatters.get(native);
  },
});
const methods = {
  formatToParts(this: Intl.DateTimeFormat, date: Date | number = now()) {
    return formatToParts.call(this, date);
  },
};
Object.defineProperty(formats, "formatToParts", { value: methods.formatToParts });

export class Performance {
  now() {
    return now();
  }
  /** Workers count from the epoch. */
  get timeOrigin() {
    return 0;
  }
  toJSON() {
    return { timeOrigin: 0 };
  }
}
export const performance = new Performance();
