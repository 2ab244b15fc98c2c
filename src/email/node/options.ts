// The option of email that a worker sends.

import { list, optional, shape, string, strings } from "../../node/options/check.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { Group } from "../../node/instance/group.ts";
import type { OptionRows } from "../../node/options/table.ts";

const sender = shape(
  {
    name: string,
    destination_address: optional(string),
    allowed_destination_addresses: optional(strings),
    allowed_sender_addresses: optional(strings),
  },
  'an object like { name: "MAIL" }',
);

const options = {
  email: {
    check: shape(
      { send_email: optional(list(sender, "an array of bindings")) },
      'an object like { send_email: [{ name: "MAIL" }] }',
    ),
    needsWorker: true,
    wrangler: ({ send_email }) => send_email && { send_email },
  },
} satisfies OptionRows;

function hooks({ email }: MiniflareOptions, _root: string, _report: unknown, _log: unknown, group: Group) {
  if (email?.send_email === undefined) return undefined;
  const { SendEmail } = require("./send-email.ts") as typeof import("./send-email.ts");
  const { outboxOf } = require("./email-room.ts") as typeof import("./email-room.ts");
  const now = () => group.clock.now();
  const bound = email.send_email.map((binding) => [binding.name, new SendEmail(binding, outboxOf(group), now)]);
  return { bindings: Object.fromEntries(bound) };
}

export const section = "Email";
export { hooks, options };
