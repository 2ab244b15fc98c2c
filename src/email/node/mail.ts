// What is read of a message: the headers of its raw form, and addresses, with or without a name.

import { randomBytes } from "node:crypto";

/** An address, perhaps with the name of its owner. */
export type Address = string | { email: string; name?: string };

export const addressOf = (given: Address): string => (typeof given === "string" ? given : given.email);

/** The addresses of a member that may be one, several or absent. */
export const addressesOf = (given: Address | Address[] | undefined): string[] =>
  given === undefined ? [] : [given].flat().map(addressOf);

/** The headers of a raw message; a line that begins with white space continues the one before it. */
export function headersOf(raw: string): Headers {
  const headers = new Headers();
  const [head] = raw.split(/\r?\n\r?\n/, 1);
  for (const line of head.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
    const [, name, value] = /^([!-9;-~]+):(.*)$/.exec(line) ?? [];
    if (name !== undefined) headers.append(name, value.trim());
  }
  return headers;
}

/** The address in a header such as `From: Name <name@example.com>`. */
export const addressIn = (header: string): string => /<([^>]*)>\s*$/.exec(header)?.[1] ?? header.trim();

/** A new identity for a message of a sender. */
export const newMessageId = (from: string): string =>
  `<${randomBytes(27).toString("base64url")}@${from.slice(from.lastIndexOf("@") + 1)}>`;
