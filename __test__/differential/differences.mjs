// What differs from Miniflare 2 on purpose: why, and what each snippet gives here.

export const differences = [
  {
    why: "The error is of the same class and comes in the same case; only its words differ.",
    snippets: {
      "new Headers([1])":
        "throws Error(TypeError: Failed to construct 'Headers': Argument 1, index 0 can not be converted to sequence.)",
      'new Headers("text")':
        "throws Error(TypeError: Failed to construct 'Headers': Argument 1 The provided value is not of type '(sequence<sequence<ByteString>> or record<ByteString, ByteString>)')",
      "new Headers(1)":
        "throws Error(TypeError: Failed to construct 'Headers': Argument 1 The provided value is not of type '(sequence<sequence<ByteString>> or record<ByteString, ByteString>)')",
      "new Headers(null)":
        "throws Error(TypeError: Failed to construct 'Headers': Argument 1 The provided value is not of type '(sequence<sequence<ByteString>> or record<ByteString, ByteString>)')",
      'new Headers({ a: "☃" })':
        "throws Error(TypeError: Failed to construct 'Headers': Argument 1 is not a valid ByteString)",
      'new Headers().append("a")':
        "throws Error(TypeError: Failed to execute 'append' on 'Headers': 2 arguments required, but only 1 present)",
      "new Headers().set()":
        "throws Error(TypeError: Failed to execute 'set' on 'Headers': 2 arguments required, but only 0 present)",
      "new Headers().get()":
        "throws Error(TypeError: Failed to execute 'get' on 'Headers': 1 argument required, but only 0 present)",
      "new Headers().has()":
        "throws Error(TypeError: Failed to execute 'has' on 'Headers': 1 argument required, but only 0 present)",
      "new Headers().delete()":
        "throws Error(TypeError: Failed to execute 'delete' on 'Headers': 1 argument required, but only 0 present)",
      "new Headers().getAll()": 'throws Error(TypeError: getAll() can only be used with the header name "Set-Cookie".)',
      'const r = new Response(); r.headers = new Headers({ a: "1" }); return r.headers;':
        "throws Error(TypeError: Cannot set property headers of #<Response> which has only a getter)",
      'new Request("/relative")': "throws Error(TypeError: Invalid URL: '/relative')",
      'new Request("")': "throws Error(TypeError: Invalid URL: '')",
      "new Request()": "throws Error(TypeError: Invalid URL: 'undefined')",
      "new Request(undefined)": "throws Error(TypeError: Invalid URL: 'undefined')",
      'new Request("http://a/", { redirect: "other" })':
        "throws Error(TypeError: Failed to construct 'Request': The provided value 'other' is not a valid enum value of type RequestRedirect)",
      'new Request("http://a/", { mode: "other" })':
        "throws Error(TypeError: Failed to construct 'Request': The provided value 'other' is not a valid enum value of type RequestMode)",
      'new Request("http://a/", { credentials: "other" })':
        "throws Error(TypeError: Failed to construct 'Request': The provided value 'other' is not a valid enum value of type RequestCredentials)",
      'new Request("http://a/", { signal: {} })':
        "throws Error(TypeError: Failed to construct 'Request': 'signal' of 'RequestInit' (Argument 2) is not of type AbortSignal)",
      'new Request("http://a/", "text")':
        "throws Error(TypeError: Failed to construct 'Request': Argument 2 can not be converted to a dictionary)",
      'const body = new ReadableStream(); body.getReader(); return new Request("http://a/", { method: "POST", body });':
        "throws Error(TypeError: ReadableStream is locked or disturbed)",
      'const r = new Request("http://a/"); r.url = "http://b/"; return r.url;':
        "throws Error(TypeError: Cannot set property url of #<Request> which has only a getter)",
      'new Request("http://a/", { headers: "text" })':
        "throws Error(TypeError: Failed to construct 'Request': 'headers' of 'RequestInit' (Argument 2) The provided value is not of type '(sequence<sequence<ByteString>> or record<ByteString, ByteString>)')",
      'new Request("http://a/", { headers: null })':
        "throws Error(TypeError: Failed to construct 'Request': 'headers' of 'RequestInit' (Argument 2) The provided value is not of type '(sequence<sequence<ByteString>> or record<ByteString, ByteString>)')",
      "Request.prototype.text.call({})": "throws Error(TypeError: Illegal invocation)",
      'await new Response(Symbol("x")).text()': "throws Error(TypeError: Cannot convert a Symbol value to a string)",
      'new Response("text", { statusText: "☃" })': "throws Error(TypeError: Value is not a valid ByteString)",
      'new Response("text", "init")':
        "throws Error(TypeError: Failed to construct 'Response': Argument 2 can not be converted to a dictionary)",
      'new Response("text", 1)':
        "throws Error(TypeError: Failed to construct 'Response': Argument 2 can not be converted to a dictionary)",
      'const r = new Response("text"); r.body.getReader(); return new Response(r.body);':
        "throws Error(TypeError: ReadableStream is locked or disturbed)",
      'Response.redirect("/relative")': "throws Error(TypeError: Invalid URL: '/relative')",
      "Response.redirect()": "throws Error(TypeError: Invalid URL: 'undefined')",
      'await new Response("{ bad").json()':
        "throws Error(SyntaxError: Expected property name or '}' in JSON at position 2 (line 1 column 3))",
      "Response.prototype.text.call({})": "throws Error(TypeError: Illegal invocation)",
      'const r = new Response("x"); r.status = 500; return r.status;':
        "throws Error(TypeError: Cannot set property status of #<Response> which has only a getter)",
      'new FormData().append("a")':
        "throws Error(TypeError: Failed to execute 'append' on 'FormData': 2 arguments required, but only 1 present)",
      'new FormData().set("a")':
        "throws Error(TypeError: Failed to execute 'set' on 'FormData': 2 arguments required, but only 1 present)",
      "new FormData().get()":
        "throws Error(TypeError: Failed to execute 'get' on 'FormData': 1 argument required, but only 0 present)",
      "new FormData().has()":
        "throws Error(TypeError: Failed to execute 'has' on 'FormData': 1 argument required, but only 0 present)",
      "new FormData().delete()":
        "throws Error(TypeError: Failed to execute 'delete' on 'FormData': 1 argument required, but only 0 present)",
      "new FormData(1)": "throws Error(TypeError: Illegal constructor)",
      "new FormData(null)": "throws Error(TypeError: Illegal constructor)",
      'new Blob("text")':
        "throws Error(TypeError: Failed to construct 'Blob': Argument 1 can not be converted to sequence.)",
      "new Blob(null)":
        "throws Error(TypeError: Failed to construct 'Blob': Argument 1 can not be converted to sequence.)",
      "new Blob({})":
        "throws Error(TypeError: Failed to construct 'Blob': Argument 1 can not be converted to sequence.)",
      'new Blob([], { endings: "other" })':
        "throws Error(TypeError: Failed to construct 'Blob': The provided value 'other' is not a valid enum value of type EndingType)",
      'new File(["x"])':
        "throws Error(TypeError: Failed to construct 'File': 2 arguments required, but only 1 present)",
      'await fetch("/relative")': "throws Error(TypeError: Invalid URL: '/relative')",
      'await fetch("no url")': "throws Error(TypeError: Invalid URL: 'no url')",
      'await fetch("")': "throws Error(TypeError: Invalid URL: '')",
      "await fetch()": "throws Error(TypeError: Invalid URL: 'undefined')",
      'await fetch("http://user:password@localhost/")':
        "throws Error(TypeError: fetch failed because Error(Error: connect ECONNREFUSED localhost:80))",
      'new ReadableStream({ type: "other" })':
        "throws Error(TypeError: Failed to construct 'ReadableStream': The provided value 'other' is not a valid enum value of type ReadableStreamType)",
      "new ReadableStream(null)":
        "throws Error(TypeError: Failed to construct 'ReadableStream': Argument 1 is not an object)",
      "new ReadableStream({ pull: 1 })":
        "throws Error(TypeError: Failed to construct 'ReadableStream': 'pull' of 'UnderlyingSource' (underlyingSource) is not a function)",
      "new ReadableStream({}, { highWaterMark: -1 })":
        'throws Error(RangeError: Expected highWaterMark to be a positive number or Infinity, got "-1".)',
      "new ReadableStream({}, { highWaterMark: NaN })":
        'throws Error(RangeError: Expected highWaterMark to be a positive number or Infinity, got "NaN".)',
      "new ReadableStream({}, { size: 1 })":
        "throws Error(TypeError: Failed to construct 'ReadableStream': 'size' of 'QueuingStrategy' (Argument 2) is not a function)",
      'new ReadableStream({ type: "bytes", autoAllocateChunkSize: 0 })':
        'throws Error(TypeError: "autoAllocateChunkSize" must be greater than 0)',
      "const s = new ReadableStream(); s.getReader(); return s.getReader();":
        "throws Error(TypeError: ReadableStream is locked)",
      "const s = new ReadableStream(); s.getReader(); return s.cancel();":
        "throws Error(TypeError: Cannot cancel a locked ReadableStream.)",
      "const s = new ReadableStream(); s.getReader(); return s.tee();":
        "throws Error(TypeError: ReadableStream is locked)",
      "const s = new ReadableStream(); s.getReader(); return s.pipeTo(new WritableStream());":
        "throws Error(TypeError: ReadableStream is already locked.)",
      'const s = new ReadableStream(); return s.getReader({ mode: "byob" });':
        "throws Error(TypeError: Cannot use a BYOB reader with a non-byte stream)",
      'const s = new ReadableStream(); return s.getReader({ mode: "other" });':
        "throws Error(TypeError: Failed to execute 'getReader' on 'ReadableStream': The provided value 'other' is not a valid enum value of type ReadableStreamReaderMode)",
      "new ReadableStreamDefaultReader()":
        "throws Error(TypeError: Failed to construct 'ReadableStreamDefaultReader': 1 argument required, but only 0 present)",
      "new ReadableStreamDefaultReader({})":
        "throws Error(TypeError: Failed to construct 'ReadableStreamDefaultReader': Argument 1 is not of type ReadableStream)",
      "const r = new ReadableStream().getReader(); r.releaseLock(); return r.read();":
        "throws Error(TypeError: Reader has no associated stream.)",
      "const r = new ReadableStream().getReader(); r.releaseLock(); return r.cancel();":
        "throws Error(TypeError: Reader has no associated stream.)",
      "const r = new ReadableStream().getReader(); r.releaseLock(); return r.closed;":
        "throws Error(TypeError: Reader was released and can no longer be used to monitor the stream's closedness.)",
      "const s = new ReadableStream(); const r = s.getReader(); const p = r.read(); r.releaseLock(); return p;":
        "throws Error(TypeError: The reader was released.)",
      "let c; new ReadableStream({ start(x) { c = x; } }); c.close(); return c.enqueue(1);":
        "throws Error(TypeError: The stream controller cannot close or enqueue)",
      "let c; new ReadableStream({ start(x) { c = x; } }); c.close(); return c.close();":
        "throws Error(TypeError: The stream controller cannot close or enqueue)",
      'const s = new ReadableStream({ type: "bytes", pull(c) { c.enqueue(new Uint8Array(0)); } }); return s.getReader().read();':
        "throws Error(TypeError: Failed to execute 'enqueue' on 'ReadableByteStreamController': Argument 1 Length must be non-zero)",
      'const s = new ReadableStream({ type: "bytes", pull(c) { c.enqueue("text"); } }); return s.getReader().read();':
        "throws Error(TypeError: Failed to execute 'enqueue' on 'ReadableByteStreamController': Argument 1 is not a view on an ArrayBuffer or SharedArrayBuffer)",
      'const s = new ReadableStream({ type: "bytes" }); return s.getReader({ mode: "byob" }).read(new Uint8Array(0));':
        "throws Error(TypeError: view must have non-zero byteLength)",
      'const s = new ReadableStream({ type: "bytes" }); return s.getReader({ mode: "byob" }).read();':
        "throws Error(TypeError: Failed to execute 'read' on 'ReadableStreamBYOBReader': Argument 1 is not a view on an ArrayBuffer or SharedArrayBuffer)",
      'const s = new ReadableStream({ type: "bytes" }); return s.getReader({ mode: "byob" }).read("text");':
        "throws Error(TypeError: Failed to execute 'read' on 'ReadableStreamBYOBReader': Argument 1 is not a view on an ArrayBuffer or SharedArrayBuffer)",
      "const s = new WritableStream(); s.getWriter(); return s.getWriter();":
        "throws Error(TypeError: The stream is already locked)",
      "const s = new WritableStream(); s.getWriter(); return s.close();":
        "throws Error(TypeError: The writable stream is locked, therefore cannot be closed.)",
      "const s = new WritableStream(); await s.close(); return s.close();":
        "throws Error(TypeError: Writable stream is closed or errored.)",
      "const w = new WritableStream().getWriter(); w.releaseLock(); return [await caught(() => w.write(1)), await caught(() => w.close()), await caught(() => w.closed), caught(() => w.desiredSize)];":
        "[Error(TypeError: A writable stream is not associate with the writer.), Error(TypeError: A writable stream is not associated with the writer.), Error(TypeError: The writer has already been released.), Error(TypeError: A writable stream is not associated with the writer)]",
      'new WritableStream({ type: "bytes" })':
        "throws Error(RangeError: Failed to construct 'WritableStream': WritableStream does not support 'type' in the underlying sink)",
      "new ReadableStream().pipeTo()":
        "throws Error(TypeError: Failed to execute 'pipeTo' on 'ReadableStream': 1 argument required, but only 0 present)",
      "new ReadableStream().pipeTo({})":
        "throws Error(TypeError: Failed to execute 'pipeTo' on 'ReadableStream': Argument 1 is not of type WritableStream)",
      "new ReadableStream().pipeThrough({})":
        "throws Error(TypeError: Failed to execute 'pipeThrough' on 'ReadableStream': Argument 1 can not be converted to 'ReadableWritablePair' because 'readable' is required in 'ReadableWritablePair')",
      "const t = new TransformStream({ start(c) { c.terminate(); } }); return [await t.readable.getReader().read(), await caught(() => t.writable.getWriter().closed)];":
        "[{value: undefined, done: true}, Error(TypeError: The stream has been terminated.)]",
      'new TransformStream({ readableType: "bytes" })':
        "throws Error(RangeError: Failed to construct 'TransformStream': readableType transformers not supported)",
      'new CompressionStream("br")':
        "throws Error(TypeError: Failed to construct 'CompressionStream': The provided value 'br' is not a valid enum value of type CompressionFormat)",
      "new CompressionStream()":
        "throws Error(TypeError: Failed to construct 'CompressionStream': 1 argument required, but only 0 present)",
      'new DecompressionStream("zip")':
        "throws Error(TypeError: Failed to construct 'DecompressionStream': The provided value 'zip' is not a valid enum value of type CompressionFormat)",
      'const t = new TextDecoderStream("utf-8", { fatal: true }); return caught(() => readAll(new ReadableStream({ start(c) { c.enqueue(new Uint8Array([0xff])); c.close(); } }).pipeThrough(t)));':
        "Error(TypeError: The encoded data is not valid)",
      'new TextDecoderStream("nonsense")':
        "throws Error(RangeError: The encoding label provided ('nonsense') is invalid.)",
      "new CountQueuingStrategy()":
        "throws Error(TypeError: Failed to construct 'CountQueuingStrategy': 1 argument required, but only 0 present)",
      "new CountQueuingStrategy({})":
        "throws Error(TypeError: Failed to construct 'CountQueuingStrategy': Argument 1 can not be converted to 'QueuingStrategyInit' because 'highWaterMark' is required in 'QueuingStrategyInit')",
      'btoa("☃")': "throws DOMException(InvalidCharacterError: Invalid character)",
      'btoa("\\u0100")': "throws DOMException(InvalidCharacterError: Invalid character)",
      'atob("Y-_Q")': "throws DOMException(InvalidCharacterError: Invalid character)",
      'atob("é")': "throws DOMException(InvalidCharacterError: Invalid character)",
      'atob("\\u00a0YQ==")': "throws DOMException(InvalidCharacterError: Invalid character)",
      'atob("YWJjZA==\\v")': "throws DOMException(InvalidCharacterError: Invalid character)",
      'new TextEncoder().encodeInto("a", [])':
        "throws Error(TypeError: Failed to execute 'encodeInto' on 'TextEncoder': Argument 2 is not an Uint8Array object)",
      'new TextEncoder().encodeInto("a", new Uint16Array(2))':
        "throws Error(TypeError: Failed to execute 'encodeInto' on 'TextEncoder': Argument 2 is not an Uint8Array object)",
      "new TextDecoder().decode(null)":
        "throws Error(TypeError: Failed to execute 'decode' on 'TextDecoder': Argument 1 is not an ArrayBuffer, SharedArrayBuffer, or a view on one)",
      'new TextDecoder().decode("text")':
        "throws Error(TypeError: Failed to execute 'decode' on 'TextDecoder': Argument 1 is not an ArrayBuffer, SharedArrayBuffer, or a view on one)",
      "new TextDecoder().decode({})":
        "throws Error(TypeError: Failed to execute 'decode' on 'TextDecoder': Argument 1 is not an ArrayBuffer, SharedArrayBuffer, or a view on one)",
      'new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff]))':
        "throws Error(TypeError: The encoded data is not valid)",
      'const d = new TextDecoder("utf-8", { fatal: true }); d.decode(new Uint8Array([0xe2]), { stream: true }); return d.decode();':
        "throws Error(TypeError: The encoded data is not valid)",
      'new TextDecoder("nonsense")': "throws Error(RangeError: The encoding label provided ('nonsense') is invalid.)",
      'new TextDecoder("")': "throws Error(RangeError: The encoding label provided ('') is invalid.)",
      'new TextDecoder("replacement")':
        "throws Error(RangeError: The encoding label provided ('replacement') is invalid.)",
      'new TextDecoder("utf-7")': "throws Error(RangeError: The encoding label provided ('utf-7') is invalid.)",
      "new TextDecoder(null)": "throws Error(RangeError: The encoding label provided ('null') is invalid.)",
      'new TextDecoder("utf-8", "x")':
        "throws Error(TypeError: Failed to construct 'TextDecoder': Argument 2 can not be converted to a dictionary)",
      "TextDecoder.prototype.decode.call({}, new Uint8Array())": "throws Error(TypeError: Illegal invocation)",
      'const parts = (u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]; return parts(new URL("http://1.2.3.4.5/"));':
        "throws Error(TypeError: Invalid URL: 'http://1.2.3.4.5/')",
      'const parts = (u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]; return parts(new URL("http://ex ample.com/"));':
        "throws Error(TypeError: Invalid URL: 'http://ex ample.com/')",
      'const parts = (u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]; return parts(new URL("http://a:99999/"));':
        "throws Error(TypeError: Invalid URL: 'http://a:99999/')",
      'const parts = (u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]; return parts(new URL("http://"));':
        "throws Error(TypeError: Invalid URL: 'http://')",
      'const parts = (u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]; return parts(new URL("//a/b"));':
        "throws Error(TypeError: Invalid URL: '//a/b')",
      'const parts = (u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]; return parts(new URL("a"));':
        "throws Error(TypeError: Invalid URL: 'a')",
      'const parts = (u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]; return parts(new URL(""));':
        "throws Error(TypeError: Invalid URL: '')",
      'const parts = (u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]; return parts(new URL("http://a|b/"));':
        "throws Error(TypeError: Invalid URL: 'http://a|b/')",
      'const parts = (u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]; return parts(new URL("x", "data:a"));':
        "throws Error(TypeError: Invalid URL: 'x' with base 'data:a')",
      'const parts = (u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]; return parts(new URL("x", "nonsense"));':
        "throws Error(TypeError: Invalid URL: 'x' with base 'nonsense')",
      'const parts = (u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]; const u = new URL("http://user:pw@a:8080/p?q#h"); u.href = "bad"; return parts(u);':
        "throws Error(TypeError: Invalid URL: 'bad')",
      'new URLPattern({ pathname: "/(" })':
        'throws Error(TypeError: Failed to parse pathname from "/(": tokenizer error: invalid regex: missing closing ) (at char 1)\n\n  /(\n   ^)',
      'new URLPattern("/relative")':
        'throws Error(TypeError: Failed to parse URLPattern from "/relative": a relative input without a base URL is not valid)',
      'new URLPattern({ pathname: "/:a/:a" })':
        'throws Error(TypeError: Failed to parse pathname from "/:a/:a": parser error: pattern contains duplicate name a)',
      "new URLPattern(1)":
        'throws Error(TypeError: Failed to parse URLPattern from "1": a relative input without a base URL is not valid)',
      "new URL()": "throws Error(TypeError: Failed to construct 'URL': 1 argument required, but only 0 present)",
      "new URL(undefined)": "throws Error(TypeError: Invalid URL: 'undefined')",
      'const e = caught(() => new URL("bad")); return [e.name, e.code, e.message];':
        '["TypeError", "ERR_INVALID_URL", "Invalid URL: \'bad\'"]',
      'const e = caught(() => new URL("bad", "base")); return [e.name, e.code, e.message];':
        '["TypeError", "ERR_INVALID_URL", "Invalid URL: \'bad\' with base \'base\'"]',
      "URL.prototype.toString.call({})": "throws Error(TypeError: Illegal invocation)",
      'await crypto.subtle.digest("nonsense", encode(""))':
        "throws DOMException(NotSupportedError: Algorithm 'nonsense' is not supported)",
      'await crypto.subtle.digest("SHA-256", "text")':
        "throws Error(TypeError: Failed to execute 'digest' on 'SubtleCrypto': Argument 1 can not be converted to a BufferSource)",
      'await crypto.subtle.digest("SHA-256")':
        "throws Error(TypeError: Failed to execute 'digest' on 'SubtleCrypto': Argument 1 can not be converted to a BufferSource)",
      "await crypto.subtle.digest()":
        "throws Error(TypeError: Failed to execute 'digest' on 'SubtleCrypto': Argument 0 can not be converted to a AlgorithmIdentifier)",
      'await crypto.subtle.digest({}, encode(""))':
        "throws Error(TypeError: Failed to execute 'digest' on 'SubtleCrypto': Argument 0 required member 'name' is undefined)",
      "crypto.getRandomValues(new Float32Array(1))":
        "throws DOMException(TypeMismatchError: The provided value is not an integer-type TypedArray)",
      "crypto.getRandomValues(new DataView(new ArrayBuffer(1)))":
        "throws DOMException(TypeMismatchError: The provided value is not an integer-type TypedArray)",
      "crypto.getRandomValues(new Uint8Array(65537))":
        "throws DOMException(QuotaExceededError: The ArrayBufferView's byte length (65537) exceeds the number of bytes of entropy available via this API (65536))",
      "crypto.getRandomValues([])":
        "throws DOMException(TypeMismatchError: The provided value is not an integer-type TypedArray)",
      'const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-CBC", true, ["encrypt"]); return crypto.subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(3) }, key, encode("x"));':
        "throws DOMException(OperationError: Initialization vector must be 16 bytes)",
      'const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-CBC", true, ["encrypt"]); return crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, encode("x"));':
        "throws DOMException(InvalidAccessError: Encryption algorithm 'AES-GCM' does not match key algorithm)",
      'const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["decrypt"]); return crypto.subtle.decrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, new Uint8Array(40));':
        "throws DOMException(OperationError: Decryption failed)",
      'await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-CBC", true, ["sign"])':
        "throws DOMException(SyntaxError: Invalid key usage)",
      'await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-CBC", true, [])':
        "throws DOMException(SyntaxError: Invalid key usage)",
      'await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-CBC", true, ["nonsense"])':
        "throws Error(TypeError: Failed to execute 'importKey' on 'SubtleCrypto': \"nonsense\" is no usage of keys; there are encrypt, decrypt, sign, verify, deriveKey, deriveBits, wrapKey, unwrapKey.)",
      'await crypto.subtle.importKey("nonsense", new Uint8Array(16), "AES-CBC", true, ["encrypt"])':
        "throws Error(TypeError: Failed to execute 'importKey' on 'SubtleCrypto': Argument 1 The provided value 'nonsense' is not a valid enum value of type KeyFormat)",
      'await crypto.subtle.importKey("jwk", { kty: "oct", k: "bad!" }, "AES-CBC", true, ["encrypt"])':
        "throws DOMException(DataError: 'k' property of JsonWebKey is required)",
      'await crypto.subtle.importKey("jwk", { kty: "RSA" }, "AES-CBC", true, ["encrypt"])':
        "throws DOMException(DataError: 'kty' property of JsonWebKey must be 'oct')",
      'await crypto.subtle.generateKey({ name: "AES-GCM", length: 100 }, true, ["encrypt"])':
        "throws DOMException(OperationError: Invalid AES key length)",
      'await crypto.subtle.generateKey({ name: "AES-GCM" }, true, ["encrypt"])':
        "throws Error(TypeError: Failed to execute 'generateKey' on 'SubtleCrypto': Argument 0 Missing 'length')",
      'await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, [])':
        "throws DOMException(SyntaxError: Usages cannot be empty)",
      'await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["sign"])':
        "throws DOMException(SyntaxError: Invalid key usage)",
      'await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "nonsense" }, true, ["sign"])':
        "throws DOMException(NotSupportedError: Unsupported named curve: nonsense)",
      'await crypto.subtle.generateKey({ name: "nonsense" }, true, ["sign"])':
        "throws DOMException(NotSupportedError: Unrecognized algorithm name: nonsense)",
      'await crypto.subtle.generateKey({ name: "X448" }, true, ["deriveBits"])':
        "throws DOMException(NotSupportedError: Unrecognized name.)",
      'await crypto.subtle.generateKey({ name: "Ed448" }, true, ["sign"])':
        "throws DOMException(NotSupportedError: Unrecognized name.)",
      'const key = await crypto.subtle.importKey("raw", encode("key"), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]); return crypto.subtle.sign("HMAC", key, encode("data"));':
        "throws DOMException(InvalidAccessError: The requested operation is not valid for the provided key)",
      'await crypto.subtle.importKey("raw", new Uint8Array(), { name: "HMAC", hash: "SHA-256" }, false, ["sign"])':
        "throws DOMException(DataError: Key length is zero)",
      'const key = await crypto.subtle.importKey("raw", encode("password"), "PBKDF2", false, ["deriveBits"]); return crypto.subtle.deriveBits({ name: "PBKDF2", salt: encode("salt"), iterations: 0, hash: "SHA-256" }, key, 128);':
        "throws DOMException(OperationError: iterations must not be zero)",
      'crypto.subtle.timingSafeEqual("a", "a")':
        "throws Error(TypeError: Failed to execute 'timingSafeEqual' on 'SubtleCrypto': expected an ArrayBuffer or a view of one, got string.)",
      'new crypto.DigestStream("nonsense")': "throws DOMException(NotSupportedError: Unrecognized name.)",
      "new crypto.DigestStream()": "throws DOMException(NotSupportedError: Unrecognized name.)",
      "const f = function () { return structuredClone(arguments); }; return f(1, 2);":
        "throws DOMException(DataCloneError: #<Object> could not be cloned.)",
      "structuredClone(Promise.resolve())": "throws DOMException(DataCloneError: #<Promise> could not be cloned.)",
      "structuredClone(new WeakRef({}))": "throws DOMException(DataCloneError: #<WeakRef> could not be cloned.)",
      "structuredClone(new Proxy({}, {}))": "throws DOMException(DataCloneError: #<Object> could not be cloned.)",
      "structuredClone(globalThis)":
        "throws DOMException(DataCloneError: #<ServiceWorkerGlobalScope> could not be cloned.)",
      "structuredClone()":
        "throws Error(TypeError: Failed to execute 'structuredClone': 1 argument required, but only 0 present)",
      "const b = new ArrayBuffer(1); return structuredClone(b, { transfer: [b, b] });":
        "throws DOMException(DataCloneError: Failed to execute 'structuredClone': an ArrayBuffer that is in the list twice cannot be transferred.)",
      "structuredClone(1, { transfer: 1 })": "throws Error(TypeError: 1 is not iterable)",
      "new Event()": "throws Error(TypeError: Failed to construct 'Event': 1 argument required, but only 0 present)",
      'new EventTarget().addEventListener("x", "text")':
        "throws Error(TypeError: Failed to execute 'addEventListener' on 'EventTarget': parameter 2 is not of type 'EventListener'.)",
      'new EventTarget().addEventListener("x")':
        "throws Error(TypeError: Failed to execute 'addEventListener' on 'EventTarget': 2 arguments required, but only 1 present)",
      "new EventTarget().dispatchEvent({})":
        "throws Error(TypeError: Failed to execute 'dispatchEvent' on 'EventTarget': parameter 1 is not of type 'Event'.)",
      "new EventTarget().dispatchEvent()":
        "throws Error(TypeError: Failed to execute 'dispatchEvent' on 'EventTarget': 1 argument required, but only 0 present)",
      "AbortSignal.any([1])":
        "throws Error(TypeError: Failed to execute 'AbortSignal.any': Argument 1, index 0 is not of type AbortSignal)",
      "const c = new AbortController(); const p = scheduler.wait(1000, { signal: c.signal }); c.abort(); return p;":
        "throws DOMException(AbortError: The operation was aborted)",
      'const c = new AbortController(); const p = scheduler.wait(1000, { signal: c.signal }); c.abort("why"); return p;':
        "throws DOMException(AbortError: The operation was aborted)",
      "setTimeout()":
        "throws Error(TypeError: Failed to execute 'setTimeout' on 'WorkerGlobalScope': parameter 1 is not of type 'Function'.)",
      "setTimeout(null)":
        "throws Error(TypeError: Failed to execute 'setTimeout' on 'WorkerGlobalScope': parameter 1 is not of type 'Function'.)",
      "setInterval()":
        "throws Error(TypeError: Failed to execute 'setInterval' on 'WorkerGlobalScope': parameter 1 is not of type 'Function'.)",
      "queueMicrotask()": "throws Error(TypeError: expected a function)",
      "queueMicrotask(1)": "throws Error(TypeError: expected a function)",
      "queueMicrotask(null)": "throws Error(TypeError: expected a function)",
      'JSON.parse("{")':
        "throws Error(SyntaxError: Expected property name or '}' in JSON at position 1 (line 1 column 2))",
      "JSON.parse('{\"a\":1,}')":
        "throws Error(SyntaxError: Expected double-quoted property name in JSON at position 7 (line 1 column 8))",
    },
  },
  {
    why: "The standard makes the headers of redirects, and of clones of fetched responses, immutable.",
    snippets: {
      'const r = Response.redirect("http://a/"); r.headers.set("a", "1"); return r.headers;':
        "throws Error(TypeError: immutable)",
      'const r = await fetch(env.ORIGIN + "/text"); r.clone().headers.set("a", "1"); return 1;':
        "throws Error(TypeError: immutable)",
    },
  },
  {
    why: "A URL may name its user; `fetch` sends it as the Authorization header.",
    snippets: {
      'new Request("http://user:password@a/")': "[Request]",
    },
  },
  {
    why: "Members of requests and responses are those of the standard and of Workers.",
    snippets: {
      'new Request("http://a/", { cache: "other" })':
        "throws Error(TypeError: Failed to construct 'Request': The provided value 'other' is not a valid enum value of type RequestCache)",
      'new Request("http://a/", { window: "x" })': "[Request]",
      'new Request("http://a/", { method: "POST", body: "x", duplex: "full" })': "[Request]",
      "typeof Response.error": '"function"',
      'new Response("text", { cf: { a: 1 } }).cf': "{a: 1}",
      "typeof new Response().waitUntil": '"undefined"',
    },
  },
  {
    why: "Requests and responses are the standard's classes: their properties are on the prototype, and they have a name.",
    snippets: {
      'Object.keys(new Request("http://a/")).includes("url")': "false",
      "Object.prototype.toString.call(request)": '"[object Request]"',
      'String(new Request("http://a/"))': '"[object Request]"',
      'Object.keys(new Response()).includes("status")': "false",
      "Object.prototype.toString.call(new Response())": '"[object Response]"',
    },
  },
  {
    why: "A message's body is the very stream it was made of or shows; one that is locked or read cannot be read again.",
    snippets: {
      'const r = new Request("http://a/", { method: "POST", body: "text" }); r.body.getReader(); return r.text();':
        "throws Error(TypeError: Body is unusable)",
      'const r = new Request("http://a/", { method: "POST", body: "text" }); r.body.getReader(); return r.clone();':
        "throws Error(TypeError: unusable)",
      'const r = new Request("http://a/", { method: "POST", body: "text" }); r.body.getReader(); return new Request(r);':
        "throws Error(TypeError: Cannot construct a Request with a Request object that has already been used.)",
      'const body = new ReadableStream({ start(c) { c.enqueue(encode("streamed")); c.close(); } }); const r = new Request("http://a/", { method: "POST", body }); return [r.body === body, r.headers];':
        "[true, Headers {}]",
      'const r = new Response("text"); await r.text(); return r.body.locked;': "true",
      'const r = new Response("text"); await r.text(); return new Response(r.body);':
        "throws Error(TypeError: ReadableStream is locked or disturbed)",
      'const r = new Response("text"); r.body.getReader(); return r.text();':
        "throws Error(TypeError: Body is unusable)",
      'const r = new Response("text"); r.body.getReader(); return r.clone();':
        "throws Error(TypeError: Response.clone: Body has already been consumed.)",
      'const r = new Response("text"); const [a] = r.body.tee(); return r.text();':
        "throws Error(TypeError: Body is unusable)",
      'const body = new ReadableStream({ start(c) { c.enqueue(encode("abc")); c.close(); } }); const r = new Response(body); return [r.body === body, await r.text(), caught(() => body.getReader())];':
        '[true, "abc", Error(TypeError: ReadableStream is locked)]',
      'const r = new Response("text"); const copy = new Response(r.body, r); return [r.bodyUsed, copy.body === r.body, await copy.text(), r.bodyUsed, copy.bodyUsed, await caught(() => r.text()).then((one) => one.message)];':
        '[false, true, "text", true, true, "Body is unusable"]',
    },
  },
  {
    why: "`webSocket` is null without a WebSocket, as in Workers.",
    snippets: {
      "const r = new Response(); return [r.status, r.statusText, r.ok, r.url, r.redirected, r.body, r.bodyUsed, r.headers, r.webSocket];":
        '[200, "", true, "", false, null, false, Headers {}, null]',
      'new Response("text", { webSocket: undefined }).webSocket': "null",
      'const r = await fetch(env.ORIGIN + "/text"); return [r.webSocket, r.bodyUsed, r.encodeBody === undefined];':
        "[null, false, false]",
    },
  },
  {
    why: "Forms are parsed as the standard says, in UTF-8 and whatever the body holds; a File is a File.",
    snippets: {
      'const f = new FormData(); f.append("a", new Blob(["x"], { type: "a/b" })); const file = f.get("a"); return [file instanceof File, file.name, file.type, file.size, await file.text()];':
        '[true, "blob", "a/b", 1, "x"]',
      'const f = new FormData(); f.append("na\\nme\\"quoted\\"", "1"); return new Response(f).formData();':
        'FormData {"na\\r\\nme\\"quoted\\"" => "1"}',
      'const f = new FormData(); f.append("é", "☃ text"); return new Response(f).formData();':
        'FormData {"é" => "☃ text"}',
      'const f = new FormData(); f.append("file", new File(["x"], "dir/\\"q\\".txt")); return (await new Response(f).formData()).get("file").name;':
        '"dir/\\"q\\".txt"',
      'const f = new FormData(); f.append("file", new File(["x"], "ünïcödé.txt")); return (await new Response(f).formData()).get("file").name;':
        '"ünïcödé.txt"',
      'await new Response("a=%zz&b=%E9+c", { headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" } }).formData()':
        'FormData {"a" => "%zz", "b" => "� c"}',
      'await new Response("", { headers: { "content-type": "multipart/form-data; boundary=b" } }).formData()':
        "throws Error(TypeError: Unable to parse body as form data)",
      'await new Response("no boundary here", { headers: { "content-type": "multipart/form-data; boundary=b" } }).formData()':
        "throws Error(TypeError: Unable to parse body as form data)",
      'await new Response("--b\\r\\nContent-Disposition: form-data; name=\\"a\\"\\r\\n\\r\\ncut off", { headers: { "content-type": "multipart/form-data; boundary=b" } }).formData()':
        "throws Error(TypeError: Unable to parse body as form data)",
      'structuredClone(new File(["x"], "n"))': "File n  1",
    },
  },
  {
    why: "`fetch` is upstream's HTTP client, not undici.",
    snippets: {
      'const r = await fetch(env.ORIGIN + "/redirect?to=/text", { redirect: "manual" }); return [r.status, r.type === "opaqueredirect", r.headers.get("location"), r.redirected, await r.text()];':
        '[302, false, "/text", false, "moved"]',
      "fetch.length + fetch.name": '"1fetch"',
    },
  },
  {
    why: "Streams follow the standard: a writer is told what was wrong with its chunk, and waits for room.",
    snippets: {
      'const body = new ReadableStream({ start(c) { c.enqueue("a string"); c.close(); } }); return (await fetch(env.ORIGIN + "/echo", { method: "POST", body })).text();':
        "throws Error(TypeError: fetch failed because Error(TypeError: This TransformStream is being used as a byte stream, but received a string on its writable side. If you wish to write a string, you'll probably want to explicitly UTF-8-encode it with TextEncoder.))",
      'const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(encode("abc")); c.close(); } }); const [x, y] = s.tee(); const r = x.getReader({ mode: "byob" }); return [(await r.read(new Uint8Array(2))).value, await readAll(y)];':
        "[Uint8Array <97, 98>, [Uint8Array <97, 98>, Uint8Array <99>]]",
      'const it = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); } }).values({ preventCancel: true }); const seen = [await it.next(), await it.return("x")]; return seen;':
        '[{value: 1, done: false}, {value: "x", done: true}]',
      'const r = new ReadableStream({ type: "bytes" }).getReader({ mode: "byob" }); return [await caught(() => r.readAtLeast()), await caught(() => r.readAtLeast(1)), await caught(() => r.readAtLeast("1", {}))];':
        '[Error(TypeError: Requested invalid minimum number of bytes to read (undefined).), Error(TypeError: You must call read() on a "byob" reader with a positive-sized TypedArray object.), Error(TypeError: You must call read() on a "byob" reader with a positive-sized TypedArray object.)]',
      "const w = new WritableStream().getWriter(); await w.close(); return w.write(1);":
        "throws Error(TypeError: The stream is closing or is closed.)",
      'const t = new IdentityTransformStream(); const r = t.readable.getReader(); const p = caught(() => r.read()); const e = await caught(() => t.writable.getWriter().write("text")); return [e, await p];':
        "[Error(TypeError: This TransformStream is being used as a byte stream, but received a string on its writable side. If you wish to write a string, you'll probably want to explicitly UTF-8-encode it with TextEncoder.), Error(TypeError: This TransformStream is being used as a byte stream, but received a string on its writable side. If you wish to write a string, you'll probably want to explicitly UTF-8-encode it with TextEncoder.)]",
      "const t = new IdentityTransformStream(); const r = t.readable.getReader(); const p = caught(() => r.read()); const e = await caught(() => t.writable.getWriter().write(12)); return [e, await p];":
        "[Error(TypeError: This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.), Error(TypeError: This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.)]",
      "const t = new IdentityTransformStream(); const r = t.readable.getReader(); const p = caught(() => r.read()); const e = await caught(() => t.writable.getWriter().write(null)); return [e, await p];":
        "[Error(TypeError: This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.), Error(TypeError: This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.)]",
      '[-1, NaN, "3", null, undefined, {}, Infinity, 1.5].map((n) => caught(() => new FixedLengthStream(n) && "made"))':
        "[Error(TypeError: FixedLengthStream requires a non-negative integer expected length.), Error(TypeError: FixedLengthStream requires a non-negative integer expected length.), Error(TypeError: FixedLengthStream requires a non-negative integer expected length.), Error(TypeError: FixedLengthStream requires a non-negative integer expected length.), Error(TypeError: FixedLengthStream requires a non-negative integer expected length.), Error(TypeError: FixedLengthStream requires a non-negative integer expected length.), Error(TypeError: FixedLengthStream requires a non-negative integer expected length.), Error(TypeError: FixedLengthStream requires a non-negative integer expected length.)]",
      "const t = new FixedLengthStream(3); const w = t.writable.getWriter(); const p = caught(() => w.write(new Uint8Array(4))); const r = await caught(() => t.readable.getReader().read()); return [await p, r];":
        "[Error(TypeError: Attempt to write too many bytes through a FixedLengthStream.), Error(TypeError: Attempt to write too many bytes through a FixedLengthStream.)]",
      'const w = new CompressionStream("gzip").writable.getWriter(); return caught(() => w.write("text"));':
        "never settles",
    },
  },
  {
    why: "`atob` and `btoa` refuse what the standard refuses.",
    snippets: {
      "btoa()": "throws Error(TypeError: Failed to execute 'btoa': 1 argument required, but only 0 present)",
      'atob("YQ=")': "throws DOMException(InvalidCharacterError: Invalid character)",
      'atob("Y")': "throws DOMException(InvalidCharacterError: Invalid character)",
      'atob("YQ===")': "throws DOMException(InvalidCharacterError: Invalid character)",
      'atob("=YQ=")': "throws DOMException(InvalidCharacterError: Invalid character)",
      'atob("Y=Q=")': "throws DOMException(InvalidCharacterError: Invalid character)",
      'atob("====")': "throws DOMException(InvalidCharacterError: Invalid character)",
      'atob("=")': "throws DOMException(InvalidCharacterError: Invalid character)",
      "atob(undefined)": "throws DOMException(InvalidCharacterError: Invalid character)",
      "atob()": "throws Error(TypeError: Failed to execute 'atob': 1 argument required, but only 0 present)",
    },
  },
  {
    why: 'Decoders know all encodings of the standard, and "latin1" is windows-1252 there.',
    snippets: {
      '["utf8", "UTF-8", " utf-8 ", "unicode-1-1-utf-8", "latin1", "iso-8859-1", "ascii", "windows-1252", "utf-16", "utf-16le", "utf-16be", "shift_jis", "sjis", "euc-jp", "gbk", "gb18030", "big5", "euc-kr", "koi8-r", "iso-8859-2", "iso-8859-16", "windows-1251", "macintosh", "x-mac-cyrillic", "ibm866", "x-user-defined", "iso-2022-jp"].map((label) => new TextDecoder(label).encoding)':
        '["utf-8", "utf-8", "utf-8", "utf-8", "windows-1252", "windows-1252", "windows-1252", "windows-1252", "utf-16le", "utf-16le", "utf-16be", "shift_jis", "shift_jis", "euc-jp", "gbk", "gb18030", "big5", "euc-kr", "koi8-r", "iso-8859-2", "iso-8859-16", "windows-1251", "macintosh", "x-mac-cyrillic", "ibm866", "x-user-defined", "iso-2022-jp"]',
      'new TextDecoder("latin1").decode(new Uint8Array([0x80, 0x9f, 0xe9]))': '"€Ÿé"',
    },
  },
  {
    why: "Patterns follow the standard, which has changed since Miniflare 2's polyfill.",
    snippets: {
      'const p = new URLPattern("https://*.example.com/*"); const m = p.exec("https://a.example.com/b"); return [p.test("https://a.example.com/b"), m && [m.pathname.groups, m.hostname.groups, m.search.groups, m.port.groups, m.protocol.input, m.pathname.input, m.inputs.length]];':
        '[true, [{0: "b"}, {0: "a"}, {0: ""}, {}, "https", "/b", 1]]',
      'const p = new URLPattern("/x/:y", "https://a.com"); const m = p.exec("https://a.com/x/1"); return [p.test("https://a.com/x/1"), m && [m.pathname.groups, m.hostname.groups, m.search.groups, m.port.groups, m.protocol.input, m.pathname.input, m.inputs.length]];':
        '[true, [{y: "1"}, {}, {0: ""}, {}, "https", "/x/1", 1]]',
      'const p = new URLPattern({ pathname: "/a", baseURL: "http://b" }); const m = p.exec("http://b/a"); return [p.test("http://b/a"), m && [m.pathname.groups, m.hostname.groups, m.search.groups, m.port.groups, m.protocol.input, m.pathname.input, m.inputs.length]];':
        '[true, [{}, {}, {0: ""}, {}, "http", "/a", 1]]',
      'const p = new URLPattern({ pathname: "/A" }, { ignoreCase: true }); const m = p.exec("http://b/a"); return [p.test("http://b/a"), m && [m.pathname.groups, m.hostname.groups, m.search.groups, m.port.groups, m.protocol.input, m.pathname.input, m.inputs.length]];':
        '[true, [{}, {0: "b"}, {0: ""}, {0: ""}, "http", "/a", 1]]',
      'const p = new URLPattern("https://example.com/:x?a#b"); return [p.protocol, p.username, p.password, p.hostname, p.port, p.pathname, p.search, p.hash];':
        '["https", "*", "*", "example.com", "", "/:x?a", "", "b"]',
    },
  },
  {
    why: "URLs follow today's standard, whichever Node runs them: a space at the end of an opaque path is encoded.",
    snippets: {
      'const u = new URL("data:text/plain,x #h"); u.searchParams.set("a", "1"); return [u.href, u.pathname, u.hash];':
        '["data:text/plain,x%20?a=1#h", "text/plain,x%20", "#h"]',
    },
  },
  {
    why: "`null` is a text for URLSearchParams, as the standard says.",
    snippets: {
      "String(new URLSearchParams(null))": '"null="',
    },
  },
  {
    why: "Web Crypto follows the standard in classes and names of errors; `NODE-ED25519` works in every method.",
    snippets: {
      'await crypto.subtle.digest("MD5", "text")':
        "throws Error(TypeError: Failed to execute 'digest' on 'SubtleCrypto': expected an ArrayBuffer or a view of one, got string.)",
      'await crypto.subtle.digest(null, encode(""))':
        "throws Error(TypeError: Failed to execute 'digest' on 'SubtleCrypto': Argument 0 can not be converted to a AlgorithmIdentifier)",
      'const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-CBC", false, ["encrypt"]); return crypto.subtle.exportKey("raw", key);':
        "throws DOMException(InvalidAccessError: Key is not extractable)",
      'const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-CBC", true, ["encrypt", "decrypt"]); return [await crypto.subtle.exportKey("raw", key), await crypto.subtle.exportKey("jwk", key)];':
        '[ArrayBuffer <0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>, {kty: "oct", alg: "A128CBC", k: "AAAAAAAAAAAAAAAAAAAAAA", key_ops: ["encrypt", "decrypt"], ext: true}]',
      'const made = await crypto.subtle.generateKey({ name: "HMAC", hash: { name: "SHA-1" }, length: 100 }, true, ["sign"]); const keys = made.privateKey ? [made.publicKey, made.privateKey] : [made]; return keys.map((key) => [key.type, key.extractable, key.algorithm, key.usages, key instanceof CryptoKey]);':
        "throws DOMException(OperationError: Invalid HMAC key length)",
      'const made = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-384" }, true, ["deriveBits", "deriveKey"]); const keys = made.privateKey ? [made.publicKey, made.privateKey] : [made]; return keys.map((key) => [key.type, key.extractable, key.algorithm, key.usages, key instanceof CryptoKey]);':
        '[["public", true, {name: "ECDH", namedCurve: "P-384"}, [], true], ["private", true, {name: "ECDH", namedCurve: "P-384"}, ["deriveBits", "deriveKey"], true]]',
      'const made = await crypto.subtle.generateKey({ name: "RSASSA-PKCS1-v1_5", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, true, ["sign", "verify"]); const keys = made.privateKey ? [made.publicKey, made.privateKey] : [made]; return keys.map((key) => [key.type, key.extractable, key.algorithm, key.usages, key instanceof CryptoKey]);':
        '[["public", true, {name: "RSASSA-PKCS1-v1_5", modulusLength: 1024, hash: {name: "SHA-256"}, publicExponent: Uint8Array <1, 0, 1>}, ["verify"], true], ["private", true, {name: "RSASSA-PKCS1-v1_5", modulusLength: 1024, hash: {name: "SHA-256"}, publicExponent: Uint8Array <1, 0, 1>}, ["sign"], true]]',
      'const keys = await crypto.subtle.generateKey({ name: "NODE-ED25519", namedCurve: "NODE-ED25519" }, true, ["sign", "verify"]); const data = encode("data"); const signature = await crypto.subtle.sign({ name: "NODE-ED25519" }, keys.privateKey ?? keys, data); return [signature.byteLength, await crypto.subtle.verify({ name: "NODE-ED25519" }, keys.publicKey ?? keys, signature, data), await crypto.subtle.verify({ name: "NODE-ED25519" }, keys.publicKey ?? keys, signature, encode("other"))];':
        "[64, true, false]",
      'await crypto.subtle.importKey("raw", encode("key"), { name: "HMAC" }, false, ["sign"])':
        "throws DOMException(DataError: HMAC import requires 'hash')",
      'const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]); const jwk = await crypto.subtle.exportKey("jwk", pair.privateKey); return [Object.keys(jwk).sort(), jwk.kty, jwk.crv, jwk.key_ops, jwk.ext];':
        '[["alg", "crv", "d", "ext", "key_ops", "kty", "x", "y"], "EC", "P-256", ["sign"], true]',
      'const s = new crypto.DigestStream("SHA-1"); await s.getWriter().abort("why"); return Promise.race([caught(() => s.digest), wait(50)]);':
        '"why"',
    },
  },
  {
    why: "Clones are the standard's: a DOMException stays one, and what has no clone is refused. Only buffers can be transferred.",
    snippets: {
      'structuredClone(new DOMException("text", "AbortError"))': "DOMException(AbortError: text)",
      'structuredClone(new Request("http://a"))':
        "throws DOMException(DataCloneError: #<Request> could not be cloned.)",
      "structuredClone(new Response())": "throws DOMException(DataCloneError: #<Response> could not be cloned.)",
      "structuredClone(new Headers())": "throws DOMException(DataCloneError: #<Headers> could not be cloned.)",
      'structuredClone(new URL("http://a"))': "throws DOMException(DataCloneError: #<URL> could not be cloned.)",
      "structuredClone(new URLSearchParams())":
        "throws DOMException(DataCloneError: #<URLSearchParams> could not be cloned.)",
      "structuredClone(new ReadableStream())":
        "throws DOMException(DataCloneError: #<ReadableStream> could not be cloned.)",
      "const e = caught(() => structuredClone(() => 1)); return [e.name, e.code, e instanceof DOMException, e instanceof Error];":
        '["DataCloneError", 25, true, true]',
      "structuredClone(1, { transfer: [{}] })":
        "throws DOMException(DataCloneError: Failed to execute 'structuredClone': a value that is no ArrayBuffer cannot be transferred.)",
      "const b = new ArrayBuffer(1); structuredClone(b, { transfer: [b] }); return structuredClone(b, { transfer: [b] });":
        "throws DOMException(DataCloneError: Failed to execute 'structuredClone': an ArrayBuffer that is detached already cannot be transferred.)",
      "const s = new ReadableStream(); return structuredClone(s, { transfer: [s] }) instanceof ReadableStream;":
        "throws DOMException(DataCloneError: Failed to execute 'structuredClone': a value that is no ArrayBuffer cannot be transferred.)",
      "structuredClone(new FormData())": "throws DOMException(DataCloneError: #<FormData> could not be cloned.)",
      "structuredClone(new AbortController())":
        "throws DOMException(DataCloneError: #<AbortController> could not be cloned.)",
      'structuredClone(new Event("x"))': "throws DOMException(DataCloneError: #<Event> could not be cloned.)",
      "structuredClone(new TextEncoder())": "throws DOMException(DataCloneError: #<TextEncoder> could not be cloned.)",
      "structuredClone(new SharedArrayBuffer(2)).byteLength":
        "throws DOMException(DataCloneError: #<SharedArrayBuffer> could not be cloned.)",
    },
  },
  {
    why: "Events and their targets follow the standard.",
    snippets: {
      'new Event("x", 1)': "[Event]",
      'const t = new EventTarget(); t.addEventListener("x", (e) => e.preventDefault(), { passive: true }); return t.dispatchEvent(new Event("x", { cancelable: true }));':
        "true",
    },
  },
  {
    why: "There is one DOMException, with all that the standard gives it; delays of `AbortSignal.timeout` must be numbers.",
    snippets: {
      "const c = new AbortController(); c.abort(); const { reason } = c.signal; return [reason.name, reason.message, reason.code, reason instanceof DOMException];":
        '["AbortError", "This operation was aborted", 20, true]',
      "const s = AbortSignal.timeout(5); await wait(30); return [s.aborted, s.reason instanceof DOMException];":
        "[true, true]",
      "AbortSignal.timeout(-1) instanceof AbortSignal":
        "throws Error(TypeError: Value is outside the accepted range of 0 to 9007199254740991, inclusive)",
      'AbortSignal.timeout("x")': "throws Error(TypeError: Value is not a finite number)",
      "AbortSignal.timeout(undefined)": "throws Error(TypeError: Value is not a finite number)",
      'const e = new DOMException("text", "AbortError"); return [e.name, e.message, e.code, e instanceof Error, String(e), Object.prototype.toString.call(e)];':
        '["AbortError", "text", 20, true, "AbortError: text", "[object DOMException]"]',
      "[DOMException.INDEX_SIZE_ERR, DOMException.ABORT_ERR, DOMException.DATA_CLONE_ERR, DOMException.prototype.ABORT_ERR]":
        "[1, 20, 25, 20]",
      'new DOMException("x", { name: "AbortError", cause: 1 }).name': '"AbortError"',
      'Object.keys(new DOMException("x"))': "[]",
    },
  },
  {
    why: "Callbacks of timers must be functions.",
    snippets: {
      "setTimeout(1)":
        "throws Error(TypeError: Failed to execute 'setTimeout' on 'WorkerGlobalScope': parameter 1 is not of type 'Function'.)",
      "setInterval({}, 1)":
        "throws Error(TypeError: Failed to execute 'setInterval' on 'WorkerGlobalScope': parameter 1 is not of type 'Function'.)",
      "setTimeout.name + setTimeout.length": '"setTimeout1"',
    },
  },
  {
    why: "The worker has a V8 of its own, which is newer than Node 20's.",
    snippets: {
      'const seen = []; const say = (one) => () => seen.push(one); const { promise, resolve } = Promise.withResolvers?.() ?? {}; promise?.then(say("then")); resolve?.(); say("sync")(); await wait(); return promise === undefined ? "absent" : seen;':
        '["sync", "then"]',
      "typeof globalThis + Object.prototype.toString.call(globalThis)": '"object[object WorkerGlobalScope]"',
    },
  },
  {
    why: "Values are printed as the worker's realm shows them.",
    snippets: {
      'env.printed("log", () => console.log(Object.create(null)))': '"{}"',
      'env.printed("log", () => console.log({ [Symbol("k")]: 1 }))': '"{ Symbol(k): 1 }"',
      'env.printed("log", () => console.log(new URLSearchParams("a=1")))': '"URLSearchParams { \\"a\\" => \\"1\\" }"',
      'env.printed("log", () => console.log(new Headers({ a: "1" })))': "\"Headers { a: '1' }\"",
      'const made = (function () { return arguments; })(1); return env.printed("log", () => console.log(made));':
        '"[Arguments] { \\"0\\": 1 }"',
      'env.printed("log", () => console.log("%s", () => 1))': '"function () { [native code] }"',
      'const { log } = console; return env.printed("log", () => log("taken"));': '"taken"',
    },
  },
  {
    why: "Data of bindings is a copy, of the worker's own classes.",
    snippets: {
      "env.OBJECT.constructor === Object": "true",
      "Object.getPrototypeOf(env.OBJECT) === Object.prototype": "true",
    },
  },
];
