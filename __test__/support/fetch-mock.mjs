// Workers that fetch what a test tells them, with a mock in the place of the network.

import { create, createFetchMock } from "./miniflare.mjs";
import { json } from "./dispatch.mjs";

const SCRIPT = `
const shown = (error) => error instanceof Error
  ? { name: error.name, message: error.message, code: error.code, cause: error.cause && shown(error.cause) }
  : String(error);
const bodies = {
  bytes: (value) => new Uint8Array(value),
  blob: (value) => new Blob([value], { type: "text/x-blob" }),
  params: (value) => new URLSearchParams(value),
  form(value) {
    const form = new FormData();
    for (const [name, entry] of Object.entries(value)) form.append(name, entry);
    return form;
  },
  stream(value) {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    writer.write(new TextEncoder().encode(value));
    writer.close();
    return readable;
  },
};
function initOf({ bodyOf, ...init }) {
  if (bodyOf) init.body = bodies[bodyOf[0]](bodyOf[1]);
  return init;
}
async function outcome([input, init]) {
  try {
    const response = await fetch(input, initOf(init));
    const { status, statusText, url, redirected } = response;
    const headers = [...response.headers].sort(([a], [b]) => (a < b ? -1 : 1));
    return { status, statusText, url, redirected, headers, text: await response.text() };
  } catch (error) {
    return shown(error);
  }
}
export default {
  async fetch(request) {
    const outcomes = [];
    for (const one of await request.json()) outcomes.push(await outcome([one].flat()));
    return new Response(JSON.stringify(outcomes));
  }
};`;

/** The origin that most of these workers fetch from. */
export const ORIGIN = "https://example.com";

/**
 * A worker that fetches, and a mock that lets none of it go to the network.
 * @returns `{ fetchMock, pool, mf, fetches }`: the interceptors of `ORIGIN`, and `fetches(...)`, which makes fetches one
 *   after the other and resolves to what became of each: parts of the response, or of the error. A fetch is a path, a
 *   URL, or `[path, init]`; `init.bodyOf` makes bodies that have no JSON form: `["stream", "text"]`
 */
export function mocked(t, options = {}) {
  const fetchMock = createFetchMock();
  fetchMock.disableNetConnect();
  const mf = create(t, { modules: true, ...options, script: SCRIPT, fetchMock });
  return { fetchMock, pool: fetchMock.get(ORIGIN), mf, fetches: (...fetches) => fetchAll(mf, fetches) };
}

/** The same with any mock. */
export function fetchAll(mf, fetches) {
  const absolute = fetches.map((one) => {
    const [input, init = {}] = [one].flat();
    return [new URL(input, ORIGIN).href, init];
  });
  return json(mf, "http://localhost/", { method: "POST", body: JSON.stringify(absolute) });
}

/** A worker that fetches, with any mock. */
export const fetching = (t, fetchMock, options = {}) =>
  create(t, { modules: true, ...options, script: SCRIPT, fetchMock });

/** The texts of responses, or the messages of the causes of errors. */
export const brief = (outcomes) => outcomes.map((one) => one.text ?? one.cause.message);

/** What an unmatched request is told. */
export function refusal(part, value, origin = ORIGIN, reason = "net.connect disabled") {
  return `Mock dispatch not matched for ${part} '${value}': subsequent request to origin ${origin} was not allowed (${reason})`;
}

/** What a mock answers a request of undici, if it does at once: the content, or the message of the error. */
export function ask(fetchMock, path, { method = "GET", ...rest } = {}) {
  let answer;
  const handler = {
    onHeaders: () => true,
    onData: (chunk) => void (answer = String(chunk)),
    onError: ({ message }) => void (answer = message),
    onComplete: () => {},
  };
  try {
    fetchMock.dispatch({ origin: ORIGIN, path, method, ...rest }, handler);
  } catch ({ message }) {
    answer = message;
  }
  return answer;
}
