"use strict";
// Forms as bodies, in the words of the HTML standard's multipart/form-data. One of texts alone is a text; a file's bytes
// come later, and are left to Node.

const BOUNDARIES = 1e13;

/** `[body, content type]` of a form whose entries are texts; undefined for whatever else. */
function textOfForm(body) {
  if (!isForm(body)) return undefined;
  const boundary = `----miniflare-rs-${Math.floor(Math.random() * BOUNDARIES)
    .toString()
    .padStart(13, "0")}`;
  let text = "";
  for (const [name, value] of body) {
    if (typeof value !== "string") return undefined;
    text += `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"\r\n\r\n${newlines(value)}\r\n`;
  }
  return [`${text}--${boundary}--\r\n`, `multipart/form-data; boundary=${boundary}`];
}

/** Node loads its own class when it is named, which one who has a form has done. */
function isForm(body) {
  return typeof body?.append === "function" && Object.prototype.toString.call(body) === "[object FormData]";
}

const newlines = (text) => text.replace(/\r\n?|\n/g, "\r\n");
const ESCAPES = { "\n": "%0A", "\r": "%0D", '"': "%22" };
const escaped = (name) => newlines(name).replace(/[\n\r"]/g, (character) => ESCAPES[character]);

module.exports = { textOfForm };
