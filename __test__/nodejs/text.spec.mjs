// Tags: every-node
// `node:path`, `node:url`, `node:querystring`, `node:string_decoder` and `node:punycode` in a worker, as in Node.

import { sameAsNode } from "../support/nodejs.mjs";

sameAsNode(
  "node:path",
  { path: "node:path" },
  {
    "joins, normalizes and resolves": `const { posix } = path;
      return [posix.join("/a", "..", "./b", "", "c/"), posix.join(), posix.join("a\\\\b", "c"), posix.normalize("/a//b/../c/."), posix.normalize(""), posix.resolve("/a", "b", "../c"), posix.resolve("/a", "/b"), posix.relative("/a/b/c", "/a/d"), posix.relative("/a", "/a")];`,
    "takes paths apart": `const { posix } = path;
      return ["/a/b.tar.gz", "b", "/", "", ".bashrc", "/a/", "a.", "/a/.b.c"].map((one) => [posix.basename(one), posix.dirname(one), posix.extname(one), posix.parse(one), posix.isAbsolute(one)]);`,
    "puts paths together": `return [path.posix.format({ dir: "/a", base: "b" }), path.posix.format({ root: "/", name: "b", ext: "c" }), path.posix.format({ name: "b", ext: ".c" }), path.posix.basename("a.html", ".html")];`,
    "refuses a value that is not text": `return ["join", "resolve", "dirname", "basename", "extname", "normalize", "isAbsolute", "parse"].map((name) => caught(() => path.posix[name](1)).code).concat(caught(() => path.posix.format(1)));`,
    "has paths of Windows": `const { win32 } = path;
      return [win32.join("C:\\\\a", "..", "b"), win32.parse("C:\\\\a\\\\b.c"), win32.resolve("C:\\\\a", "D:\\\\b"), win32.sep, win32.delimiter, win32.isAbsolute("C:/"), win32.relative("C:\\\\a\\\\b", "C:\\\\c"), caught(() => win32.join(1))];`,
    "has its parts": `return [path.sep, path.delimiter, path.posix.posix === path.posix, path.posix.win32 === path.win32, path.default.posix === path.posix];`,
  },
);

sameAsNode(
  "node:url",
  { url: "node:url" },
  {
    "parses as before there was URL": `return ["http://user:pass@host.com:8080/p/a/t/h?query=string#hash", "//host/path", "mailto:a@b.c", "/p?x=y", "javascript:alert(1)", "http://HÉLLO.com", "x:y"].map((one) => ({ ...url.parse(one) }));`,
    "parses queries": `return [url.parse("/p?a=1&a=2&b", true).query, url.parse("//host/path", false, true).host];`,
    formats: `return [url.format({ protocol: "http", host: "a.b", pathname: "/c", query: { d: [1, 2] }, hash: "e" }), url.format(new URL("http://a:b@c/d?e#f"), { auth: false, fragment: false, search: false }), url.format("http://a/b c")];`,
    resolves: `return [["/one/two/three", "four"], ["http://example.com/", "/one"], ["http://example.com/one", "/two"], ["http://a/b/c", "../d?e"]].map(([from, to]) => url.resolve(from, to));`,
    "converts paths": `return [url.fileURLToPath("file:///a%20b/c"), String(url.pathToFileURL("/a b#?%")), ["http://a", "file://host/a", "file:///a%2fb"].map((one) => caught(() => url.fileURLToPath(one)).code)];`,
    "converts domains": `return [url.domainToASCII("español.com"), url.domainToUnicode("xn--espaol-zwa.com"), url.domainToASCII("xn--iñvalid.com")];`,
    "makes options of requests": `return { ...url.urlToHttpOptions(new URL("https://a:b@测试/c?d#e")), __proto__: null };`,
    "has the classes": `return [url.URL === URL, url.URLSearchParams === URLSearchParams];`,
    "refuses a value that is not text": `return [caught(() => url.parse(1)).code, caught(() => url.parse()).code];`,
  },
);

sameAsNode(
  "node:querystring",
  { querystring: "node:querystring" },
  {
    parses: `return ["a=1&b=2&a=3", "a=%20+b&c", "", "a:1;b:2", "%E9=x", "=", "a=b=c"].map((one) => ({ ...querystring.parse(one) })).concat({ ...querystring.parse("a:1;b:2", ";", ":") }, { ...querystring.parse("a=1&b=2&c=3", null, null, { maxKeys: 2 }) });`,
    formats: `return [querystring.stringify({ a: [1, 2], b: "é &", c: true, d: null, e: 1n, f: {} }), querystring.stringify({ a: 1 }, ";", ":"), querystring.escape("a b&ü"), querystring.unescape("a%20b%zz"), caught(() => querystring.escape("\\ud800"))?.code];`,
  },
);

sameAsNode(
  "node:string_decoder",
  { decoding: "node:string_decoder" },
  {
    "keeps parts of characters": `const results = ["utf8", "utf16le", "base64", "hex", "latin1"].map((encoding) => {
        const decoder = new decoding.StringDecoder(encoding);
        return [[0xe2, 0x82], [0xac, 0x61], [0xc3]].map((bytes) => decoder.write(new Uint8Array(bytes).constructor === Uint8Array ? Buffer.from(bytes) : bytes)).concat(decoder.end());
      });
      return results;`,
  },
);
