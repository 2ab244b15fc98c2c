// Records what happens in an event: what it logs, the exceptions, how it ends. Once the event is over, the item goes to Node, which
// passes it to the workers that the option `tails` names.

import { now } from "ext:miniflare/realm/context.ts";
import { jsonOf } from "ext:miniflare/tail/log-values.ts";
import { elapsed, usageOf } from "ext:miniflare/realm/usage.ts";
import { traceWith } from "ext:miniflare/realm/trace.ts";
import type { RequestContext } from "ext:miniflare/realm/context.ts";
import type { Trace, TracedBy, TracedEvent } from "ext:miniflare/realm/trace.ts";
import type { TellEvent, TraceFields } from "../wire.ts";

/** What is recorded of an event at most, in bytes: of what it logs, of exceptions and of the request. */
const MOST_BYTES = 256 * 1024;
const TOO_LONG =
  "Log size limit exceeded: More than 256KB of data (across console.log statements, exception, request metadata and headers) was logged during a single request. Subsequent data for this request will not be recorded in logs, appear when tailing this Worker's logs, or in Tail Workers.";

/** Records events from now on. */
export function record(tell: TellEvent) {
  let number = 0;
  traceWith((context, event, by) => {
    const own = number++;
    return new EventTrace(context, event, by, (item, isOver) => tell(own, item, isOver));
  });
}

type Tell = (item: TraceFields, isOver: boolean) => void;

class EventTrace implements Trace {
  readonly #item: TraceFields;
  readonly #context: RequestContext;
  readonly #since = elapsed();
  readonly #tell: Tell;
  #bytes: number;
  #isOver = false;

  constructor(context: RequestContext, event: TracedEvent, by: TracedBy, tell: Tell) {
    this.#context = context;
    this.#tell = tell;
    this.#bytes = jsonOf(event).length;
    this.#item = {
      wallTime: 0,
      cpuTime: 0,
      truncated: false,
      executionModel: "stateless",
      outcome: "ok",
      durableObjectId: undefined,
      entrypoint: undefined,
      diagnosticsChannelEvents: [],
      exceptions: [],
      logs: [],
      eventTimestamp: context.time,
      event: { ...event },
    };
    this.by(by);
    tell(this.#item, false);
  }

  by({ entrypoint, className, id }: TracedBy) {
    if (className === undefined) {
      this.#item.entrypoint = entrypoint;
      return;
    }
    this.#item.executionModel = "durableObject";
    this.#item.entrypoint = className;
    this.#item.durableObjectId = id;
  }

  /** Whether so much more fits. */
  #fits(bytes: number): boolean {
    if (this.#isOver || this.#item.truncated) return false;
    this.#bytes += bytes;
    if (this.#bytes <= MOST_BYTES) return true;
    this.#item.truncated = true;
    this.#item.logs.push({ message: [TOO_LONG], level: "warn", timestamp: now() });
    return false;
  }

  log(level: string, args: unknown[]) {
    const texts = args.map(jsonOf);
    const text = `[${texts.join(",")}]`;
    if (this.#fits(text.length)) this.#item.logs.push({ message: JSON.parse(text), level, timestamp: now() });
  }

  published(channel: string, message: unknown) {
    let copy: unknown;
    try {
      copy = structuredClone(message);
    } catch (error) {
      this.exception(new Error(`Failed to publish diagnostics channel message: ${String(error)}`));
      return;
    }
    if (!this.#fits(jsonOf(copy).length)) return;
    this.#item.diagnosticsChannelEvents.push({ message: copy, channel, timestamp: now() });
  }

  exception(thrown: unknown) {
    const { name, message, stack } = partsOf(thrown);
    if (!this.#fits(name.length + message.length + (stack?.length ?? 0))) return;
    this.#item.exceptions.push({ ...(stack === undefined ? {} : { stack }), name, message, timestamp: now() });
  }

  responded(status: number) {
    this.#item.event.response = { status };
  }

  failed(error: unknown) {
    this.#item.outcome = "exception";
    this.exception(error);
  }

  /** More may be waited for meanwhile. */
  async settled(waits: readonly unknown[]) {
    for (let count = 0; count < waits.length; ) {
      const results = await Promise.allSettled(waits.slice(count));
      count += results.length;
      for (const result of results) if (result.status === "rejected") this.exception(result.reason);
    }
  }

  end() {
    if (this.#isOver) return;
    this.#isOver = true;
    const item = this.#item;
    const context = this.#context;
    item.wallTime = elapsed() - this.#since;
    // What an event uses that another one of this worker has asked for is that one's.
    if (context.payer === context) {
      usageOf(context);
      item.cpuTime = context.cpu;
    }
    this.#tell(item, true);
  }
}

/** The name, the message and the frames of an error; what is thrown otherwise has a message alone. */
function partsOf(thrown: unknown): { name: string; message: string; stack?: string } {
  if (typeof thrown !== "object" || thrown === null) return { name: "Error", message: textOf(thrown) };
  try {
    const { name, message, stack } = thrown as Partial<Error>;
    if (typeof message !== "string") return { name: "Error", message: textOf(thrown) };
    const frames = typeof stack === "string" ? stack.split("\n").filter(isOfUser) : [];
    const parts = { name: String(name ?? "Error"), message };
    return frames.length === 0 ? parts : { ...parts, stack: frames.join("\n") };
  } catch {
    return { name: "Error", message: "" };
  }
}

/** Whether a line of a stack is a frame, and not one of the runtime. */
const isOfUser = (line: string) => line.startsWith("    at ") && !line.includes("(ext:");

function textOf(thrown: unknown): string {
  try {
    return typeof thrown === "object" ? Object.prototype.toString.call(thrown) : String(thrown);
  } catch {
    return "";
  }
}
