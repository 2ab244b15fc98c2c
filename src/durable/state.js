// What an object is constructed with.

export class DurableObjectState {
  #gate;

  constructor(id, storage, gate) {
    this.#gate = gate;
    this.id = id;
    this.storage = storage;
  }

  /** Objects live on while anything is pending: there is nothing to wait for. */
  waitUntil(_promise) {}

  blockConcurrencyWhile(closure) {
    return this.#gate.block(closure);
  }
}
