// What the room of the Web APIs adds to an instance in Node.

import { kinds } from "./node-web-kinds.ts";
import { methods } from "./test-methods.ts";

export { kinds, methods };
