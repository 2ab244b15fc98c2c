// What each test file of a suite on the environment for Jest pays.
import { jestSetUp, leftOut, NO_OBJECTS } from "../lib/environment.mjs";

export default {
  name: "s35-jest-environment",
  unit: "ms",
  doc: "set-up and end of the Jest environment without objects (warm)",
  target: { share: 0.5 },
  leftOut,
  run: ({ loadEnvironment }) => jestSetUp(loadEnvironment, NO_OBJECTS),
};
