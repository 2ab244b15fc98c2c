// Whether a script is a module, where nothing says so.

import vm from "node:vm";

/** A script without these words is no module. */
const MAY_BE_MODULE = /\b(?:import|export)\b/;

/** Returns whether a script has imports or exports. */
export const isModule = (text: string): boolean => MAY_BE_MODULE.test(text) && !isClassic(text);

/** The words may be in a comment or a text: only a parser knows. */
function isClassic(text: string): boolean {
  try {
    new vm.Script(text);
    return true;
  } catch {
    return false;
  }
}
