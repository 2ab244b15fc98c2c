// Workers that fetch what a test tells them, with a mock in the place of the network.

import { create, createFetchMock } from "./miniflare.mjs";
import { json, URL_ROOT } from "./dispatch.mjs";

const SCRIPT = `
const shown = (error) => error instanceof Error
  ? { name: error.name, message: error.message, code: error.code, cause: error.cause && shown(error.cause) }
  : String(error);
async function outcome([input, init]) {
  try {
    const response = await fetch(input, init);
    const { status, url, redirected } = response;
    const headers = [...response.headers].sort(([a], [b]) => (a < b ? -1 : 1));
    return { status, url, redirected, headers, text: await response.text() };
  } catch (error) {
    return shown(error);
  }
}
export default {
  async fetch() {
    const outcomes = [];
    for (const one of FETCHES) outcomes.push(await outcome([one].flat()));
    return new Response(JSON.stringify(outcomes));
  }
};`;

/**
 * A worker that makes these fetches, one after the other, and a mock that lets none of them go to the network.
 * @param fetches a URL, or \`[url, init]\`, each
 */
export function mocked(t, fetches, options = {}) {
  const fetchMock = createFetchMock();
  fetchMock.disableNetConnect();
  const script = SCRIPT.replace("FETCHES", JSON.stringify(fetches));
  return { fetchMock, mf: create(t, { modules: true, ...options, script, fetchMock }) };
}

/** What became of the fetches of such a worker: parts of the response, or of the error. */
export const outcomes = (mf) => json(mf, URL_ROOT);
