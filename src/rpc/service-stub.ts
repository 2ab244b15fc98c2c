// The class of services and of stubs of objects, for `instanceof`.

import { hookOf, isStub } from "./stubs.ts";

export class ServiceStub {
  constructor() {
    throw new TypeError("Illegal constructor");
  }

  static [Symbol.hasInstance](value: unknown) {
    return hookOf(value) !== undefined && !isStub(value as object);
  }
}
