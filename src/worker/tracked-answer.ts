// The answer of an event that is tracked: the event ends once it is answered, its body is read and what it waits for has settled.

import { awaited, eventAnswered } from "ext:miniflare/realm/waits.ts";
import { settleWaits } from "ext:miniflare/web/events.ts";
import type { Payer } from "ext:miniflare/realm/usage.ts";
import type { Sender, SenderAnswer } from "ext:miniflare/web/sources.ts";

export class TrackedAnswer {
  #payer: Payer;
  #end: () => void;
  #parts = 1;

  /** `end` ends the event. */
  constructor(payer: Payer, end: () => void) {
    this.#payer = payer;
    this.#end = end;
  }

  #over = () => {
    if (--this.#parts === 0) this.#end();
  };

  /** The event fails. */
  fail() {
    this.#end();
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

  answered(waits: unknown[]) {
    eventAnswered(this.#payer);
    if (waits.length > 0) {
      this.#parts++;
      settleWaits(waits).then(this.#over, this.#over);
    }
    this.#over();
  }
}
