// All tables, in the order they run in.

import bodies from "./bodies.mjs";
import clones from "./clones.mjs";
import console from "./console.mjs";
import crypto from "./crypto.mjs";
import events from "./events.mjs";
import fetch from "./fetch.mjs";
import headers from "./headers.mjs";
import language from "./language.mjs";
import order from "./order.mjs";
import r2 from "./r2.mjs";
import requests from "./requests.mjs";
import responses from "./responses.mjs";
import streams from "./streams.mjs";
import text from "./text.mjs";
import urls from "./urls.mjs";

export const tables = [
  headers,
  requests,
  responses,
  bodies,
  fetch,
  streams,
  text,
  urls,
  crypto,
  clones,
  events,
  order,
  console,
  language,
  r2,
];
