// The answer of an event that is tracked or recorded: the event ends once it is answered, its body is read and what it waits for has settled.

import { awaited, eventAnswered } from "ext:miniflare/realm/waits.ts";
import { settleWaits } from "ext:miniflare/web/events.ts";
import type { Trace } from "ext:miniflare/realm/trace.ts";
import type { Payer } from "ext:miniflare/realm/usage.ts";
import type { Sender, SenderAnswer } from "ext:miniflare/web/sources.ts";

export class TrackedAnswer {
  /** What is recorded of the event, if anything. */
  trace: Trace | undefined;
  #payer: Payer;
  #end: () => void;
  #parts = 1;

  /** `end` ends the event. */
  constructor(payer: Payer, end: () => void) {
    this.#payer = payer;
    this.#end = end;
  }

  #over = () => {
    if (--this.#parts > 0) return;
    this.#end();
    this.trace?.end();
  };

  /** The event fails. */
  fail(error: unknown, waits: unknown[]) {
    this.#end();
    const { trace } = this;
    if (trace === undefined) return;
    trace.failed(error);
    void trace.settled(waits).then(() => trace.end());
  }

  /** The sender of the body, which is followed to its end. */
  follow(sender: Sender): Sender {
    this.#parts++;
    return (want, reason) => {
      const answer = sender(want, reason);
      const finish = (got: SenderAnswer | undefined) => {
        if (got === undefined || got[0]) this.#over();
      };
      awaited("stream", answer, "of the response").then(finish, this.#over);
      return answer;
    };
  }

  /** The event is answered, with a response or a socket. */
  answered(waits: unknown[], status: number | undefined) {
    eventAnswered(this.#payer);
    if (status !== undefined) this.trace?.responded(status);
    if (waits.length > 0) {
      this.#parts++;
      (this.trace?.settled(waits) ?? settleWaits(waits)).then(this.#over, this.#over);
    }
    this.#over();
  }
}
