// `node:querystring`: the library's port of Node's.

import querystring from "unenv/node/querystring";

export * from "unenv/node/querystring";
export default { ...querystring };
