// What is used of picomatch, which brings no types.

declare module "picomatch" {
  interface PicomatchOptions {
    /** A wildcard matches names that begin with a dot. */
    dot?: boolean;
    /** A star crosses folders. */
    bash?: boolean;
    /** A glob matches any part of a text. */
    contains?: boolean;
    /** Globs of what does not match. */
    ignore?: string[];
  }
  /** A function that returns whether a text matches one of the globs. */
  function picomatch(globs: string[], options?: PicomatchOptions): (text: string) => boolean;
  namespace picomatch {
    function makeRe(glob: string, options?: PicomatchOptions): RegExp;
  }
  export default picomatch;
}
