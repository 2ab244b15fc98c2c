"use strict";
// Source maps: the stacks of a worker's errors in terms of the files that people wrote.

const fs = require("node:fs");
const path = require("node:path");
const { SourceMap } = require("node:module");
const { fileURLToPath } = require("node:url");

const FRAME = /(\(|at )((?:\/|<script>)[^()]*?):(\d+):(\d+)(\)?)$/;
const LINK = /\/\/[#@] ?sourceMappingURL=([^\s'"]+)\s*$/m;

/** A function that rewrites stacks. `script` is the entry, whose text need not be on disk. */
function stackMapper(script) {
  const maps = new Map();
  const mapOf = (file) => {
    if (!maps.has(file)) maps.set(file, readMap(file, file === script.path ? script.text : undefined));
    return maps.get(file);
  };
  return (stack) =>
    stack
      .split("\n")
      .map((line) =>
        line.replace(FRAME, (frame, before, file, row, column, after) => {
          const entry = mapOf(file)?.findEntry(Number(row) - 1, Number(column) - 1);
          if (entry?.originalSource === undefined) return frame;
          return `${before}${locate(file, entry.originalSource)}:${entry.originalLine + 1}:${entry.originalColumn + 1}${after}`;
        }),
      )
      .join("\n");
}

function locate(file, source) {
  return source.startsWith("file:") ? fileURLToPath(source) : path.resolve(path.dirname(file), source);
}

/** The source map that a file names; undefined when it has none that can be read. */
function readMap(file, text) {
  try {
    const link = LINK.exec(text ?? fs.readFileSync(file, "utf8"))?.[1];
    return link === undefined ? undefined : new SourceMap(JSON.parse(readLink(file, link)));
  } catch {
    return undefined;
  }
}

function readLink(file, link) {
  const inline = /^data:[^,]*?(;base64)?,(.*)$/.exec(link);
  if (inline === null) return fs.readFileSync(path.resolve(path.dirname(file), decodeURIComponent(link)), "utf8");
  return inline[1] ? Buffer.from(inline[2], "base64").toString("utf8") : decodeURIComponent(inline[2]);
}

module.exports = { stackMapper };
