// The run of an instance that is recorded or replayed: what its workers, and the calls of its methods, have of the journal.

import path from "node:path";
import { bytesFromSender, isInMemory } from "../../web/node/node-streams.ts";
import { isQuiet } from "../instance/quiet.ts";
import { forWorker } from "./journal.ts";
import { live, liveIn } from "./live.ts";
import { Recorder } from "./recorder.ts";
import { Replayer } from "./replayer.ts";
import { encode, isLive, unrecorded } from "./values.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { Control } from "../../worker/contract.ts";
import type { RequestParts } from "../http/http-request.ts";
import type { Response } from "../http/http-response.ts";
import type { Target } from "../instance/lane.ts";
import type { Journal } from "./journal.ts";
import type { Json } from "./values.ts";

type Simulate = Exclude<MiniflareOptions["simulate"], undefined>;
type Deliver = (target: Target, request: RequestParts) => Promise<Response>;

/** Where a replay ends in the debugger. */
export interface Ending {
  /** The message of the error with which an event of the recording has failed. It is where that is thrown. */
  readonly failure: string | undefined;
  /** Calls back when the last entry of the recording has its turn. It is there if no event has failed. */
  whenLast(call: () => void): void;
}

class RecordedRun {
  readonly #journal: Journal;
  /** Given if the replay is to end in the debugger. */
  readonly ending: Ending | undefined;
  #seed: number;

  /** @param clock tells the time of the instance, whose number is `instance()` */
  constructor(simulate: Simulate, options: MiniflareOptions, clock: { now(): number }, instance: () => number) {
    const fileOf = (file: string) => path.resolve(options.rootPath ?? "", file);
    if ("replay" in simulate) {
      const replayer = new Replayer(fileOf(simulate.replay), (isKnown) => isQuiet(instance(), isKnown));
      this.#journal = replayer;
      if (simulate.pause) this.ending = replayer;
    } else {
      const { seed, record } = simulate;
      this.#journal = new Recorder({ seed, record: fileOf(record as string) }, options, () => clock.now());
    }
    this.#seed = this.#journal.seed;
  }

  /** Starts the simulation of a worker. */
  start(control: Control): void {
    const journal = this.#journal;
    control.simulate(this.#seed, (step) => journal.soon(step), forWorker(journal));
  }

  /** Another seed is chosen. */
  async choose(seed: number): Promise<void> {
    await this.#journal.arrive({ kind: "simulate", seed });
    this.#seed = seed;
  }

  /** `[name, value, ...]` of an option, with what lives in Node replaced. */
  values(list: readonly unknown[], option: string): unknown[] {
    return list.map((one, index) =>
      index % 2 === 0 ? one : liveIn(this.#journal, one, `${option}.${list[index - 1]}`),
    );
  }

  /** The same for those that rooms bind. They are used in a replay as well, for what code in Node asks them. */
  ofRooms(bindings: Record<string, unknown>): unknown[] {
    return Object.entries(bindings).flatMap(([name, value]) => {
      const path = `bindings.${name}`;
      return [name, isLive(value) ? live(this.#journal, value as object, path, true) : this.#journal.keep(path, value)];
    });
  }

  /** What a test gives of an event, as it is recorded. */
  data(value: unknown, what: string): Json {
    return encode(value, what);
  }

  /** Throws, as neither a recording nor a replay can have something; `instead` says what to do. */
  refuse(what: string, instead: string): never {
    throw unrecorded(what, instead);
  }

  /** Calls the function of a service binding. */
  call(binding: string, request: RequestParts, call: () => Promise<globalThis.Response>) {
    const { method, url } = request;
    this.#journal.own(request);
    return this.#journal.ask(`serviceBindings.${binding}`, [method, url], call) as Promise<globalThis.Response>;
  }

  /** Dispatches a request from outside, to the main worker or a mount of this name. */
  dispatch(mount: string | undefined, target: Target, request: RequestParts, deliver: Deliver): Promise<Response> {
    return this.#journal.guard(this.#dispatch(mount, target, request, deliver));
  }

  async #dispatch(mount: string | undefined, target: Target, request: RequestParts, deliver: Deliver) {
    const { takesParts: _, ...given } = request;
    if (!isInMemory(given.body)) given.body = await wholeOf(given.body);
    const number = await this.#journal.arrive(eventOf(mount, target, given));
    return this.#noting(number, async () => {
      const response = await deliver(target, given);
      if (!response.webSocket) return response;
      response.webSocket.accept();
      response.webSocket.close();
      return this.refuse("a WebSocket to a test", "Test it in a run that is not recorded.");
    });
  }

  /** Does something that an event stands for, when its turn has come. */
  event<Result>(event: Json, work: () => Promise<Result>): Promise<Result> {
    return this.#journal.guard(this.#journal.arrive(event).then((number) => this.#noting(number, work)));
  }

  /** Does what an event stands for, and notes it if that fails. */
  async #noting<Result>(number: number, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      this.#journal.failed(number, error);
      throw error;
    }
  }

  close(): void {
    this.#journal.close();
  }
}

function eventOf(
  mount: string | undefined,
  target: Target,
  { method, url, headers, body, cf, cfText }: RequestParts,
): Json {
  const about = cfText ?? (cf === undefined ? null : JSON.stringify(cf));
  const request = { method, url, headers, body: encode(body, "the body"), cf: about };
  return { kind: "fetch", worker: mount ?? null, target: encode(target, "the target"), request };
}

async function wholeOf(body: RequestParts["body"]): Promise<Uint8Array> {
  if (typeof body === "function") return bytesFromSender(body);
  // That of a server's request has the methods that are used here, and no others.
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  for (let read = await reader.read(); !read.done; read = await reader.read()) chunks.push(read.value);
  return new Uint8Array(Buffer.concat(chunks));
}

export { RecordedRun };
