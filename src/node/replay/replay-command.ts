// `miniflare-rs replay file`: an instance with the options of a recording, and the events of the recording once more, in a debugger
// on request.

import path from "node:path";
import { fromTexts } from "../cli/flag-values.ts";
import { Log, LogLevel } from "../log/log.ts";
import { INSIDE, Miniflare } from "../instance/miniflare.ts";
import { decodeOptions } from "./recorded-options.ts";
import { readRecording } from "./recording.ts";
import { decode } from "./values.ts";
import type { DispatchedMessage, MiniflareOptions, TailItem } from "../../../index.d.ts";
import type { InspectorFlag } from "../cli/flag-values.ts";
import type { RequestParts } from "../http/http-request.ts";
import type { Target } from "../instance/lane.ts";
import type { EventEntry } from "./recording.ts";
import type { Json } from "./values.ts";

const EXIT_FAILURE = 1;

/** An event of a recording: `kind` says which of the others it has. */
interface RecordedEvent {
  kind: "fetch" | "scheduled" | "queue" | "tail" | "simulate" | "alarm" | "batch" | "call";
  worker: string | null;
  target: Json;
  request: { method: string; url: string; headers: string; body: Json; cf: string | null };
  scheduledTime: number;
  cron: string;
  seed: number;
  binding: string;
  id: string;
  isForced: boolean;
  queue: string;
  given: Json;
}

/** What the arguments say. */
interface Told {
  file: string;
  /** Where debuggers connect, if they may. */
  inspector: InspectorFlag;
  /** Whether the worker is paused at its first statement. */
  breaks: boolean;
}

/**
 * Replays a recording, and prints what comes of each event. The exit code is 1 if the run leaves the recording.
 * @throws Error if the arguments are not a file and flags of the inspector, or the file is no recording
 */
export async function replay(args: string[]): Promise<void> {
  const told = readArguments(args);
  const { head, entries } = readRecording(told.file);
  const options = { ...decodeOptions(head.options), ...inspection(told), log: new Log(LogLevel.WARN) };
  const mf = new Miniflare(options);
  const events = entries.filter((entry): entry is EventEntry => "event" in entry);
  try {
    if (told.inspector !== undefined) await showInspector(mf);
    await mf.getPlugins();
    // They wait for their turns.
    const results = events.map(({ event }) => dispatch(mf, event as unknown as RecordedEvent));
    for (const result of results) {
      const line = await result;
      if (line !== undefined) console.log(line);
    }
  } catch (error) {
    const { message } = error as Error;
    console.error(message);
    process.exitCode = EXIT_FAILURE;
  } finally {
    await waitForDebuggers(mf);
    await mf.dispose();
  }
}

const FLAG = /^--(inspect(?:-brk)?)(?:=(.*))?$/s;
const USAGE = "The command replay takes one file: replay file [--inspect[=HOST:PORT]] [--inspect-brk[=HOST:PORT]]";

function readArguments(args: string[]): Told {
  const files = args.filter((arg) => !FLAG.test(arg));
  const [file] = files;
  if (files.length !== 1 || file.startsWith("-")) throw new Error(USAGE);
  const told: Told = { file: path.resolve(file), inspector: undefined, breaks: false };
  for (const [, flag, value = true] of args.map((arg) => FLAG.exec(arg) ?? []) as [string, string?, string?][]) {
    if (flag === undefined) continue;
    told.inspector = fromTexts("boolean/string:HOST:PORT", value) as InspectorFlag;
    told.breaks ||= flag === "inspect-brk";
  }
  return told;
}

/** The options by which the file is replayed, and debuggers connect. */
function inspection({ file, inspector, breaks }: Told): MiniflareOptions {
  if (inspector === undefined) return { simulate: { replay: file } };
  return { ...inspector, inspectorBreak: breaks, simulate: { replay: file, pause: true } };
}

async function showInspector(mf: Miniflare): Promise<void> {
  console.error(`Debugger listening on ${(await mf.getInspectorURL()).href}`);
}

/** Keeps the worker as long as debuggers look at it. */
async function waitForDebuggers(mf: Miniflare): Promise<void> {
  for (const worker of mf[INSIDE].group.workers) {
    await worker.undebugged(() => console.error("Waiting for the debugger to disconnect..."));
  }
}

/** A line that says what has come of an event; undefined for one that comes by itself. */
async function dispatch(mf: Miniflare, event: RecordedEvent): Promise<string | undefined> {
  switch (event.kind) {
    case "fetch":
      return dispatchFetch(mf, event);
    case "scheduled": {
      const worker = await workerOf(mf, event);
      return outcome(`scheduled ${event.cron}`, worker?.dispatchScheduled(event.scheduledTime, event.cron));
    }
    case "tail": {
      const worker = await workerOf(mf, event);
      return outcome("tail", worker?.dispatchTail(decode(event.given, asItIs) as TailItem[]));
    }
    case "queue": {
      const messages = decode(event.given, asItIs) as DispatchedMessage[];
      return outcome(`queue ${event.queue}`, mf.dispatchQueue(event.queue, messages));
    }
    case "simulate":
      return outcome(`seed ${event.seed}`, mf.simulate(event.seed));
    case "alarm": {
      if (!event.isForced) return undefined;
      const namespace = await mf.getDurableObjectNamespace(event.binding);
      const id = namespace.idFromString(event.id);
      return outcome(`alarm of ${event.binding} ${event.id}`, mf.flushDurableObjectAlarms([id]));
    }
    case "batch":
      return undefined;
    default:
      throw new Error(
        `A test calls a method of an object or an entrypoint in this recording. Replay it in the test: simulate: { replay }.`,
      );
  }
}

const asItIs = (value: object) => value;

const workerOf = async (mf: Miniflare, { worker }: RecordedEvent) => (worker === null ? mf : mf.getMount(worker));

async function dispatchFetch(mf: Miniflare, { worker, target, request }: RecordedEvent): Promise<string | undefined> {
  const { method, url, headers, cf } = request;
  const body = decode(request.body, asItIs) as RequestParts["body"];
  const parts: RequestParts = { method, url, headers, body, cf: cf === null ? undefined : JSON.parse(cf) };
  const { group } = mf[INSIDE];
  const home = worker === null ? group.main : group.mount(worker);
  const answered = home?.dispatch(decode(target, asItIs) as Target, parts).then(async (response) => {
    return `${response.status} ${await response.text()}`;
  });
  return outcome(`${method} ${url}`, answered);
}

/** An error of the worker is what came of the event in the recording as well. */
async function outcome(what: string, result: Promise<unknown> | undefined): Promise<string> {
  try {
    const value = await result;
    return value === undefined || typeof value === "object" ? what : `${what}: ${value}`;
  } catch (error) {
    const { code, message } = error as Error & { code?: unknown };
    if (code === "ERR_REPLAY") throw error;
    return `${what}: ${message}`;
  }
}
