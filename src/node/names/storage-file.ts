// `miniflare-rs/storage-file`: entries in a folder, as a database.

import path from "node:path";
import { describe } from "../errors.ts";
import { Storage } from "./named-storage.ts";
import type { Clock } from "../../../types/storage.d.ts";

class FileStorage extends Storage {
  /**
   * @param root the folder, relative to the current one
   * @param _sanitise means nothing here: keys are no names of files
   */
  constructor(root: unknown, _sanitise = true, clock: Clock | undefined = undefined) {
    if (typeof root !== "string" || root === "") {
      throw new TypeError(`new FileStorage() takes the path of a folder, got ${describe(root)}`);
    }
    super([path.resolve(root), false], "", clock);
  }
}

export { FileStorage };
