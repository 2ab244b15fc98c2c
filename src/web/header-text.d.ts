// The types of `header-text.js`.

/** A header as it is listed. */
export type HeaderPair = readonly [name: string, value: string];

/** The text of headers: `name\nvalue\nname\nvalue`, or the empty text. */
export function textOfHeaders(headers: Iterable<HeaderPair>): string;

/** The headers of such a text. */
export function headersOfText(text: string): [name: string, value: string][];
