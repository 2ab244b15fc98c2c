// What the benchmark and its child processes agree on.

/** A channel of its own for the result: a worker's console may write to the other ones. */
export const RESULT_FD = 3;

export function childEnvironment() {
  // A test suite runs with NODE_ENV=test, and Miniflare then leaves out its download of the `cf` object.
  const environment = { ...process.env, NODE_ENV: "test" };
  // Flags meant for one implementation must not reach the others.
  delete environment.NODE_OPTIONS;
  // Node parses these certificates at each start, for up to 150 ms that no implementation can help.
  delete environment.NODE_EXTRA_CA_CERTS;
  return environment;
}
