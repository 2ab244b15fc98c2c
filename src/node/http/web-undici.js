"use strict";
// The fetch classes of undici, of which Node's own are a copy: for a process in which Node's cannot be found any more.

const { FormData } = require("undici-7/lib/web/fetch/formdata.js");
const { Headers } = require("undici-7/lib/web/fetch/headers.js");
const { Request } = require("undici-7/lib/web/fetch/request.js");
const { Response } = require("undici-7/lib/web/fetch/response.js");

module.exports = { FormData, Headers, Request, Response };
