// What the classes of rooms are over in Node, where the worker's are over the context of a request.

import { later } from "./later.ts";

/** Calls from outside a request are not counted as subrequests, wait for no gate and advance no request's time. */
const outside = { begin() {}, depart() {}, advance() {}, later };

export { outside };
