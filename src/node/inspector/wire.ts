// What the thread of the server and a thread with workers send each other.

import type { MessagePort } from "node:worker_threads";

/** A worker, as the list of targets shows it. */
export interface TargetInfo {
  id: string;
  title: string;
  /** Of the script; empty if that is no file. */
  url: string;
}

/** From the server: a client connects to a target, sends a message, or has gone. */
export type FromServer =
  | [what: "open", session: number, target: string]
  | [what: "message", session: number, text: string]
  | [what: "close", session: number];

/** To the server: a target is there or has changed, with the number of its inspector; it is gone; a message to a client; the end. */
export type ToServer =
  | [what: "target", info: TargetInfo, inspector: number | undefined]
  | [what: "gone", target: string]
  | [what: "end"]
  | [what: "message", session: number, text: string];

/** What the server starts with. */
export interface ServerData {
  host: string;
  /** The first to try; 0 takes any that is free. */
  port: number;
  /** The file of the addon. */
  addon: string;
  messages: MessagePort;
  /** Words that both threads share, by `SIGNAL`. */
  signal: Int32Array<SharedArrayBuffer>;
}

/** What the server says of its start. */
export type Started = { port: number } | { error: string };

/** Of the shared words: how many messages the server has sent, and whether it has ended. */
export const SIGNAL = { SENT: 0, ENDED: 1, LENGTH: 2 } as const;
