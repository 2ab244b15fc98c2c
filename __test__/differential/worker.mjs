// The worker that both implementations run: every snippet is a function in it, and each request calls one.

/** Turns a value into a text that says all of it; runs in the worker, as source. */
function show(value, above = new Set()) {
  let seen = above;
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (seen.has(value)) return "(circular)";
  seen = new Set(seen).add(value);
  const list = (items) => Array.from(items, (item) => show(item, seen)).join(", ");
  const entries = (items) => Array.from(items, ([key, item]) => `${show(key, seen)} => ${show(item, seen)}`).join(", ");
  if (Array.isArray(value)) return `[${list(value)}]`;
  if (tag === "Error" || tag === "DOMException") {
    const cause = value.cause === undefined ? "" : ` because ${show(value.cause, seen)}`;
    return `${tag}(${value.name}: ${value.message}${cause})`;
  }
  if (tag === "Map" || tag === "Headers" || tag === "FormData" || tag === "URLSearchParams") {
    return `${tag} {${entries(value)}}`;
  }
  if (tag === "Set") return `Set {${list(value)}}`;
  if (tag === "ArrayBuffer") return `ArrayBuffer <${list(new Uint8Array(value))}>`;
  if (ArrayBuffer.isView(value)) {
    return tag === "DataView" ? `DataView(${value.byteLength})` : `${tag} <${list(value)}>`;
  }
  if (tag === "Date") return `Date ${Number.isNaN(value.getTime()) ? "invalid" : value.toISOString()}`;
  if (["RegExp", "URL", "Number", "String", "Boolean", "BigInt"].includes(tag)) return `${tag} ${String(value)}`;
  if (tag === "File") return `File ${value.name} ${value.type} ${value.size}`;
  if (tag === "Blob") return `Blob ${value.type} ${value.size}`;
  if (value instanceof Request || value instanceof Response) return `[${value.constructor.name}]`;
  if (tag !== "Object") return `[${tag}]`;
  return `{${Object.keys(value)
    .map((key) => `${key}: ${show(value[key], seen)}`)
    .join(", ")}}`;
}

// How long a snippet may take to settle.
const PATIENCE_MS = 6000;

/** What a snippet does: the value it gives, what it throws, or that it never settles. */
async function run(snippet, request, env, ctx) {
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, "never settles"));
  const act = async () => snippet(request, env, ctx);
  const done = act().then(
    (value) => show(value),
    (error) => `throws ${show(error)}`,
  );
  return Promise.race([done, late]);
}

/** Short words for the snippets. */
const WORDS = `
const PATIENCE_MS = ${PATIENCE_MS};
const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder().decode(bytes);
const caught = (act) => {
  try {
    const result = act();
    return typeof result?.then === "function" ? result.then((value) => value, (error) => error) : result;
  } catch (error) { return error; }
};
const hex = (data) => [...new Uint8Array(data)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const wait = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));
const readAll = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};
`;

// A snippet is an expression, or, when it says \`return\`, the body of a function.
const asFunction = (code) =>
  `async (request, env, ctx) => ${/\breturn\b/.test(code) ? `{ ${code}\n }` : `(${code}\n)`}`;

/** The script of a module or service worker that runs the snippets by their index, the path of the request. */
export function scriptOf(snippets, format) {
  const parts = [WORDS, show, run, `const snippets = [${snippets.map(asFunction).join(",\n")}];`];
  const answer = "new Response(await run(snippets[new URL(request.url).pathname.slice(1)], request, env, ctx))";
  const handler =
    format === "modules"
      ? `export default { async fetch(request, env, ctx) { return ${answer}; } }`
      : `const answer = async (request, env, ctx) => ${answer};
         addEventListener("fetch", (event) => event.respondWith(answer(event.request, globalThis, event)));`;
  return [...parts, handler].join("\n");
}
