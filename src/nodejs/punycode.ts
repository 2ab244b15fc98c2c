// `node:punycode`: the library's.

import punycode from "unenv/node/punycode";

export default { ...punycode };
