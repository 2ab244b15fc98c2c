// The option `cfFetch`: a `request.cf` of this machine's own network, fetched from Cloudflare once a month and kept in a file.

import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { dim } from "../log/ansi.ts";

const ENDPOINT = "https://workers.cloudflare.com/cf.json";
const DAY = 86_400_000;
const LIFETIME = 30 * DAY;
const TIMEOUT = 10_000;
/** Of the folder that the process was started in, as suites expect. */
const DEFAULT_FILE = path.resolve("node_modules", ".mf", "cf.json");

interface Log {
  info(text: string): void;
  warn(text: string): void;
}

type Cf = Record<string, unknown>;

/**
 * Reads the file and tells of what is in it, even if it is old; fetches another one if it is missing, broken or older than 30
 * days. It never fails: the log is told, and what was used before stays.
 * @param option of the worker: a path, or true for the default file
 */
export async function loadCf(option: true | string, log: Log, use: (cf: Cf) => void): Promise<void> {
  const file = option === true ? DEFAULT_FILE : path.resolve(option);
  if (await readCf(file, use)) return;
  try {
    const response = await fetch(ENDPOINT, { signal: AbortSignal.timeout(TIMEOUT) });
    if (!response.ok) throw new Error(`${ENDPOINT} answered with status ${response.status}`);
    const text = await response.text();
    use(parseCf(text));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    log.info("Updated `Request.cf` object cache!");
  } catch (error) {
    const { stack } = (error as Error & { cause?: Error }).cause ?? (error as Error);
    log.warn(
      "Unable to fetch the `Request.cf` object! Falling back to a default placeholder...\n" +
        `To always use the placeholder, set the \`--no-cf-fetch\`/\`cfFetch: false\` option.\n${dim(stack ?? "")}`,
    );
  }
}

/** Whether the file is good and young. */
async function readCf(file: string, use: (cf: Cf) => void): Promise<boolean> {
  try {
    use(parseCf(await readFile(file, "utf8")));
    const { mtimeMs } = await stat(file);
    return Date.now() - mtimeMs <= LIFETIME;
  } catch {
    return false;
  }
}

function parseCf(text: string): Cf {
  const cf: unknown = JSON.parse(text);
  if (typeof cf === "object" && cf !== null && !Array.isArray(cf)) return cf as Cf;
  throw new TypeError(`Expected an object of JSON, got ${text.slice(0, 60)}`);
}
