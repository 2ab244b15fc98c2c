// What each test file of a suite on the environment for Vitest pays that uses an object.
import { leftOut, OBJECTS, useBindings, vitestSetUp } from "../lib/environment.mjs";

export default {
  name: "s34-vitest-environment-use",
  unit: "ms",
  doc: "s38, and a request to an object and the use of a KV namespace in between",
  leftOut,
  run: ({ loadEnvironment }) => vitestSetUp(loadEnvironment, OBJECTS, useBindings),
};
