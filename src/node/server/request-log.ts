// The log line of a request: method, path, status, and how long it took.

import { STATUS_CODES } from "node:http";
import { blue, bold, dim, green, grey, red, yellow } from "../log/ansi.ts";

interface Log {
  log(text: string): void;
  error(error: unknown): void;
}

export interface Logged {
  method: string;
  url: string;
  /** None for a scheduled event that a cron expression began. */
  status?: number;
  /** When it began. */
  start: Start;
  /** What its `waitUntil()` promises come to. */
  waitUntil?: Promise<unknown[]>;
}

/** A moment, and the CPU time that the process had used by then, if that is shown. */
export interface Start {
  at: number;
  cpu: NodeJS.CpuUsage | undefined;
}

export const startNow = (withCpu: boolean): Start => ({
  at: performance.now(),
  cpu: withCpu ? process.cpuUsage() : undefined,
});

const since = ({ at }: Start) => `${(performance.now() - at).toFixed(2)}ms`;
const cpuSince = (cpu: NodeJS.CpuUsage) => `${(process.cpuUsage(cpu).user / 1000).toFixed(2)}ms`;

/** Tells the log of a request, once what it waits for has ended. */
export async function logRequest(log: Log, { method, url, status, start, waitUntil }: Logged): Promise<void> {
  const time = since(start);
  const cpuTime = start.cpu && cpuSince(start.cpu);
  const waited = await settled(waitUntil, log);
  const waits = waited ? grey(`, waitUntil: ${since(start)}`) : "";
  let cpu = "";
  if (start.cpu !== undefined) {
    const cpuWaits = waited ? `, waitUntil: ~${cpuSince(start.cpu)}` : "";
    cpu = dim(grey(` (CPU: ~${cpuTime}${cpuWaits})`));
  }
  log.log(`${bold(method)} ${url} ${statusText(status)}${grey(`(${time}`)}${waits}${grey(")")}${cpu}`);
}

/** Whether there was something to wait for. */
async function settled(waitUntil: Promise<unknown[]> | undefined, log: Log): Promise<boolean> {
  try {
    return ((await waitUntil)?.length ?? 0) > 0;
  } catch (error) {
    log.error(error);
    return true;
  }
}

function statusText(status: number | undefined): string {
  if (status === undefined) return "";
  const phrase = STATUS_CODES[status];
  return colourOf(status)(`${bold(String(status))} ${phrase === undefined ? "" : `${phrase} `}`);
}

function colourOf(status: number): (text: string) => string {
  if (status >= 500) return red;
  if (status >= 400) return yellow;
  return status >= 200 && status < 300 ? green : blue;
}
