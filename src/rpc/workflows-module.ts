// The module `cloudflare:workflows`. Workflows are not implemented; scripts that import the error of their steps load all the same.

/** An error after which a step of a workflow is not tried again. */
class NonRetryableError extends Error {
  constructor(message?: string, name = "NonRetryableError") {
    super(message);
    Object.defineProperty(this, "name", { value: name, writable: true, configurable: true });
  }
}

export const workflowsModule = { NonRetryableError };
