// What each test file of a suite on the environment for Jest pays that uses an object.
import { jestSetUp, leftOut, OBJECTS, useBindings } from "../lib/environment.mjs";

export default {
  name: "s33-jest-environment-use",
  unit: "ms",
  doc: "s36, and a request to an object and the use of a KV namespace in between",
  leftOut,
  run: ({ loadEnvironment }) => jestSetUp(loadEnvironment, OBJECTS, useBindings),
};
