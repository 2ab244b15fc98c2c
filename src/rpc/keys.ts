// What a call is for, as one text on the wire: lists of names would cross item by item, in each of the realms. The same few texts
// come again and again, so both ends keep what they mean. One copy runs in the worker and one in Node.

/** More than this, and a program makes names up: then nothing is kept for long. */
const MOST = 1000;

/** Remembers what `make` makes of texts. */
export class Remembered<Made> {
  #made = new Map<string, Made>();
  #make: (text: string) => Made;

  constructor(make: (text: string) => Made) {
    this.#make = make;
  }

  get(text: string): Made {
    const known = this.#made.get(text);
    if (known !== undefined) return known;
    if (this.#made.size === MOST) this.#made.clear();
    const made = this.#make(text);
    this.#made.set(text, made);
    return made;
  }
}

/** Of a call that a worker makes: the address of a service or an object, and the names that lead to the member. */
export type Wanted = [address: string[], path: string[]];
/** Of a call that a worker serves: the address of an object, empty for an entrypoint, whose name follows. */
export type Served = [address: string[], entrypoint: string | null, path: string[]];

export const parsed = <Parts>() => new Remembered<Parts>((text) => JSON.parse(text) as Parts);
