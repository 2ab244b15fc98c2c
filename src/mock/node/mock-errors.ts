// The errors of a mock: names, codes and texts are undici's, which suites look for.

class UndiciError extends Error {
  declare code: string;

  constructor(message: string, name = "UndiciError", code = "UND_ERR") {
    super(message);
    this.name = name;
    this.code = code;
  }
}

class InvalidArgumentError extends UndiciError {
  constructor(message: string) {
    super(message, "InvalidArgumentError", "UND_ERR_INVALID_ARG");
  }
}

class ClientDestroyedError extends UndiciError {
  constructor() {
    super("The client is destroyed", "ClientDestroyedError", "UND_ERR_DESTROYED");
  }
}

/** Its stack has no frames, which would all be ours, and take longer than all the rest. */
class MockNotMatchedError extends UndiciError {
  constructor(message: string) {
    const { stackTraceLimit } = Error;
    Reflect.set(Error, "stackTraceLimit", 0);
    super(message, "MockNotMatchedError", "UND_MOCK_ERR_MOCK_NOT_MATCHED");
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
    const stack = `${this.name}: ${message}`;
    Object.defineProperty(this, "stack", { value: stack, writable: true, configurable: true, enumerable: false });
  }
}

export { ClientDestroyedError, InvalidArgumentError, MockNotMatchedError, UndiciError };
