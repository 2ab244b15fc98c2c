// Responses of real servers, kept in a file: what it has is replayed, the rest is asked of the network once and added.
// Requests are told apart by method, URL and body; their headers, which may hold secrets, are not written down.

import fs from "node:fs";
import path from "node:path";
import { describe } from "../../node/errors.ts";
import { InvalidArgumentError, UndiciError } from "./mock-errors.ts";
import { chain } from "./matching.ts";
import type { RecordOptions } from "../../../index.d.ts";
import type { Awaitable } from "./matching.ts";
import type { Content, MockRequest } from "./mock-request.ts";
import type { Compared } from "./nearest.ts";
import type { MockResponse } from "./reply.ts";
import { headersOfText, textOfHeaders } from "../../web/header-text.ts";

/** A body in the file. */
type KeptBody = string | { base64: string } | null;

type HeaderList = [name: string, value: string][];

interface KeptRequest {
  method: string;
  url: string;
  body: KeptBody;
}

interface KeptResponse {
  status: number;
  statusText: string;
  headers: HeaderList;
  body: KeptBody;
}

interface Entry {
  request: KeptRequest;
  response: KeptResponse;
}

/** What an entry is before it is checked. */
type Unchecked = Record<string, unknown> | null | undefined;

type Recorded = MockResponse | ToRecord | undefined;

/** A request to be sent, whose response is to be recorded. */
export interface ToRecord {
  keep: Keep;
}

/** Takes what a server answered. */
type Keep = (status: number, statusText: string, headers: string, body: Content | null) => void;

/** What of a file is replayed, and what is asked of the network. */
const MODES = ["missing", "all", "none"];
const VERSION = 1;
/** Headers of a message on its way, which do not fit the content that is kept. */
const OF_THE_WAY = new Set(["content-encoding", "content-length", "transfer-encoding"]);

class Recording {
  #file: string;
  #mode: RecordOptions["mode"];
  #entries: Entry[];
  #replays = new Map<string, KeptResponse[]>();

  constructor(file: string, { mode = "missing" }: RecordOptions = {}) {
    if (typeof file !== "string") throw new InvalidArgumentError(`file must be a path, got ${describe(file)}`);
    if (!MODES.includes(mode)) {
      const modes = MODES.map((one) => `"${one}"`).join(", ");
      throw new InvalidArgumentError(`mode must be one of ${modes}, got ${describe(mode)}`);
    }
    this.#file = path.resolve(file);
    this.#mode = mode;
    this.#entries = mode === "all" ? [] : readEntries(this.#file);
    for (const { request, response } of this.#entries) this.#addReplay(keyOf(request), response);
  }

  #addReplay(key: string, response: KeptResponse): void {
    const replays = this.#replays.get(key);
    if (replays === undefined) this.#replays.set(key, [response]);
    else replays.push(response);
  }

  /**
   * The answer that was recorded, `{ keep }` for a request to be sent that takes what the server answers, or undefined
   * when there is neither; a promise while the body is not there.
   */
  answer(request: MockRequest): Awaitable<Recorded> {
    return chain(request.bytes(), (body) =>
      this.#answer({ method: request.method, url: request.url, body: textOf(body) }),
    );
  }

  /** What is replayed, as the interceptors of their origins: what an error compares a request with. */
  get pools(): { origin: string; interceptors: Compared[] }[] {
    return [...this.#replays.keys()].map((key) => {
      const [method, url, body]: KeyParts = JSON.parse(key);
      const { origin, pathname, search } = new URL(url);
      const state = { method, path: pathname + search, body: contentOf(body), headers: undefined, recorded: true };
      return { origin, interceptors: [{ state }] };
    });
  }

  #answer(request: KeptRequest): Recorded {
    const replays = this.#replays.get(keyOf(request));
    if (replays !== undefined) return answerOf(next(replays));
    if (this.#mode === "none") return undefined;
    return { keep: (...response) => this.#keep(request, ...response) };
  }

  #keep(request: KeptRequest, ...[status, statusText, headers, body]: Parameters<Keep>): void {
    this.#entries.push({ request, response: { status, statusText, headers: kept(headers), body: textOf(body) } });
    writeWhole(this.#file, `${JSON.stringify({ version: VERSION, entries: this.#entries }, null, 2)}\n`);
  }
}

/** Each in turn; the last stays. */
function next(replays: KeptResponse[]): KeptResponse {
  const first = replays[0];
  if (replays.length > 1) replays.shift();
  return first;
}

/** A reader of the file finds it whole, also after a crash. */
function writeWhole(file: string, text: string): void {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(draft, text);
    fs.renameSync(draft, file);
  } catch (error) {
    if (fs.existsSync(draft)) fs.rmSync(draft);
    throw new UndiciError(`The recording ${file} cannot be written: ${messageOf(error)}`);
  }
}

function readEntries(file: string): Entry[] {
  const text = readIfThere(file);
  if (text === undefined) return [];
  try {
    const { version, entries } = JSON.parse(text);
    if (version !== VERSION) throw new Error(`its version is ${version}, not ${VERSION}`);
    for (const [index, entry] of entries.entries()) checkEntry(entry, `entries[${index}]`);
    return entries;
  } catch (error) {
    throw new UndiciError(`${file} is no recording: ${messageOf(error)}. Delete it to record again.`);
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new UndiciError(`The recording ${file} cannot be read: ${messageOf(error)}`);
  }
}

const messageOf = (error: unknown) => (error as Error).message;

function checkEntry({ request, response }: Partial<Record<keyof Entry, Unchecked>>, name: string): void {
  const parts: Record<string, boolean> = {
    "request.method": typeof request?.method === "string",
    "request.url": URL.canParse(String(request?.url)),
    "request.body": isBody(request?.body),
    "response.status": Number.isInteger(response?.status),
    "response.statusText": typeof response?.statusText === "string",
    "response.headers": isHeaders(response?.headers),
    "response.body": isBody(response?.body),
  };
  const wrong = Object.keys(parts).find((part) => !parts[part]);
  if (wrong !== undefined) throw new Error(`${name}.${wrong} is missing or of another kind`);
}

const isBody = (body: unknown) =>
  body === null || typeof body === "string" || typeof (body as Unchecked)?.base64 === "string";

function isHeaders(headers: unknown): boolean {
  const isText = (value: unknown) => typeof value === "string";
  return Array.isArray(headers) && headers.every((pair) => Array.isArray(pair) && pair.every(isText));
}

type KeyParts = [method: string, url: string, body: KeptBody];

const keyOf = ({ method, url, body }: KeptRequest) => JSON.stringify([method, url, body] satisfies KeyParts);

function answerOf({ status, statusText, headers, body }: KeptResponse): MockResponse {
  return { status, statusText, headers: textOfHeaders(headers), content: contentOf(body) ?? "" };
}

const contentOf = (body: KeptBody) =>
  body === null || typeof body === "string" ? body : Buffer.from(body.base64, "base64");

/** Text as it is, other bytes as base64. */
function textOf(body: Content | null): KeptBody {
  if (body === null || typeof body === "string") return body;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return { base64: Buffer.from(body).toString("base64") };
  }
}

function kept(headers: string): HeaderList {
  const named = headersOfText(headers).map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  return named.filter(([name]) => !OF_THE_WAY.has(name));
}

export { Recording };
