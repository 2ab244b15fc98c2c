// The fetch classes of undici, of which Node's own are a copy: for a process in which Node's cannot be found any more.

import { FormData } from "undici-7/lib/web/fetch/formdata.js";
import { Headers } from "undici-7/lib/web/fetch/headers.js";
import { Request } from "undici-7/lib/web/fetch/request.js";
import { Response } from "undici-7/lib/web/fetch/response.js";

export { FormData, Headers, Request, Response };
