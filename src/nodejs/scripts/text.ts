// The lazy script of the modules for paths and URLs.

import path, { posix, win32 } from "../path.ts";
import punycode from "../punycode.ts";
import querystring from "../querystring.ts";
import url from "../url.ts";

export const modules = { path, "path/posix": posix, "path/win32": win32, punycode, querystring, url };
