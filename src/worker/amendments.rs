//! Amendments to upstream's JavaScript: where Workers use other words, or upstream departs from the standard, its source
//! is changed while the snapshot is made. That costs nothing later, unlike a wrapper around each method.
//!
//! What is no longer found fails the build: upstream has changed, and the amendment must too.

use std::borrow::Cow;
use std::sync::Arc;

use deno_core::{Extension, ExtensionFileSource};

use super::request_amendments as request;
use super::url_amendments as url;

/// A file of upstream's, and what is replaced in it, wherever it occurs.
type Amendment = (&'static str, &'static [(&'static str, &'static str)]);

/// A part of a file, which begins with one text and ends before another, and what stands there instead.
pub type Cut = (&'static str, &'static str, &'static str);

const CUTS: &[(&str, &[Cut])] = &[(request::SCRIPT, request::CUTS), (url::SCRIPT, url::CUTS)];

const AMENDMENTS: &[Amendment] = &[
    ("ext:deno_crypto/00_crypto.js", CRYPTO),
    ("ext:deno_fetch/20_headers.js", HEADERS),
    ("ext:deno_fetch/21_formdata.js", FORM_DATA),
    ("ext:deno_fetch/22_body.js", BODY),
    (request::SCRIPT, request::CHANGES),
    ("ext:deno_fetch/23_response.js", RESPONSE),
    (url::SCRIPT, url::CHANGES),
    ("ext:deno_web/01_urlpattern.js", URL_PATTERN),
    ("ext:deno_web/02_event.js", EVENT),
    ("ext:deno_web/03_abort_signal.js", ABORT_SIGNAL),
    ("ext:deno_web/05_base64.js", BASE64),
    ("ext:deno_web/06_streams.js", STREAMS),
    ("ext:deno_web/09_file.js", FILE),
];

// Methods that are taken out of their object go on working, and their errors name them.
const CRYPTO: &[(&str, &str)] = &[
    (
        r#"      return await FunctionPrototypeCall(
        cppgc,
        this,
        ...new SafeArrayIterator(args),
      );"#,
        r#"      try {
        return await FunctionPrototypeCall(cppgc, this ?? getSubtleSingleton(), ...new SafeArrayIterator(args));
      } catch (error) {
        throw named(error, name);
      }"#,
    ),
    (
        "function makeAsyncForwarder(",
        r#"function named(error, method) {
  const nameless = "Failed to execute 'call' on 'SubtleCrypto'";
  if (!error?.message?.startsWith(nameless)) return error;
  return new TypeError(`Failed to execute '${method}' on 'SubtleCrypto'${error.message.slice(nameless.length)}`);
}

function makeAsyncForwarder("#,
    ),
    (
        r#"      cppgcDeriveBits,
      this,"#,
        r#"      cppgcDeriveBits,
      this ?? getSubtleSingleton(),"#,
    ),
    (
        "if (this !== cryptoSingleton || usesSeededRng) {",
        "if ((this !== undefined && this !== cryptoSingleton) || usesSeededRng) {",
    ),
];

const HEADERS: &[(&str, &str)] = &[
    (
        "\n      throw new TypeError(`Invalid header name: \"${name}\"`);",
        "\n      throw new TypeError(`Headers.${prefix.split(\"'\")[1]}: \"${name}\" is an invalid header name.`);",
    ),
    (
        "\n      throw new TypeError(`Invalid header value: \"${value}\"`);",
        "\n      throw new TypeError(`Headers.${prefix.split(\"'\")[1]}: \"${value}\" is an invalid header value.`);",
    ),
    (
        r#"TypeError(`Invalid header name: "${name}"`)"#,
        r#"TypeError(`Headers.append: "${name}" is an invalid header name.`)"#,
    ),
    (
        r#"TypeError(`Invalid header value: "${value}"`)"#,
        r#"TypeError(`Headers.append: "${value}" is an invalid header value.`)"#,
    ),
    (
        "`Invalid header: length must be 2, but is ${header.length}`",
        "`Headers constructor: expected name/value pair to be length 2, found ${header.length}.`",
    ),
    (r#""Cannot change header: headers are immutable""#, r#""immutable""#),
    (r#""Cannot change headers: headers are immutable""#, r#""immutable""#),
];

const FORM_DATA: &[(&str, &str)] = &[
    // A third argument is the name of a file: only a blob can have one.
    (
        r#"      valueOrBlobValue = webidl.converters["USVString"]("#,
        r#"      if (arguments.length > 2) throw new TypeError(`${prefix}: parameter 2 is not of type 'Blob'`);
      valueOrBlobValue = webidl.converters["USVString"]("#,
    ),
    (
        "Failed to execute 'name' on 'FormData'",
        "Failed to execute 'delete' on 'FormData'",
    ),
    // Quoted names may hold what separates parameters, and what was escaped when they were written.
    (
        r#"  const values = ArrayPrototypeSlice(StringPrototypeSplit(value, ";"), 1);
  for (let i = 0; i < values.length; i++) {
    const entries = StringPrototypeSplit(StringPrototypeTrim(values[i]), "=");
    if (entries.length > 1) {
      MapPrototypeSet(
        params,
        entries[0],
        StringPrototypeReplace(entries[1], QUOTE_CONTENT_PATTERN, "$1"),
      );
    }
  }
  return params;"#,
        r#"  const parameter = /;\s*([^=;\s]+)\s*=\s*(?:"([^"]*)"|([^;]*))/g;
  for (const [, name, quoted, plain] of value.matchAll(parameter)) {
    const escaped = quoted ?? StringPrototypeTrim(plain);
    const unescaped = escaped.replace(/%(0A|0D|22)/g, (_, code) => String.fromCharCode(parseInt(code, 16)));
    if (!params.has(name)) MapPrototypeSet(params, name.toLowerCase(), unescaped);
  }
  return params;"#,
    ),
    (
        r#"          const content = TypedArrayPrototypeSubarray(
            this.body,
            fileStart,
            i - 1,
          );"#,
        r#"          const hasFilename = MapPrototypeHas(disposition, "filename");
          let content = TypedArrayPrototypeSubarray(this.body, fileStart, i - 1);
          if (hasFilename && /^base64$/i.test(headers.get("Content-Transfer-Encoding") ?? "")) {
            content = Uint8Array.fromBase64(core.decode(content));
          }"#,
    ),
    (
        r#"          const hasFilename = MapPrototypeHas(disposition, "filename");
          const latin1Filename"#,
        "          const latin1Filename",
    ),
    // The standard's default.
    (
        r#"type: headers.get("Content-Type") || "application/octet-stream","#,
        r#"type: headers.get("Content-Type") || "text/plain","#,
    ),
    (
        r#"          if (delimiter.type === 2) {
            break;
          }"#,
        r#"          if (delimiter.type === 2) {
            return formData;
          }"#,
    ),
    (
        r#"      }
    }

    return formData;
  }
}"#,
        r#"      }
    }

    // The last delimiter never came.
    throw new TypeError("Unable to parse body as form data");
  }
}"#,
    ),
];

const BODY: &[(&str, &str)] = &[
    (
        r#"throw new TypeError("Body already consumed");"#,
        r#"throw new TypeError("Body is unusable");"#,
    ),
    (
        r#"throw new TypeError("Body already consumed.");"#,
        r#"throw new TypeError("Body is unusable");"#,
    ),
    // A text is what its bytes decode to: without the byte order mark, and with no half of a surrogate pair.
    (
        r#"return typeof chunk === "string" ? chunk : core.decode(chunk);"#,
        r#"if (typeof chunk !== "string") return core.decode(chunk);
  if (primordials.StringPrototypeCharCodeAt(chunk, 0) === 0xfeff) chunk = primordials.StringPrototypeSlice(chunk, 1);
  return primordials.StringPrototypeToWellFormed(chunk);"#,
    ),
    // A body that is taken over from an unread stream stays in memory; the stream is read when it is.
    (
        "      source = recoveredSource;",
        "      source = recoveredSource;\n      origin = object;",
    ),
    (
        "  let contentType = null;\n",
        "  let contentType = null;\n  let origin;\n",
    ),
    (
        "stream = { body: source, consumed: false };",
        "stream = origin === undefined ? { body: source, consumed: false } : takenOver(source, origin);",
    ),
    (
        "      const { body, consumed } = this.streamOrStatic;",
        "      if (this.streamOrStatic.origin !== undefined) return this.streamOrStatic = this.streamOrStatic.origin;
      const { body, consumed } = this.streamOrStatic;",
    ),
    (
        "class InnerBody {",
        r#"function takenOver(body, origin) {
  const record = {
    body,
    get consumed() {
      return origin.locked || isReadableStreamDisturbed(origin);
    },
    set consumed(_) {
      readableStreamDisturb(origin);
      readableStreamClose(origin);
    },
  };
  return primordials.ObjectDefineProperty(record, "origin", { __proto__: null, value: origin });
}

class InnerBody {"#,
    ),
    // A body of a small blob that is here, be it a form's, needs no stream.
    (
        "    stream = object.stream();\n    source = object;\n",
        "    stream = __bootstrap.internals.bodyOfBlob(object) ?? object.stream();\n    source = object;\n",
    ),
    (
        "    stream = res.stream();\n    source = res;\n",
        "    stream = __bootstrap.internals.bodyOfBlob(res) ?? res.stream();\n    source = res;\n",
    ),
    // Forms and streams are lazy (`src/realm/lazy-scripts.ts`): their prototypes are looked up when they are needed.
    (
        r#"} = core.loadExtScript("ext:deno_fetch/21_formdata.js");"#,
        r#"} = core.loadExtScript("ext:deno_fetch/21_formdata.js");
const forms = core.loadExtScript("ext:deno_fetch/21_formdata.js");
const streams = core.loadExtScript("ext:deno_web/06_streams.js");"#,
    ),
    (
        "ObjectPrototypeIsPrototypeOf(ReadableStreamPrototype, ",
        "ObjectPrototypeIsPrototypeOf(streams.ReadableStreamPrototype, ",
    ),
    (
        "        ReadableStreamPrototype,\n",
        "        streams.ReadableStreamPrototype,\n",
    ),
    (
        "ObjectPrototypeIsPrototypeOf(FormDataPrototype, ",
        "ObjectPrototypeIsPrototypeOf(forms.FormDataPrototype, ",
    ),
    // Arrays and other lists are no streams but values whose text is meant.
    (
        "if (webidl.isAsyncSequence(V) && !isStringObject(V)) {",
        "if (V !== null && V[Symbol.asyncIterator] !== undefined && webidl.isAsyncSequence(V)) {",
    ),
];

const RESPONSE: &[(&str, &str)] = &[
    (
        r#"`The status provided (${init.status}) is not equal to 101 and outside the range [200, 599]`,"#,
        r#"'init["status"] must be in the range of 200 to 599, inclusive.',"#,
    ),
    (
        r#"`Invalid status text: "${init.statusText}"`,"#,
        r#""Invalid statusText","#,
    ),
    // An empty body counts as no body.
    (
        r#"  if (bodyWithType !== null) {
    if (nullBodyStatus(response[_response].status)) {"#,
        r#"  if (nullBodyStatus(response[_response].status) && bodyWithType?.body.streamOrStatic.body?.length === 0) {
    bodyWithType = null;
  }
  if (bodyWithType !== null) {
    if (nullBodyStatus(response[_response].status)) {"#,
    ),
    (
        r#""Response with null body status cannot have body","#,
        r#"`Response constructor: Invalid response status code ${init.status}`,"#,
    ),
    (
        "`Invalid redirect status code: ${status}`",
        "`Invalid status code ${status}`",
    ),
    (
        r#"throw new TypeError("Body is unusable");"#,
        r#"throw new TypeError("Response.clone: Body has already been consumed.");"#,
    ),
];

// A pattern that is asked about nothing is asked about empty parts.
const URL_PATTERN: &[(&str, &str)] = &[
    (
        "test(input, baseURL = undefined) {",
        "test(input = { __proto__: null }, baseURL = undefined) {",
    ),
    (
        "exec(input, baseURL = undefined) {",
        "exec(input = { __proto__: null }, baseURL = undefined) {",
    ),
    (
        "webidl.requiredArguments(arguments.length, 1, prefix);\n    input = webidl.converters.URLPatternInput",
        "input = webidl.converters.URLPatternInput",
    ),
];

const EVENT: &[(&str, &str)] = &[
    // The global scope dispatches by itself.
    (
        "  setEventTargetData,\n  setIsTrusted,",
        "  setCurrentTarget,\n  setEventTargetData,\n  setIsTrusted,",
    ),
    // `null` is no option at all.
    (
        "      bubbles: !!eventInitDict.bubbles,",
        "      bubbles: !!(eventInitDict ??= {}).bubbles,",
    ),
    (
        r#"      "Failed to execute 'dispatchEvent' on 'EventTarget'",
    );
"#,
        r#"      "Failed to execute 'dispatchEvent' on 'EventTarget'",
    );
    if (!ObjectPrototypeIsPrototypeOf(Event.prototype, event)) {
      throw new TypeError("Failed to execute 'dispatchEvent' on 'EventTarget': parameter 1 is not of type 'Event'.");
    }
"#,
    ),
    (
        r#"    options = addEventListenerOptionsConverter(options, prefix);
"#,
        r#"    options = addEventListenerOptionsConverter(options, prefix);
    if (callback !== undefined && typeof callback !== "function" && typeof callback !== "object") {
      throw new TypeError(`${prefix}: parameter 2 is not of type 'EventListener'.`);
    }
"#,
    ),
    // A listener that is called outside of all requests belongs to the one that it was added in.
    (
        r#"      callback,
      options,
      signal,
"#,
        r#"      callback,
      options,
      context: core.getAsyncContext(),
      signal,
"#,
    ),
    (
        r#"    try {
      if (typeof listener.callback === "object") {"#,
        r#"    const isResumed = internals.resume(listener.context);
    try {
      if (typeof listener.callback === "object") {"#,
    ),
    (
        r#"      reportException(error);
    }

    setInPassiveListener(eventImpl, false);"#,
        r#"      reportException(error);
    } finally {
      if (isResumed) internals.leave();
    }

    setInPassiveListener(eventImpl, false);"#,
    ),
];

const ABORT_SIGNAL: &[(&str, &str)] = &[(
    r#"    reason = new DOMException("The signal has been aborted", "AbortError"),"#,
    r#"    reason = new DOMException("This operation was aborted", "AbortError"),"#,
)];

const BASE64: &[(&str, &str)] = &[
    (
        r#"  try {
    return op_base64_atob(data);
  } catch (e) {"#,
        r#"  try {
    return op_base64_atob(data);
  } catch (e) {
    throw new DOMException("Invalid character", "InvalidCharacterError");"#,
    ),
    (
        r#"        "Cannot encode string: string contains characters outside of the Latin1 range","#,
        r#"        "Invalid character","#,
    ),
];

const STREAMS: &[(&str, &str)] = &[
    (
        r#""Cannot convert value to Uint8Array while consuming the stream","#,
        r#""Received non-Uint8Array chunk","#,
    ),
    // The source of a body from the network inherits nothing that a worker has given to all objects.
    (
        "const underlyingSource = {\n    type: \"bytes\",",
        "const underlyingSource = {\n    __proto__: null,\n    type: \"bytes\",",
    ),
    // What follows is for Node's own modules, which workers do not have; and the exports of it all, of which few are used.
    (
        "const kNodeWebStreamsState = SymbolFor(",
        r#"return {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  createProxy,
  createReadableByteStream,
  createReadableStream,
  errorReadableStream,
  isReadableStreamDisturbed,
  isReadableStreamFilled: (stream) => stream[_controller][_queue].size > 0,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  readableStreamClose,
  readableStreamCollectIntoUint8Array,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  readableStreamDefaultReaderRead,
  readableStreamDisturb,
  readableStreamForRid,
  ReadableStreamPrototype,
  readableStreamTee,
  readableStreamThrowIfErrored,
  TransformStream,
  TransformStreamDefaultController,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
};
const kNodeWebStreamsState = SymbolFor("#,
    ),
];

// A file changes when everything else of the worker does, by the clock that stands still while its code runs. The parts of
// a blob are reached by `blobs.ts`.
const FILE: &[(&str, &str)] = &[
    (
        "const { core, primordials } = __bootstrap;",
        "const { core, internals, primordials } = __bootstrap;",
    ),
    ("DatePrototypeGetTime(new Date())", "internals.now()"),
    (
        "  markFileBackedBlob,\n};",
        "  markFileBackedBlob,\n  getPartRefs,\n  setParts: (blob, parts, size) => void (blob[_parts] = parts, blob[_size] = size),\n};",
    ),
];

/// Amends the sources of these extensions; what does not fit is the error.
pub fn amend(extensions: &mut [Extension]) -> Result<(), String> {
    for (specifier, cuts) in CUTS {
        change(extensions, specifier, |text| {
            let mut cuts = cuts.iter();
            cuts.try_fold(text, |text, (from, until, instead)| cut(&text, from, until, instead))
        })?;
    }
    for (specifier, changes) in AMENDMENTS {
        change(extensions, specifier, |text| {
            let mut changes = changes.iter();
            changes.try_fold(text, |text, (from, to)| replace(&text, from, to))
        })?;
    }
    Ok(())
}

fn change(
    extensions: &mut [Extension],
    specifier: &'static str,
    how: impl FnOnce(String) -> Result<String, String>,
) -> Result<(), String> {
    let source = find(extensions, specifier).ok_or_else(|| format!("there is no {specifier} to amend"))?;
    let text = source.load().map_err(|error| format!("{specifier}: {error}"))?;
    let text = how(text.as_str().to_owned()).map_err(|problem| format!("{specifier}: {problem}"))?;
    *source = ExtensionFileSource::new_computed(specifier, Arc::from(text));
    Ok(())
}

fn find<'a>(extensions: &'a mut [Extension], specifier: &str) -> Option<&'a mut ExtensionFileSource> {
    let files = extensions
        .iter_mut()
        .map(|extension| &mut extension.lazy_loaded_js_files);
    files.flat_map(Cow::to_mut).find(|source| source.specifier == specifier)
}

fn replace(text: &str, from: &str, to: &str) -> Result<String, String> {
    if text.contains(from) {
        Ok(text.replace(from, to))
    } else {
        Err(format!("upstream no longer has this text: {from}"))
    }
}

fn cut(text: &str, from: &str, until: &str, instead: &str) -> Result<String, String> {
    let missing = |what: &str| format!("upstream no longer has this text: {what}");
    let start = text.find(from).ok_or_else(|| missing(from))?;
    let length = text[start..].find(until).ok_or_else(|| missing(until))?;
    Ok([&text[..start], instead, &text[start + length..]].concat())
}

#[cfg(test)]
mod tests {
    use super::{cut, replace};

    #[test]
    fn cuts_what_is_there_and_refuses_what_is_not() {
        assert_eq!(cut("a b c d", "b", "d", "e "), Ok("a e d".to_owned()));
        assert!(cut("a b", "b", "c", "").is_err());
    }

    #[test]
    fn replaces_what_is_there_and_refuses_what_is_not() {
        assert_eq!(replace("a b b", "b", "c"), Ok("a c c".to_owned()));
        assert!(replace("a", "b", "c").is_err());
    }
}
