//! Amendments to upstream's script of URLs: `URLSearchParams` stays upstream's, around our class `URL` (`url.ts`).

use super::amendments::Cut;

pub const SCRIPT: &str = "ext:deno_web/00_url.js";

/// The class `URL` is ours, over another parser.
pub const CUTS: &[Cut] = &[
    ("// Helper functions", "class URLSearchParams {", ""),
    (
        "function trim(s) {",
        "webidl.configureInterface(URL);",
        r#"const URL = core.loadExtScript("ext:miniflare/web/url.ts").createURL({
  updateSearch: _updateUrlSearch,
  paramsOf(url, query) {
    const params = new URLSearchParams();
    params[_list] = parseQuery(query);
    params[_urlObject] = url;
    return params;
  },
  refill(params, query) {
    const list = params[_list];
    ArrayPrototypeSplice(list, 0, list.length, ...new SafeArrayIterator(parseQuery(query)));
  },
});
"#,
    ),
];

pub const CHANGES: &[(&str, &str)] = &[
    // Queries with nothing to decode or encode, which are most, are taken apart and put together here.
    (
        "this[_list] = op_url_parse_search_params(str);",
        "this[_list] = parseQuery(str);",
    ),
    (
        "return op_url_stringify_search_params(this[_list]);",
        "return queryOf(this[_list]);",
    ),
    (
        "class URLSearchParams {",
        r#"const ENCODED = /[%+]/;
const ELABORATE = /[^\w*.-]/;
const has = (characters, text) => primordials.RegExpPrototypeExec(characters, text) !== null;

function parseQuery(text) {
  if (has(ENCODED, text)) return op_url_parse_search_params(text);
  const list = [];
  for (let start = 0; start <= text.length;) {
    const next = primordials.StringPrototypeIndexOf(text, "&", start);
    const end = next < 0 ? text.length : next;
    if (end > start) ArrayPrototypePush(list, pairOf(StringPrototypeSlice(text, start, end)));
    start = end + 1;
  }
  return list;
}

function pairOf(part) {
  const equals = primordials.StringPrototypeIndexOf(part, "=");
  if (equals < 0) return [part, ""];
  return [StringPrototypeSlice(part, 0, equals), StringPrototypeSlice(part, equals + 1)];
}

function queryOf(list) {
  let query = "";
  for (let i = 0; i < list.length; i++) {
    const { 0: name, 1: value } = list[i];
    if (has(ELABORATE, name) || has(ELABORATE, value)) return op_url_stringify_search_params(list);
    query += `${i === 0 ? "" : "&"}${name}=${value}`;
  }
  return query;
}

class URLSearchParams {"#,
    ),
];
