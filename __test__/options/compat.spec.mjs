// Tags: oracle, every-node
// Compatibility dates and flags: which are on, and what forms are parsed into.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, LogLevel } from "../support/miniflare.mjs";
import { evaluate, json, URL_ROOT } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

/** The enabled flags, as the log tells them. */
async function enabled(t, options) {
  const log = new RecordingLog(LogLevel.DEBUG);
  await create(t, { script: "//", log, ...options }).getBindings();
  const lines = log.having("[mf:dbg] ");
  const first = lines.findIndex((line) => line.startsWith("Enabled Compatibility Flags:"));
  const flags = lines.slice(first + 1).filter((line) => line.startsWith("- "));
  return [lines[first], ...flags.map((line) => line.slice(2))];
}

describe("compatibility flags", () => {
  test("are empty by default", async (t) => {
    assert.deepEqual(await enabled(t, {}), ["Enabled Compatibility Flags: <none>"]);
  });

  test("come with the date, the newest first", async (t) => {
    assert.deepEqual(await enabled(t, { compatibilityDate: "2022-03-21" }), [
      "Enabled Compatibility Flags:",
      "global_navigator",
      "durable_object_fetch_requires_full_url",
      "fetch_refuses_unknown_protocols",
      "formdata_parser_supports_files",
    ]);
  });

  test("are on when they are named, and off when their opposites are", async (t) => {
    const compatibilityFlags = ["formdata_parser_supports_files", "no_global_navigator", "unknown"];
    assert.deepEqual(await enabled(t, { compatibilityFlags }), [
      "Enabled Compatibility Flags:",
      "formdata_parser_supports_files",
    ]);
    const both = ["global_navigator", "no_global_navigator"];
    assert.deepEqual(await enabled(t, { compatibilityDate: "2021-11-03", compatibilityFlags: both }), [
      "Enabled Compatibility Flags:",
      "formdata_parser_supports_files",
    ]);
  });
});

describe("a file in a form", () => {
  const FORM = [
    "--b",
    'Content-Disposition: form-data; name="text"',
    "",
    "plain",
    "--b",
    'Content-Disposition: form-data; name="file"; filename="a/b.txt"',
    "Content-Type: text/x",
    "",
    "content",
    "--b--",
    "",
  ].join("\r\n");
  const headers = { "content-type": "multipart/form-data; boundary=b" };
  const SHOW = `const show = (form) => [...form].map(([name, value]) =>
    [name, typeof value === "string" ? value : [value.name, value.type]]);`;
  const script = `${SHOW} export default {
    async fetch(request) { return new Response(JSON.stringify(show(await request.formData()))); } }`;
  const text = [
    ["text", "plain"],
    ["file", "content"],
  ];
  const file = [
    ["text", "plain"],
    ["file", ["a/b.txt", "text/x"]],
  ];

  test("is its text before 2021-11-03", async (t) => {
    assert.deepEqual(await json(create(t, { script }), URL_ROOT, { method: "POST", body: FORM, headers }), text);
  });

  test("is a File from then on, or by the flag", async (t) => {
    for (const options of [
      { compatibilityDate: "2021-11-03" },
      { compatibilityFlags: ["formdata_parser_supports_files"] },
    ]) {
      const mf = create(t, { script, ...options });
      assert.deepEqual(await json(mf, URL_ROOT, { method: "POST", body: FORM, headers }), file);
    }
  });

  test("is its text by the flag's opposite", async (t) => {
    const compatibilityFlags = ["formdata_parser_converts_files_to_strings"];
    const mf = create(t, { script, compatibilityDate: "2022-01-01", compatibilityFlags });
    assert.deepEqual(await json(mf, URL_ROOT, { method: "POST", body: FORM, headers }), text);
  });

  test("is so too in what was fetched and in what the worker made", async (t) => {
    const origin = await serve(t, (_, response) => response.writeHead(200, headers).end(FORM));
    const seen = await evaluate(
      t,
      `${SHOW}
      const made = new Response(${JSON.stringify(FORM)}, { headers: ${JSON.stringify(headers)} });
      return [show(await (await fetch("${origin}")).formData()), show(await made.formData())];`,
    );
    assert.deepEqual(seen, [text, text]);
  });
});
