// `miniflare-rs/vitest-coverage`: Vitest's configuration names it as the module of a provider of coverage.

/**
 * A provider of coverage for Vitest: the project's `@vitest/coverage-v8`, which also reports what workers have run.
 *
 * Its methods are those that Vitest asks of the module of a provider, from version 1 to 5. They reject with an error that
 * names the package if `@vitest/coverage-v8` is not installed.
 */
declare const provider: {
  getProvider(): Promise<unknown>;
  startCoverage(...args: unknown[]): Promise<unknown>;
  takeCoverage(...args: unknown[]): Promise<unknown>;
  stopCoverage(...args: unknown[]): Promise<unknown>;
};

export = provider;
