"use strict";
// `miniflare-rs/storage-file`: entries in a folder, as a database.

const path = require("node:path");
const { describe } = require("../errors.js");
const { Storage } = require("./named-storage.js");

class FileStorage extends Storage {
  /**
   * @param root the folder, relative to the current one
   * @param _sanitise means nothing here: keys are no names of files
   */
  constructor(root, _sanitise = true, clock = undefined) {
    if (typeof root !== "string" || root === "") {
      throw new TypeError(`new FileStorage() takes the path of a folder, got ${describe(root)}`);
    }
    super([path.resolve(root), false], "", clock);
  }
}

module.exports = { FileStorage };
