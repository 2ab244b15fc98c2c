// The input gate of an object: while it is closed, no event is delivered to the object.
//
// It is closed while a closure runs that asked for it (`blockConcurrencyWhile`, `transaction`), and from a use of storage
// until the code that awaits it has gone on. In memory, storage answers at once, so that is until the microtasks at hand
// are done: two requests that read and then write never see each other half way. Events that wait are let in one by one,
// each only when the one before has gone as far as it can.
//
// Code in Node that uses the storage as a guest goes on when Node's microtasks run, which is after those at hand: for as
// long as there are guests, Node is asked when it is done.

import { op_after_microtasks } from "ext:core/ops";
import { currentContext, enter as inContext } from "ext:miniflare/worker/context.js";

/** Counts stretches of microtasks; storage used in the current one may still be awaited. */
let stretch = 0;
let gatesToOpen = [];

/** All microtasks are done: whatever storage answered has arrived. */
export function microtasksDone() {
  stretch++;
}

function openGates() {
  microtasksDone();
  const gates = gatesToOpen;
  gatesToOpen = [];
  for (const gate of gates) gate.letIn();
}

export class InputGate {
  #closures = 0;
  #guests = 0;
  #guestUses = 0;
  #soon;
  #usedIn = -1;
  #waiting = [];
  #opens = false;

  get #isOpen() {
    return this.#closures === 0 && this.#guestUses === 0 && this.#usedIn !== stretch;
  }

  /** Storage was used: closed until whoever awaits it has gone on. */
  use() {
    this.#usedIn = stretch;
    if (this.#guests > 0) this.#useByGuest();
  }

  /** Delivers to code in Node; `soon(callback)` calls back once Node's microtasks are done. */
  enterGuest(deliver, soon) {
    return this.enter(async () => {
      this.#guests++;
      this.#soon = soon;
      try {
        return await deliver();
      } finally {
        this.#guests--;
      }
    });
  }

  #useByGuest() {
    this.#guestUses++;
    this.#soon(() => {
      this.#guestUses--;
      this.#openLater();
    });
  }

  /** Delivers an event, now or when its turn has come. `deliver` returns a promise. */
  enter(deliver) {
    if (this.#isOpen && this.#waiting.length === 0) return deliver();
    const context = currentContext();
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(inContext(context, deliver)));
      this.#openLater();
    });
  }

  /** Runs `closure` with the gate closed. */
  async runClosed(closure) {
    this.#closures++;
    try {
      await undefined;
      return await closure();
    } finally {
      this.#closures--;
      this.use();
      this.#openLater();
    }
  }

  /** Lets in who has waited longest. While a closure holds the gate closed nobody is; its end opens the gate. */
  letIn() {
    this.#opens = false;
    if (this.#closures > 0 || this.#waiting.length === 0) return;
    if (this.#isOpen) this.#waiting.shift()();
    this.#openLater();
  }

  #openLater() {
    if (this.#opens || this.#waiting.length === 0) return;
    this.#opens = true;
    if (gatesToOpen.length === 0) op_after_microtasks(openGates);
    gatesToOpen.push(this);
  }
}
