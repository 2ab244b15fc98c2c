// The items that a `tail` handler gets of recorded events. What looks like a secret is left out of requests, unless the handler asks
// for what there was.

import type { TraceFields } from "../wire.ts";

interface TracedRequest {
  url: string;
  method: string;
  headers: Record<string, string>;
  cf?: unknown;
}

/** An object of a class that has nothing but a name, as scripts know it from Workers. */
const instanceOf = (Class: new () => object, fields: object): object => Object.assign(new Class(), fields);

class TraceItem {}
class TraceLog {}
class TraceException {}
class TraceDiagnosticChannelEvent {}
class FetchEventInfo {}
class JsRpcEventInfo {}
class ScheduledEventInfo {}
class AlarmEventInfo {}
class QueueEventInfo {}
class EmailEventInfo {}
class TailEventInfo {}
class HibernatableWebSocketEventInfo {}

const { Request: RequestInfo, Response: ResponseInfo } = {
  Request: class Request {
    getUnredacted(): object {
      return this;
    }
  },
  Response: class Response {},
};

/** The classes of events, by a member that only events of the kind have. */
const CLASSES: readonly [member: string, Class: new () => object][] = [
  ["request", FetchEventInfo],
  ["rpcMethod", JsRpcEventInfo],
  ["cron", ScheduledEventInfo],
  ["queue", QueueEventInfo],
  ["mailFrom", EmailEventInfo],
  ["consumedEvents", TailEventInfo],
  ["getWebSocketEvent", HibernatableWebSocketEventInfo],
  ["scheduledTime", AlarmEventInfo],
];

/** Names of headers whose values are secrets, and parts of such names. */
const SECRET_HEADERS = new Set(["authorization", "cookie", "set-cookie"]);
const SECRET_PARTS = ["auth", "jwt", "key", "secret", "token"];
const isSecret = (name: string) => SECRET_HEADERS.has(name) || SECRET_PARTS.some((part) => name.includes(part));

const REDACTED = "REDACTED";
/** What an id may be made of: digits, letters and separators. */
const WORD = /[0-9A-Za-z+_-]+/g;
/** An id has so many hexadecimal digits, or so many characters of base 64 with two of each kind. */
const HEX_DIGITS = 32;
const BASE64_LENGTH = 21;
const OF_EACH = 2;

const countOf = (word: string, pattern: RegExp) => word.match(pattern)?.length ?? 0;

function isId(word: string): boolean {
  if (/^[0-9A-Fa-f+_-]+$/.test(word) && countOf(word, /[0-9A-Fa-f]/g) >= HEX_DIGITS) return true;
  if (word.length < BASE64_LENGTH) return false;
  return [/[0-9]/g, /[a-z]/g, /[A-Z]/g].every((kind) => countOf(word, kind) >= OF_EACH);
}

const redactedUrl = (url: string) => url.replace(WORD, (word) => (isId(word) ? REDACTED : word));

function requestInfo(request: TracedRequest, isRedacted: boolean): object {
  const { url, method, headers, cf } = request;
  const shown = Object.entries(headers).map(([name, value]) => [name, isRedacted && isSecret(name) ? REDACTED : value]);
  const info = instanceOf(RequestInfo, {
    url: isRedacted ? redactedUrl(url) : url,
    method,
    headers: Object.fromEntries(shown),
    cf,
  });
  const value = () => requestInfo(request, false);
  return Object.defineProperty(info, "getUnredacted", { value, configurable: true, writable: true });
}

function eventOf(event: TraceFields["event"]): object {
  const { request, response, ...others } = event;
  const [, Class] = CLASSES.find(([member]) => Object.hasOwn(event, member)) ?? ["", TraceItem];
  if (request === undefined) return instanceOf(Class, others);
  return instanceOf(Class, {
    request: requestInfo(request as TracedRequest, true),
    response: response === undefined ? undefined : instanceOf(ResponseInfo, response as object),
  });
}

const listOf = (Class: new () => object, fields: object[]) => fields.map((one) => instanceOf(Class, one));

export const itemsOf = (items: TraceFields[]): object[] =>
  items.map((item) =>
    instanceOf(TraceItem, {
      wallTime: item.wallTime,
      cpuTime: item.cpuTime,
      truncated: item.truncated,
      executionModel: item.executionModel,
      outcome: item.outcome,
      durableObjectId: item.durableObjectId,
      preview: undefined,
      tailAttributes: undefined,
      scriptTags: undefined,
      dispatchNamespace: undefined,
      scriptVersion: undefined,
      entrypoint: item.entrypoint,
      scriptName: item.scriptName,
      diagnosticsChannelEvents: listOf(TraceDiagnosticChannelEvent, item.diagnosticsChannelEvents),
      exceptions: listOf(TraceException, item.exceptions),
      logs: listOf(TraceLog, item.logs),
      eventTimestamp: item.eventTimestamp,
      event: eventOf(item.event),
    }),
  );
