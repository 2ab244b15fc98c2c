// Generated selectors and changes on generated HTML, by Miniflare 2's rewriter and by this one: the same calls of handlers,
// and the same output. `MINIFLARE_SEED` runs one seed again.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe } from "node:test";
import * as ours from "../../doors/html-rewriter.mjs";
import { Response } from "../../index.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { within } from "../support/test.mjs";

const require = createRequire(import.meta.url);
const theirs = { ...require("@miniflare/html-rewriter"), ...require("@miniflare/core") };
const test = within(290_000);
const DOCUMENTS = 150;

const TAGS = "a b div p span ul li table tr td h1 section em x-y".split(" ");
const VOID = "br img input hr meta".split(" ");
const RAW = "script style title textarea".split(" ");
const ATTRIBUTES = "id class href title data-a lang".split(" ");
const VALUES = ["a", "b", "a b", "A", "x-1", "en-GB", "http://x/?a=1&amp;b=2", "", "ä€😀", "a'b"];
const TEXTS = ["text", " ", "a &amp; b", "ä€😀", "1 < 2", "\n", "&lt;", "]]>", "long ".repeat(30)];

class Generator {
  constructor(seed) {
    this.random = randomOf(seed);
  }

  number = (most) => Math.floor(this.random() * most);
  of = (list) => list[this.number(list.length)];
  chance = (share) => this.random() < share;
  list = (most, make) => Array.from({ length: this.number(most + 1) }, () => make());

  document() {
    const doctype = this.chance(0.3)
      ? this.of(["<!DOCTYPE html>", '<!doctype HTML PUBLIC "p" "s">', "<!DOCTYPE>"])
      : "";
    return doctype + this.list(4, () => this.node(5)).join("");
  }

  node(depth) {
    const kind = this.number(12);
    if (kind < 3) return this.of(TEXTS);
    if (kind === 3) return this.of(["<!--c-->", "<!---->", "<!-- a > b -->", "<!x>", "<?y?>"]);
    if (kind === 4) return this.tag(this.of(VOID), this.of([">", "/>", " />"]));
    if (kind === 5) return this.raw(this.of(RAW));
    if (kind === 6 && this.chance(0.3)) return `<svg>${this.tag("path", "/>")}<g>${this.of(TEXTS)}</g></svg>`;
    return this.element(this.of(TAGS), depth);
  }

  element(name, depth) {
    const content = depth === 0 ? "" : this.list(4, () => this.node(depth - 1)).join("");
    // Tags that are not closed, or by the wrong one.
    const end = this.chance(0.1) ? this.of(["", "</q>", `</${name} a=b>`, `</${name.toUpperCase()}>`]) : `</${name}>`;
    return this.tag(this.chance(0.1) ? name.toUpperCase() : name, ">") + content + end;
  }

  raw = (name) => `${this.tag(name, ">")}${this.of(["var a = 1;", "a < b", "</x>", "", "text"])}</${name}>`;

  tag(name, end) {
    const used = new Set();
    const attributes = this.list(3, () => this.of(ATTRIBUTES)).filter((one) => !used.has(one) && used.add(one));
    return `<${name}${attributes.map((one) => ` ${this.attribute(one)}`).join("")}${end}`;
  }

  attribute(name) {
    const value = this.of(VALUES);
    if (this.chance(0.1)) return name;
    if (this.chance(0.2) && /^[\w-]+$/.test(value)) return `${name}=${value}`;
    return value.includes("'") || this.chance(0.7) ? `${name}="${value}"` : `${name}='${value}'`;
  }

  selector() {
    if (this.chance(0.03)) return this.of(["p + p", "a:hover", "", "p >", "[", "p..a", ":not(:not(a))", ":not(.a.b)"]);
    return [this.complex(), ...(this.chance(0.15) ? [this.complex()] : [])].join(", ");
  }

  complex = () => [this.compound(), ...this.list(2, () => this.compound())].join(this.of([" ", " > ", ">"]));

  compound() {
    const name = this.chance(0.2) ? "*" : this.of([...TAGS, ...VOID, ...RAW, "path", "g"]);
    const negated = this.chance(0.15) ? `:not(${this.simple()})` : "";
    return name + (this.chance(0.4) ? this.simple() : "") + negated;
  }

  simple() {
    const nth = this.of(["2", "odd", "2n+1", "-n+3", "n", "even"]);
    const attribute = this.of(ATTRIBUTES);
    const operator = this.of(["=", "~=", "^=", "$=", "*=", "|="]);
    return this.of([
      ".a",
      ".b",
      "#a",
      `[${attribute}]`,
      `[${attribute}${operator}"${this.of(["a", "b", "A", "x", "en", "http", "a b"])}"${this.of(["", " i", " s"])}]`,
      ":first-child",
      ":first-of-type",
      `:nth-child(${nth})`,
      `:nth-of-type(${nth})`,
    ]);
  }

  /** What a handler does: a list of methods with their arguments, which are not the generator's business any more. */
  changes(methods) {
    return this.list(3, () => {
      const method = this.of(methods);
      if (/^(remove|removeAndKeepContent)$/.test(method)) return [method];
      if (method === "setAttribute") return [method, this.of(ATTRIBUTES), this.of(VALUES)];
      if (method === "removeAttribute" || method === "getAttribute") return [method, this.of(ATTRIBUTES)];
      if (method === "tagName" || method === "text" || method === "name") return [method, this.of(["q", "new-name"])];
      return [method, this.of(["[text]", "<i>&</i>", ""]), { html: this.chance(0.5) }];
    });
  }

  plan() {
    const content = ["before", "after", "replace", "remove"];
    const inner = ["prepend", "append", "setInnerContent", "removeAndKeepContent"];
    const attributes = ["setAttribute", "removeAttribute", "getAttribute", "tagName"];
    const handlers = () => ({
      selector: this.selector(),
      element: this.changes([...content, ...inner, ...attributes, ...attributes]),
      end: this.chance(0.3) ? this.changes(["before", "after", "remove", "name"]) : undefined,
      comments: this.chance(0.3) ? this.changes([...content, "text"]) : undefined,
      text: this.chance(0.4) ? this.changes(content) : undefined,
    });
    const ofDocument = {
      comments: this.chance(0.2) ? this.changes([...content, "text"]) : undefined,
      text: this.chance(0.2) ? this.changes(content) : undefined,
      end: this.changes(["append"]),
    };
    return {
      html: this.document(),
      elements: [handlers(), ...this.list(3, handlers)],
      ofDocument,
      isAsync: this.chance(0.3),
    };
  }
}

function change(token, changes) {
  return changes.map(([name, ...args]) => {
    if (name === "tagName" || name === "text" || name === "name") return (token[name] = args[0]);
    const result = token[name](...args);
    return result === token ? "itself" : result;
  });
}

/** Runs a plan: what was called, and what came of it. */
async function run({ HTMLRewriter, Response }, { html, elements, ofDocument, isAsync }) {
  const calls = [];
  const texts = {};
  /** A text comes in parts that are not the same; it is changed where it ends. */
  const text = (name, changes) => (chunk) => {
    texts[name] = (texts[name] ?? "") + chunk.text;
    if (!chunk.lastInTextNode) return;
    calls.push([name, texts[name]]);
    texts[name] = "";
    change(chunk, changes);
  };
  const comments = (name, changes) => (comment) => {
    calls.push([name, comment.text, comment.removed, ...change(comment, changes)]);
  };
  const rewriter = new HTMLRewriter();
  for (const [index, one] of elements.entries()) {
    rewriter.on(one.selector, {
      async element(element) {
        const { tagName, namespaceURI, removed } = element;
        calls.push([index, tagName, namespaceURI, removed, ...element.attributes]);
        if (isAsync) await null;
        calls.push(change(element, one.element));
        if (one.end === undefined) return;
        try {
          element.onEndTag((tag) => void calls.push([index, tag.name, ...change(tag, one.end)]));
        } catch (error) {
          calls.push(error.message);
        }
      },
      ...(one.comments && { comments: comments(`comments ${index}`, one.comments) }),
      ...(one.text && { text: text(`text ${index}`, one.text) }),
    });
  }
  rewriter.onDocument({
    doctype: ({ name, publicId, systemId }) => void calls.push([name, publicId, systemId]),
    end: (end) => void change(end, ofDocument.end),
    ...(ofDocument.comments && { comments: comments("comments", ofDocument.comments) }),
    ...(ofDocument.text && { text: text("text", ofDocument.text) }),
  });
  try {
    return { calls, output: await rewriter.transform(new Response(html)).text() };
  } catch (error) {
    return { calls, error: String(error?.message ?? error).replace("Parser error: ", "") };
  }
}

describe("on generated documents", () => {
  test("the two rewriters do the same", async (t) => {
    const seed = seedOf(t);
    let matched = 0;
    for (let index = 0; index < DOCUMENTS; index++) {
      const plan = new Generator(seed + index).plan();
      const [mine, expected] = [await run({ ...ours, Response }, plan), await run(theirs, plan)];
      matched += mine.calls.length;
      assert.deepEqual(mine, expected, `MINIFLARE_SEED=${seed + index}\n${JSON.stringify(plan, null, 1)}`);
    }
    assert.ok(matched > DOCUMENTS, `only ${matched} calls`);
  });
});
