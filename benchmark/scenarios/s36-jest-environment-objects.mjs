// What each test file of a suite on the environment for Jest pays, with objects in a worker.
import { jestSetUp, leftOut, OBJECTS } from "../lib/environment.mjs";

export default {
  name: "s36-jest-environment-objects",
  unit: "ms",
  doc: "set-up and end of the Jest environment with Durable Objects (warm)",
  target: { share: 0.5 },
  leftOut,
  run: ({ loadEnvironment }) => jestSetUp(loadEnvironment, OBJECTS),
};
