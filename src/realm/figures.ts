// The numbers of an event besides its CPU time. They change with every operation, so they are fields of objects of one shape: a
// list would be copied when it grows, and when its numbers are no longer all of one kind.

import type { Operations } from "../wire.ts";

/** The numbers of the operations on one binding. */
class Counted {
  operations: Operations;
  binding: string;
  /** As many as a room may have (`Operations`); those that it does not have stay 0. */
  counts: number[] = [0, 0, 0, 0, 0, 0];
  next: Counted | undefined;

  constructor(operations: Operations, binding: string, next: Counted | undefined) {
    this.operations = operations;
    this.binding = binding;
    this.next = next;
  }

  /** What a room calls them, the binding, and the numbers, as JSON. */
  text() {
    const { property, counts } = this.operations;
    let text = `["${property}",${JSON.stringify(this.binding)}`;
    for (let place = 0; place < counts.length; place++) text += `,${this.counts[place]}`;
    return `${text}]`;
  }
}

export class Figures {
  subrequests = 0;
  internalSubrequests = 0;
  /** The time at gates, in milliseconds. */
  gates = 0;
  #counted: Counted | undefined;

  /** Adds to a number of the operations on a binding; `place` is that of the number among their `counts`. */
  count(operations: Operations, binding: string, place: number, by: number) {
    let one = this.#counted;
    while (one !== undefined && (one.operations !== operations || one.binding !== binding)) one = one.next;
    one ??= this.#counted = new Counted(operations, binding, this.#counted);
    one.counts[place] += by;
  }

  add(others: Figures) {
    this.subrequests += others.subrequests;
    this.internalSubrequests += others.internalSubrequests;
    this.gates += others.gates;
    for (let one = others.#counted; one !== undefined; one = one.next) {
      for (let place = 0; place < one.counts.length; place++) {
        this.count(one.operations, one.binding, place, one.counts[place] as number);
      }
    }
  }

  /** All of them with the CPU time, as JSON, which crosses to Node faster than lists. */
  text(cpu: number) {
    let text = `[${cpu},${this.subrequests},${this.internalSubrequests},${this.gates}`;
    for (let one = this.#counted; one !== undefined; one = one.next) text += `,${one.text()}`;
    return `${text}]`;
  }
}
