#!/usr/bin/env node
// The commands `miniflare` and `miniflare-rs`. It is written for any version of Node, so that one which is too old is told
// so.
"use strict";

var OLDEST = 20;

if (Number(process.versions.node.split(".")[0]) < OLDEST) {
  console.error(
    "miniflare-rs requires Node.js " +
      OLDEST +
      " or newer, and this is " +
      process.version +
      ".\n" +
      "Install the current version, for example with https://volta.sh/ or https://github.com/nvm-sh/nvm.",
  );
  process.exitCode = 1;
} else {
  require("../lib/node/cli.js").main(process.argv.slice(2));
}
