// What each test file of a suite on the environment for Vitest pays, with objects in a worker.
import { leftOut, OBJECTS, vitestSetUp } from "../lib/environment.mjs";

export default {
  name: "s38-vitest-environment-objects",
  unit: "ms",
  doc: "set-up and end of the Vitest environment with Durable Objects (warm)",
  target: { share: 0.5 },
  leftOut,
  run: ({ loadEnvironment }) => vitestSetUp(loadEnvironment, OBJECTS),
};
