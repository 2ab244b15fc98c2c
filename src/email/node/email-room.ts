// What email adds to an instance in Node.

import { describe } from "../../node/errors.ts";
import type { DispatchedEmail, EmailResult, SentEmail } from "../../../index.d.ts";
import type { Group } from "../../node/instance/group.ts";
import type { Inside } from "../../node/instance/inside.ts";

const outboxes = new WeakMap<Group, SentEmail[]>();

/** What the workers of an instance have sent. */
function outboxOf(group: Group): SentEmail[] {
  const outbox = outboxes.get(group) ?? [];
  outboxes.set(group, outbox);
  return outbox;
}

const methods = {
  /** Calls the `email` handler; resolves with what it decided. */
  async dispatchEmail(inside: Inside, email: DispatchedEmail): Promise<EmailResult> {
    const { control } = await inside.worker.lane();
    inside.group.run?.refuse("incoming email", "Dispatch email in a test that is not recorded.");
    const { IncomingEmail } = require("./incoming-email.ts") as typeof import("./incoming-email.ts");
    const message = new IncomingEmail(checked(email));
    await control.email(message);
    return message.result();
  },

  /** The emails that workers of the instance have sent, in their order. */
  async getSentEmails(inside: Inside): Promise<SentEmail[]> {
    await inside.begun();
    return [...outboxOf(inside.group)];
  },
};

function checked(email: unknown): DispatchedEmail {
  const { from, to, raw } = (email ?? {}) as Partial<DispatchedEmail>;
  const isRaw = typeof raw === "string" || raw instanceof Uint8Array;
  if (typeof from === "string" && typeof to === "string" && isRaw) return email as DispatchedEmail;
  throw new TypeError(
    `dispatchEmail() takes an object like { from: "a@example.com", to: "b@example.com", raw: "Subject: ...\\r\\n\\r\\nText" }, got ${describe(email)}`,
  );
}

export { methods, outboxOf };
