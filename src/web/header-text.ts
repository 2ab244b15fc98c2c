// Headers as one text, `name\nvalue\nname\nvalue`: one text is one copy on its way, and no value can hold a newline. No
// headers at all are the empty text.

/** A header as it is listed. */
type HeaderPair = readonly [name: string, value: string];

/** The text of `[name, value]` each. */
function textOfHeaders(headers: Iterable<HeaderPair>): string {
  let text = "";
  for (const [name, value] of headers) text += `${text && "\n"}${name}\n${value}`;
  return text;
}

/** `[name, value]` each, of such a text. */
function headersOfText(text: string): [name: string, value: string][] {
  if (text === "") return [];
  const parts = text.split("\n");
  const list = new Array(parts.length / 2);
  for (let index = 0; index < list.length; index++) list[index] = [parts[2 * index], parts[2 * index + 1]];
  return list;
}

export { headersOfText, textOfHeaders };
export type { HeaderPair };
