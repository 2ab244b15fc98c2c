// How scenarios open instances and ask them: the options that every implementation understands, and answers that are
// checked, because a wrong answer may be a fast one.

export const URL_OF_WORKER = "http://localhost/";

export const HELLO = `export default { fetch() { return new Response("hello"); } }`;

export function open(Miniflare, options) {
  return new Miniflare({ modules: true, compatibilityDate: "2023-05-18", ...options });
}

/** Gives `use` an instance that is disposed afterwards. */
export async function withInstance(Miniflare, options, use) {
  const mf = open(Miniflare, options);
  try {
    return await use(mf);
  } finally {
    await mf.dispose();
  }
}

export function expect(answer, right) {
  if (answer !== right) throw new Error(`wrong answer: ${JSON.stringify(answer)} instead of ${JSON.stringify(right)}`);
}

/** Dispatches a request and checks the text of the answer. */
export async function ask(mf, right, url = URL_OF_WORKER) {
  const response = await mf.dispatchFetch(url);
  expect(await response.text(), right);
}
