//! Amendments to upstream's script of requests.

use super::amendments::Cut;

pub const SCRIPT: &str = "ext:deno_fetch/23_request.js";

/// What a request is inside is an object of a class: V8 takes twenty times as long for a literal with accessors.
pub const CUTS: &[Cut] = &[(
    "function newInnerRequest(",
    "/**\n * https://fetch.spec.whatwg.org/#concept-request-clone",
    r#"class InnerRequest {
  constructor(method, url, headerList, body, blobUrlEntry) {
    this.method = method;
    this.headerListInner = null;
    this.makeHeaderList = headerList;
    this.body = body;
    this.redirectMode = "follow";
    this.redirectCount = 0;
    this.urlList = [typeof url === "string" ? () => url : url];
    this.urlListProcessed = [];
    this.clientRid = null;
    this.blobUrlEntry = blobUrlEntry;
  }
  get headerList() {
    return this.headerListInner ??= this.makeHeaderList();
  }
  set headerList(value) {
    this.headerListInner = value;
  }
  url() {
    return this.urlListProcessed[0] ??= this.urlList[0]();
  }
  currentUrl() {
    const currentIndex = this.urlList.length - 1;
    return this.urlListProcessed[currentIndex] ??= this.urlList[currentIndex]();
  }
}

function newInnerRequest(method, url, headerList, body, maybeBlob) {
  const blobUrlEntry = maybeBlob && typeof url === "string" && StringPrototypeStartsWith(url, "blob:")
    ? blobFromObjectUrl(url)
    : null;
  return new InnerRequest(method, url, headerList, body, blobUrlEntry);
}

"#,
)];

pub const CHANGES: &[(&str, &str)] = &[
    // An aborted request gets a reason.
    (
        r#"onCancel?.(() => {
        signal[signalAbort](
          new DOMException(MESSAGE_REQUEST_CANCELLED, "AbortError"),
        );
      });"#,
        r#"onCancel?.((reason) => signal[signalAbort](reason));"#,
    ),
    (
        r#"throw new TypeError("Method is not valid");"#,
        r#"throw new TypeError(`'${m}' is not a valid HTTP method.`);"#,
    ),
    (
        r#"throw new TypeError("Method is forbidden");"#,
        r#"throw new TypeError(`'${m}' HTTP method is unsupported.`);"#,
    ),
    (
        r#""Request with GET/HEAD method cannot have body""#,
        r#""Request with GET/HEAD method cannot have body.""#,
    ),
    (
        r#""Input request's body is unusable""#,
        r#""Cannot construct a Request with a Request object that has already been used.""#,
    ),
    (
        r#"throw new TypeError("Body is unusable");"#,
        r#"throw new TypeError("unusable");"#,
    ),
];
