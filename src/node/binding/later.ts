// What the addon answers later: a call answers with its value when it can at once, otherwise with a number to wait by.

import { binding, waiting } from "./binding.ts";
import { StorageError } from "../errors.ts";
import type { WireValue } from "./exports.d.ts";

/** What a call answered with a number for. Node stays alive until it is there, unless `keepsAlive` is false. */
function later(number: number, keepsAlive = true): Promise<WireValue> {
  const weight = keepsAlive ? 1 : 0;
  return new Promise<WireValue>((resolve, reject) => {
    waiting(weight);
    binding.later(number, (error, value) => {
      waiting(-weight);
      if (error === null) resolve(value);
      else reject(failure(error, String(value)));
    });
  });
}

function failure(name: string, text: string): Error {
  return isStorageCode(name) ? new StorageError(name, text) : new Error(text);
}

/** What stores fail with are the codes of their errors. */
function isStorageCode(name: string): name is StorageError["code"] {
  return name.startsWith("ERR_");
}

export { later };
