// What the room of the Web APIs adds to an instance in Node.

import { kinds } from "./node-web-kinds.ts";

export { kinds };
