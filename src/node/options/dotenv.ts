// `.env` files, as the package `dotenv` reads them: `NAME=value` lines, comments, quotes that may span lines. Node's own
// `util.parseEnv` reads quotes and `export` differently, and not the same in each version of Node.

const NAME = String.raw`[ \t]*(?:export[ \t]+)?(?<name>[\w.-]+)[ \t]*(?:=|:[ \t])`;
const QUOTED = ["'", '"', "`"].map((quote) => String.raw`${quote}(?:\\${quote}|[^${quote}])*${quote}`).join("|");
const LINE = new RegExp(String.raw`^${NAME}[ \t]*(?<value>(?:${QUOTED})(?=[ \t]*(?:#.*)?$)|[^#\r\n]*)`, "gm");

/** The variables that the text of a file names. Nothing in them is expanded but `\n` and `\r` in double quotes. */
function parseEnv(text: string): Record<string, string> {
  const lines = text.replaceAll(/\r\n?/g, "\n").matchAll(LINE);
  return Object.fromEntries([...lines].map(({ groups }) => pairOf(groups as Pair)));
}

/** What the groups of a line have matched. */
type Pair = Record<"name" | "value", string>;

const pairOf = ({ name, value }: Pair) => [name, unquote(value.trim())];

function unquote(value: string): string {
  const [quote] = value;
  const isQuoted = value.length > 1 && (quote === "'" || quote === '"' || quote === "`") && value.endsWith(quote);
  if (!isQuoted) return value;
  const inner = value.slice(1, -1);
  return quote === '"' ? inner.replaceAll("\\n", "\n").replaceAll("\\r", "\r") : inner;
}

export { parseEnv };
