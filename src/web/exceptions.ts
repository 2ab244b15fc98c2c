// The errors of upstream's native code, which names them: DOMExceptions, and the system's failures.

import { core } from "ext:core/mod.js";

const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

const DOM = [
  "AbortError",
  "DataCloneError",
  "DataError",
  "EncodingError",
  "IndexSizeError",
  "InvalidAccessError",
  "InvalidCharacterError",
  "InvalidStateError",
  "NetworkError",
  "NotReadableError",
  "NotSupportedError",
  "OperationError",
  "QuotaExceededError",
  "SyntaxError",
  "TimeoutError",
  "TypeMismatchError",
];
const SYSTEM = [
  "AddrInUse",
  "AddrNotAvailable",
  "AlreadyExists",
  "BrokenPipe",
  "Busy",
  "ConnectionAborted",
  "ConnectionRefused",
  "ConnectionReset",
  "FilesystemLoop",
  "Http",
  "InvalidData",
  "IsADirectory",
  "NetworkUnreachable",
  "NotADirectory",
  "NotConnected",
  "NotFound",
  "NotSupported",
  "PermissionDenied",
  "TimedOut",
  "UnexpectedEof",
  "WouldBlock",
  "WriteZero",
];

for (const name of DOM) core.registerErrorBuilder(`DOMException${name}`, (message) => new DOMException(message, name));
for (const name of SYSTEM) core.registerErrorBuilder(name, (message) => new Error(message));
