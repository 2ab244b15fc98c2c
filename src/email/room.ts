// Email in the worker's realm: the event, and the class of messages to send.

import { EmailMessage } from "ext:miniflare/email/email-message.ts";
import { moduleEvent } from "ext:miniflare/web/module-event.ts";

interface Message {
  from: string;
  to: string;
  rawSize: number;
}

const EMAIL = {
  ...moduleEvent<Message>("email", "Emails"),
  traced: ({ from, to, rawSize }: Message) => ({ rawSize, rcptTo: to, mailFrom: from }),
};

export const room = {
  name: "email",
  events: [EMAIL],
  builtins: { "cloudflare:email": () => ({ EmailMessage }) },
};
