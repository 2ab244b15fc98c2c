// Source maps for readers that take a script as one source.

import { decode, encode } from "@jridgewell/sourcemap-codec";
import type { SourceMap } from "./covered-script.ts";

/** The part of a map that leads to one of its sources; what is of other sources leads nowhere. */
function partOfMap(map: SourceMap, index: number, content: string): SourceMap {
  const lines = decode(map.mappings).map((line) =>
    line.map((segment): [number] | [number, number, number, number] =>
      segment.length > 1 && segment[1] === index
        ? [segment[0], 0, segment[2] as number, segment[3] as number]
        : [segment[0]],
    ),
  );
  return { version: 3, sources: [map.sources[index]], sourcesContent: [content], names: [], mappings: encode(lines) };
}

/** A map of a script to itself. */
function identityMap(url: string, text: string): SourceMap {
  const lines = text.split("\n").map((line, number) => {
    const columns = Array.from({ length: line.length + 1 }, (_, column) => column);
    return columns.map((column): [number, number, number, number] => [column, 0, number, column]);
  });
  return { version: 3, sources: [url], sourcesContent: [text], names: [], mappings: encode(lines) };
}

export { identityMap, partOfMap };
