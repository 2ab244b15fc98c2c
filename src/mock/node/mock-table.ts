// The table of interceptors that wait for a request, as `console.table` draws it.

import { Console } from "node:console";
import { Transform } from "node:stream";
import type { PendingInterceptor } from "../../../index.d.ts";

function format(pending: readonly PendingInterceptor[]): string {
  const output = new Transform({ transform: (chunk, _encoding, done) => done(null, chunk) });
  const table = new Console({ stdout: output, inspectOptions: { colors: !process.env.CI } });
  table.table(pending.map(rowOf));
  return output.read().toString();
}

function rowOf({ method, path, data: { statusCode }, persist, times, timesInvoked, origin }: PendingInterceptor) {
  return {
    Method: method,
    Origin: origin,
    Path: path,
    "Status code": statusCode,
    Persistent: persist ? "✅" : "❌",
    Invocations: timesInvoked,
    Remaining: persist ? Infinity : times - timesInvoked,
  };
}

export { format };
