// What the addon answers later: a call answers with its value when it can at once, otherwise with a number to wait by.

import { binding, waiting } from "./binding.ts";
import { StorageError } from "../errors.ts";

/** What a call answered with a number for; Node stays alive until it is there. */
function later(number) {
  return new Promise((resolve, reject) => {
    waiting(1);
    binding.later(number, (error, value) => {
      waiting(-1);
      if (error === null) resolve(value);
      else reject(failure(error, value));
    });
  });
}

function failure(name, text) {
  return name.startsWith("ERR_") ? new StorageError(name, text) : new Error(text);
}

export { later };
