"use strict";
// What the addon answers later: a call answers with its value when it can at once, otherwise with a number to wait by.

const { binding } = require("./addon.js");
const { StorageError } = require("../errors.js");
const { waiting } = require("../instance/lane.js");

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

module.exports = { later };
