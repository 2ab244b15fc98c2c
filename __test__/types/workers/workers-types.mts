// A test of a worker whose types are those of `@cloudflare/workers-types`: its `Env`, the methods of its objects and services.

import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import { Miniflare } from "miniflare-rs";

interface Env {
  ROOM: DurableObjectNamespace<Room>;
  KV: KVNamespace;
  BUCKET: R2Bucket;
  DB: D1Database;
  QUEUE: Queue<string>;
  NAME: string;
}

class Room extends DurableObject<Env> {
  say(text: string): number {
    return text.length;
  }
  async list(): Promise<string[]> {
    return [];
  }
}

class Greeter extends WorkerEntrypoint<Env> {
  greet(name: string): string {
    return `Hello ${name}`;
  }
}

const mf = new Miniflare({ wranglerConfigPath: true });

const env = await mf.getBindings<Env>();
await env.KV.put("key", "value");
const object: R2Object | null = await env.BUCKET.head("key");
const { results } = await env.DB.prepare("SELECT 1 AS one").all<{ one: number }>();
await env.QUEUE.send("message");
const said: number = await env.ROOM.get(env.ROOM.idFromName("a")).say("text");

const rooms = await mf.getDurableObjectNamespace<Room>("ROOM");
const room = rooms.getByName("a");
const count: number = await room.say("text");
const lines: string[] = await room.list();
// @ts-expect-error: there is no such method
await room.shout("text");
// @ts-expect-error: the argument is a string
await room.say(1);

const service = await mf.getWorker<Greeter>(undefined, { entrypoint: "Greeter" });
const greeting: string = await service.greet("World");
const response = await service.fetch("http://localhost/");
const status: number = response.status;

export { count, greeting, lines, object, results, said, status };
