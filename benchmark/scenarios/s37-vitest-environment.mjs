// What each test file of a suite on the environment for Vitest pays.
import { leftOut, NO_OBJECTS, vitestSetUp } from "../lib/environment.mjs";

export default {
  name: "s37-vitest-environment",
  unit: "ms",
  doc: "set-up and end of the Vitest environment without objects (warm)",
  target: { share: 0.5 },
  leftOut,
  run: ({ loadEnvironment }) => vitestSetUp(loadEnvironment, NO_OBJECTS),
};
