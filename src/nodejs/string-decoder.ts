// `node:string_decoder`: the library's.

import { StringDecoder } from "string_decoder/";

export default { StringDecoder };
