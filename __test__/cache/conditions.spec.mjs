// Tags: oracle, every-node
// Requests with conditions, and for parts of what is cached.

import { describe } from "node:test";
import { inBothRealms } from "../support/both.mjs";
import { differs } from "../support/miniflare.mjs";

const both = inBothRealms("caches", "caches", (mf) => mf.getCaches());
const ASK = `const URL_A = "http://localhost/a";
const put = (headers = {}) => caches.default.put(URL_A, new Response("0123456789",
  { headers: { "Cache-Control": "max-age=60", "Content-Type": "text/plain", ...headers } }));
const ask = (headers) => caches.default.match(new Request(URL_A, { headers }));
const statuses = (name, values) =>
  Promise.all(values.map(async (value) => (await ask({ [name]: value })).status));`;

describe("If-None-Match", () => {
  both(
    "is answered with 304 for the tag that is cached, weak or not",
    `${ASK} await put({ ETag: '"tag"' });
    return statuses("If-None-Match", ['"tag"', 'W/"tag"', ' "tag" ', '"other", "tag"', "*", '"other"', "tag", '"ta"']);`,
    [304, 304, 304, 304, 304, 200, 200, 200],
  );

  both(
    "is answered without a body, and with the headers that are cached",
    `${ASK} await put({ ETag: 'W/"tag"', "X-Key": "value" });
    const response = await ask({ "If-None-Match": '"tag"' });
    return [response.body, response.headers.get("X-Key"), response.headers.get("CF-Cache-Status")];`,
    [null, "value", "HIT"],
  );

  both(
    "means nothing to a response without a tag",
    `${ASK} await put(); return statuses("If-None-Match", ['"tag"', "*"]);`,
    [200, 200],
  );
});

describe("If-Modified-Since", () => {
  both(
    "is answered with 304 unless the response changed since",
    `${ASK} await put({ "Last-Modified": "Tue, 13 Sep 2022 12:00:00 GMT" });
    return statuses("If-Modified-Since", ["Tue, 13 Sep 2022 12:00:00 GMT", "Tue, 13 Sep 2022 13:00:00 GMT",
      "Tue, 13 Sep 2022 11:00:00 GMT"]);`,
    [304, 304, 200],
  );

  both(
    "is read in one form only",
    `${ASK} await put({ "Last-Modified": "Tue, 13 Sep 2022 12:00:00 GMT" });
    return statuses("If-Modified-Since", ["2022-09-14", "Tuesday, 13-Sep-22 13:00:00 GMT", "13 Sep 2022 13:00:00 GMT"]);`,
    [200, 200, 200],
  );
});

describe("Range", () => {
  both(
    "is answered with the part",
    `${ASK} await put();
    const part = async (range) => {
      const response = await ask({ Range: range });
      const { headers } = response;
      return [response.status, headers.get("Content-Range"), headers.get("Content-Length"), await response.text()];
    };
    return [await part("bytes=2-4"), await part("bytes=7-"), await part("bytes=-2"), await part(" BYTES = 8 - 100 ")];`,
    [
      [206, "bytes 2-4/10", "3", "234"],
      [206, "bytes 7-9/10", "3", "789"],
      [206, "bytes 8-9/10", "2", "89"],
      [206, "bytes 8-9/10", "2", "89"],
    ],
  );

  both(
    "of everything is answered with everything",
    `${ASK} await put();
    const whole = async (range) => {
      const response = await ask({ Range: range });
      return [response.status, response.headers.get("Content-Range"), await response.text()];
    };
    return [await whole("bytes="), await whole("bytes=-10"), await whole("bytes=-20")];`,
    Array(3).fill([200, null, "0123456789"]),
  );

  both(
    "that there is not is answered with 416",
    `${ASK} await put();
    const refused = async (range) => {
      const response = await ask({ Range: range });
      return [response.status, response.headers.get("Content-Range"), response.body];
    };
    return Promise.all(["bytes=10-", "bytes=4-2", "items=0-1", "bytes=one", "bytes=0-1,20-30"].map(refused));`,
    Array(5).fill([416, "bytes */10", null]),
  );

  both(
    "of several parts is answered with all of them in one body",
    `${ASK} await put();
    const response = await ask({ Range: "bytes=1-2, 5-6,-1" });
    const [, boundary] = /^multipart\\/byteranges; boundary=(miniflare-boundary-\\d+)$/.exec(
      response.headers.get("Content-Type"));
    const text = await response.text();
    return [response.status, text.replaceAll(boundary, "B").split("\\r\\n")];`,
    [
      206,
      [
        ...["--B", "Content-Type: text/plain", "Content-Range: bytes 1-2/10", "", "12"],
        ...["--B", "Content-Type: text/plain", "Content-Range: bytes 5-6/10", "", "56"],
        ...["--B", "Content-Type: text/plain", "Content-Range: bytes 9-9/10", "", "9"],
        "--B--",
      ],
    ],
  );

  both(
    "of parts that overlap too much is answered with everything",
    `${ASK} await put();
    const response = await ask({ Range: "bytes=" + Array(1000).fill("0-").join() });
    return [response.status, (await response.text()).length];`,
    [200, 10],
    differs("it sends each part"),
  );

  both(
    "comes after the conditions",
    `${ASK} await put({ ETag: '"tag"' });
    return (await ask({ Range: "bytes=1-2", "If-None-Match": '"tag"' })).status;`,
    304,
  );
});
