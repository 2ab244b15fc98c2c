// The events of a worker that are under way, for those that a limit ends: the worker cannot tell of them any more.

import { OPTIONS } from "../../node/options/table.ts";
import { passOn } from "./pass-on.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { Worker } from "../../node/instance/instance-worker.ts";
import type { TellEvent, TraceFields } from "../../wire.ts";
import type { Consumer } from "./pass-on.ts";

/** How an event ends by a limit, by the codes of errors. */
const OUTCOMES: Readonly<Record<string, TraceFields["outcome"]>> = {
  ERR_CPU_LIMIT: "exceededCpu",
  ERR_HEAP_LIMIT: "exceededMemory",
};

interface Open {
  script: Worker;
  consumers: readonly Consumer[];
  items: Map<number, TraceFields>;
}

/** By the options that a lane was opened with. */
const opened = new WeakMap<MiniflareOptions, Open>();

/** Takes what a worker tells of its events, and passes on those that are over. */
export function openEvents(script: Worker, consumers: readonly Consumer[]): TellEvent {
  const items = new Map<number, TraceFields>();
  opened.set(script.options, { script, consumers, items });
  return (number, item, isOver) => {
    if (!isOver) {
      items.set(number, item);
      return;
    }
    items.delete(number);
    void passOn(item, script, consumers);
  };
}

/** The lane with these options has ended. Events that a limit has ended are passed on, without what was recorded in the worker. */
export function eventsEnd(options: MiniflareOptions, code: string): void {
  const outcome = OUTCOMES[code];
  const open = opened.get(options);
  opened.delete(options);
  if (outcome === undefined || open === undefined) return;
  const { cpuLimitMs = OPTIONS.cpuLimitMs.default as number } = options;
  const cpuTime = outcome === "exceededCpu" ? cpuLimitMs : 0;
  for (const item of open.items.values()) {
    const wallTime = Math.max(cpuTime, Date.now() - item.eventTimestamp);
    void passOn({ ...item, outcome, cpuTime, wallTime }, open.script, open.consumers);
  }
}
