// Events that name scripts, as debuggers get them: without scripts of this package, and with the source map of each script in the
// event, since a debugger may be unable to read files.

import { findMap } from "../coverage/covered-script.ts";
import { contentsOf } from "../coverage/source-texts.ts";

interface ScriptEvent {
  method: string;
  params: { scriptId: string; url: string; sourceMapURL?: string };
}

interface Frame {
  /** V8 leaves it empty. */
  url: string;
  location: { scriptId: string };
}

/** Of the parameters of an event that the worker has paused. */
interface PausedEvent {
  method: string;
  params: { reason: string; callFrames: Frame[]; asyncStackTrace?: StackTrace; data?: ThrownObject };
}

/** What is thrown, as V8 tells of it. */
interface ThrownObject {
  value?: unknown;
  description?: string;
  uncaught?: boolean;
}

interface StackTrace {
  callFrames: { url: string }[];
  parent?: StackTrace;
}

const isOwn = (url: string) => url.startsWith("ext:");

/** Where V8 has paused: in code of the worker, in code of this package that the worker has called, or in none that is the worker's. */
export type Place = "worker" | "called" | "own";

/** What the worker has paused at if that is an exception. The message has the stack behind it. */
export interface Thrown {
  message: string;
  isUncaught: boolean;
}

/** The event that the worker has paused. */
export interface PauseEvent {
  text: string;
  reason: string;
  place: Place;
  thrown: Thrown | undefined;
}

/** The scripts of an isolate that debuggers know, and the events that name them. */
export class ScriptEvents {
  /** URLs by the ids of scripts. Those of the start-up snapshot are not among them: V8 reports none of them. */
  #urls = new Map<string, string>();

  /** The event that V8 has parsed a script, or has failed to; undefined for one of this package. */
  parsed(text: string): string | undefined {
    const event = JSON.parse(text) as ScriptEvent;
    const { scriptId, url, sourceMapURL } = event.params;
    if (isOwn(url)) return undefined;
    this.#urls.set(scriptId, url);
    if (!sourceMapURL || sourceMapURL.startsWith("data:") || !url.startsWith("file:")) return text;
    const inlined = inlinedMap(url, sourceMapURL);
    if (inlined === undefined) return text;
    event.params.sourceMapURL = inlined;
    return JSON.stringify(event);
  }

  /** The event that the worker has paused, with the frames of its own functions; and where that is. */
  paused(text: string): PauseEvent {
    const event = JSON.parse(text) as PausedEvent;
    const { callFrames, reason, asyncStackTrace, data } = event.params;
    const isShown = ({ location }: Frame) => this.#urls.has(location.scriptId);
    const shown = callFrames.filter(isShown);
    for (const frame of shown) frame.url = this.#urls.get(frame.location.scriptId) as string;
    event.params.callFrames = shown;
    hideOwn(asyncStackTrace);
    const place = shown.length === 0 ? "own" : shown[0] === callFrames[0] ? "worker" : "called";
    const thrown = reason === "exception" || reason === "promiseRejection" ? thrownOf(data) : undefined;
    return { text: JSON.stringify(event), reason, place, thrown };
  }
}

const thrownOf = ({ description, value, uncaught }: ThrownObject = {}): Thrown => ({
  message: description ?? String(value),
  isUncaught: uncaught === true,
});

function inlinedMap(url: string, link: string): string | undefined {
  const map = findMap(url, `//# sourceMappingURL=${link}`)?.data;
  if (map === undefined) return undefined;
  const json = JSON.stringify({ ...map, sourcesContent: contentsOf(map, null) });
  return `data:application/json;base64,${Buffer.from(json).toString("base64")}`;
}

function hideOwn(trace: StackTrace | undefined): void {
  for (let part = trace; part !== undefined; part = part.parent) {
    part.callFrames = part.callFrames.filter(({ url }) => !isOwn(url));
  }
}

/** An event with a stack, such as that the console was called, without frames of this package. */
export function withoutOwnFrames(text: string): string {
  if (!text.includes('"url":"ext:')) return text;
  const event = JSON.parse(text) as {
    params: { stackTrace?: StackTrace; exceptionDetails?: { stackTrace?: StackTrace } };
  };
  hideOwn(event.params.stackTrace);
  hideOwn(event.params.exceptionDetails?.stackTrace);
  return JSON.stringify(event);
}

/** A pause for another reason. */
export function withReason(text: string, reason: string): string {
  const event = JSON.parse(text) as PausedEvent;
  event.params.reason = reason;
  return JSON.stringify(event);
}
