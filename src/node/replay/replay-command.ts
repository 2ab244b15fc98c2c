// `miniflare-rs replay file`: an instance with the options of a recording, and the events of the recording once more.

import path from "node:path";
import { Log, LogLevel } from "../log/log.ts";
import { INSIDE, Miniflare } from "../instance/miniflare.ts";
import { decodeOptions } from "./recorded-options.ts";
import { readRecording } from "./recording.ts";
import { decode } from "./values.ts";
import type { RequestParts } from "../http/http-request.ts";
import type { Target } from "../instance/lane.ts";
import type { EventEntry } from "./recording.ts";
import type { Json } from "./values.ts";

const EXIT_FAILURE = 1;

/** An event of a recording: `kind` says which of the others it has. */
interface RecordedEvent {
  kind: "fetch" | "scheduled" | "simulate" | "alarm" | "batch" | "call";
  worker: string | null;
  target: Json;
  request: { method: string; url: string; headers: string; body: Json; cf: string | null };
  scheduledTime: number;
  cron: string;
  seed: number;
  binding: string;
  id: string;
  isForced: boolean;
}

/**
 * Replays a recording, and prints what comes of each event. The exit code is 1 if the run leaves the recording.
 * @throws Error if the arguments are not a file, or the file is no recording
 */
export async function replay(args: string[]): Promise<void> {
  if (args.length !== 1 || args[0].startsWith("-")) throw new Error("The command replay takes one file: replay file");
  const file = path.resolve(args[0]);
  const { head, entries } = readRecording(file);
  const mf = new Miniflare({ ...decodeOptions(head.options), simulate: { replay: file }, log: new Log(LogLevel.WARN) });
  const events = entries.filter((entry): entry is EventEntry => "event" in entry);
  try {
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
    await mf.dispose();
  }
}

/** A line that says what has come of an event; undefined for one that comes by itself. */
async function dispatch(mf: Miniflare, event: RecordedEvent): Promise<string | undefined> {
  switch (event.kind) {
    case "fetch":
      return dispatchFetch(mf, event);
    case "scheduled": {
      const worker = event.worker === null ? mf : await mf.getMount(event.worker);
      return outcome(`scheduled ${event.cron}`, worker?.dispatchScheduled(event.scheduledTime, event.cron));
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
        `A test calls a method of an object in this recording. Replay it in the test: simulate: { replay }.`,
      );
  }
}

async function dispatchFetch(mf: Miniflare, { worker, target, request }: RecordedEvent): Promise<string | undefined> {
  const { method, url, headers, cf } = request;
  const asItIs = (value: object) => value;
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
