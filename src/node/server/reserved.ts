// Paths below /cdn-cgi/, which Cloudflare's network answers itself: the worker never sees them.

import type { Exchange, Instance } from "./listener.ts";
import { sendResponse } from "./outgoing.ts";
import type { OutgoingSettings } from "./outgoing.ts";
import { splitResponse } from "../http/http-response.ts";

/** For the log. */
export interface Reserved {
  method: string;
  status: number;
  waitUntil?: Promise<unknown[]>;
}

const SCHEDULED = "/cdn-cgi/mf/scheduled";
const SCRIPTS = "/cdn-cgi/scripts/";
const ORIGIN = "https://cloudflare.com";

/** Answers a request for such a path. */
export async function answerReserved(
  mf: Instance,
  { req, res }: Exchange,
  href: string,
  settings: OutgoingSettings,
): Promise<Reserved> {
  const url = new URL(href);
  const path = url.pathname.replace(/\/$/, "");
  const method = req.method as string;
  if (path === SCHEDULED) return schedule(mf, res, url);
  if (!path.startsWith(SCRIPTS)) {
    empty(res, 404);
    return { method, status: 404 };
  }
  const response = await fetch(new URL(path, ORIGIN));
  const { status, statusText, headers, body } = splitResponse(response);
  // What was fetched has been decoded.
  const decoded = withoutHeaders(headers, ["content-encoding", "content-length"]);
  await sendResponse(res, { status, statusText, headers: decoded, body, encodeBody: "automatic" }, settings);
  return { method, status };
}

/** The client need not wait for the handler, whose failure the log is told. */
function schedule(mf: Instance, res: Exchange["res"], url: URL): Reserved {
  const time = Number.parseInt(url.searchParams.get("time") ?? "", 10);
  const cron = url.searchParams.get("cron") ?? undefined;
  const waitUntil = mf.dispatchScheduled(Number.isNaN(time) ? undefined : time, cron, url);
  waitUntil.catch((error) => {
    try {
      mf.log.error(error);
    } catch {
      // A log throws what it does not show.
    }
  });
  empty(res, 200);
  return { method: "SCHD", status: 200, waitUntil: waitUntil.catch(() => [undefined]) };
}

function empty(res: Exchange["res"], status: number): void {
  res.writeHead(status, { "Content-Type": "text/plain; charset=UTF-8", "Content-Length": 0 });
  res.end();
}

function withoutHeaders(flat: string, names: string[]): string {
  const parts = flat.split("\n");
  const kept = parts.filter((_, index) => !names.includes(parts[index - (index % 2)] as string));
  return kept.join("\n");
}
