// What the room of HTML rewriters adds to Node's half.

const ESI = "html_rewriter_treats_esi_include_as_void_tag";

/** `flags` are the enabled compatibility flags. */
const testGlobals = {
  HTMLRewriter(flags: readonly string[]) {
    const { rewriterClass } = require("./html-backend.ts") as typeof import("./html-backend.ts");
    return rewriterClass(flags.includes(ESI));
  },
};

export { testGlobals };
