// `miniflare-rs/jest-coverage`: Jest's configuration names it among its reporters.

/** A reporter of Jest, which adds what workers have run to the coverage by V8 of the run. It prints nothing. */
declare class CoverageReporter {
  /** @throws Error if it is loaded outside of Jest, or in a Jest before version 27 */
  constructor(globalConfig: object, options?: object, context?: object);
}

export = CoverageReporter;
