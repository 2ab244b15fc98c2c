// Email in the worker's realm: the event, and the class of messages to send.

import { EmailMessage } from "ext:miniflare/email/email-message.ts";
import { moduleEvent } from "ext:miniflare/web/module-event.ts";

export const room = {
  name: "email",
  events: [moduleEvent<object>("email", "Emails")],
  builtins: { "cloudflare:email": () => ({ EmailMessage }) },
};
