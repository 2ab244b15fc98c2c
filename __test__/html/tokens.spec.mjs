// Tags: oracle, every-node
// What handlers can read of tokens and do to them, in the worker and in Node.

import { describe } from "node:test";
import { differs } from "../support/miniflare.mjs";
import { inWorkerAndNode as both } from "../support/html.mjs";

const INVALID =
  "This content token is no longer valid. Content tokens are only valid during the execution of the relevant content handler.";

describe("an element", () => {
  both(
    "has a name, a namespace and attributes",
    `const seen = [];
    await rewrite('<DIV Id=a class="b &amp; c" id=d e></DIV><svg><path/></svg><math></math>', {
      "*": element((one) => seen.push([one.tagName, one.namespaceURI, one.removed, [...one.attributes]])),
    });
    return seen;`,
    [
      [
        "div",
        "http://www.w3.org/1999/xhtml",
        false,
        [
          ["id", "a"],
          ["class", "b &amp; c"],
          ["id", "d"],
          ["e", ""],
        ],
      ],
      ["svg", "http://www.w3.org/2000/svg", false, []],
      ["path", "http://www.w3.org/2000/svg", false, []],
      ["math", "http://www.w3.org/1998/Math/MathML", false, []],
    ],
  );

  both(
    "gives a new iterator of its attributes each time",
    `const seen = [];
    await rewrite("<p a=1 b=2>", { p: element(({ attributes }) => {
      seen.push(attributes.next().value, [...attributes], [...attributes], typeof attributes[Symbol.iterator]);
    }) });
    let kept;
    await rewrite("<p a=1 b=2>", { p: element((p) => { kept = p.attributes; seen.push(kept === p.attributes); }) });
    return [...seen, [...kept]];`,
    [
      ["a", "1"],
      [["b", "2"]],
      [],
      "function",
      false,
      [
        ["a", "1"],
        ["b", "2"],
      ],
    ],
  );

  both(
    "reads, sets and removes attributes",
    `const seen = [];
    const html = await rewrite("<p A=1 b='2' c>t</p>", { p: element((p) => {
      seen.push(p.getAttribute("a"), p.getAttribute("A"), p.getAttribute("c"), p.getAttribute("d"),
        p.hasAttribute("B"), p.hasAttribute("d"), p.getAttribute(""), p.hasAttribute(" "));
      seen.push(p.setAttribute("b", '<"&>') === p, p.setAttribute("D", "") === p, p.removeAttribute("c") === p);
      p.removeAttribute("not there").removeAttribute("");
    }) });
    return [html, seen];`,
    ['<p A=1 b="<&quot;&>" d="">t</p>', ["1", "1", "", null, true, false, null, false, true, true, true]],
  );

  both(
    "refuses names that no attribute and no tag can have",
    `const seen = [];
    await rewrite("<p>", { p: element((p) => {
      for (const name of ["", " ", "a b", "a=", "a/", "a>", "a\\n"]) seen.push(caught(() => p.setAttribute(name, "1")));
      for (const name of ["", "1", "a b", "a>", "é"]) seen.push(caught(() => (p.tagName = name)));
    }) });
    return seen.map(([name, message]) => name + ": " + message);`,
    [
      "Attribute name can't be empty.",
      "` ` character is forbidden in the attribute name",
      "` ` character is forbidden in the attribute name",
      "`=` character is forbidden in the attribute name",
      "`/` character is forbidden in the attribute name",
      "`>` character is forbidden in the attribute name",
      "`\n` character is forbidden in the attribute name",
      "Tag name can't be empty.",
      "The first character of the tag name should be an ASCII alphabetical character.",
      "` ` character is forbidden in the tag name",
      "`>` character is forbidden in the tag name",
      "The first character of the tag name should be an ASCII alphabetical character.",
    ].map((text) => `TypeError: Parser error: ${text}`),
  );

  both(
    "gets another name in both of its tags",
    `return rewrite("<p a=1>t</p><br>", { p: element((p) => { p.tagName = "Q"; }), br: element((br) => { br.tagName = "hr"; }) });`,
    "<Q a=1>t</Q><hr>",
  );

  for (const [calls, expected] of Object.entries({
    'before("b1").before("b2").after("a1").after("a2").prepend("p1").prepend("p2").append("x1").append("x2")':
      "b1b2<p>p2p1tx1x2</p>a2a1",
    'before("b").replace("R").after("a").replace("R2")': "bR2a",
    'append("A").prepend("P").setInnerContent("S").append("B")': "<p>SB</p>",
    'prepend("P").append("A").setInnerContent("")': "<p></p>",
    'before("b").after("a").remove()': "ba",
    'before("b").append("x").removeAndKeepContent()': "btx",
    'before("<&>\\"\'")': "&lt;&amp;&gt;\"'<p>t</p>",
    'before("<b>", { html: true }).after("<i>", { html: false }).append("<u>", {}).prepend("<s>", null)':
      "<b><p>&lt;s&gt;t&lt;u&gt;</p>&lt;i&gt;",
    'setInnerContent("<b>", { html: "yes" })': "<p><b></p>",
    'replace("<q>", { html: 1 })': "<q>",
  })) {
    both(`.${calls}`, `return rewrite("<p>t</p>", { p: element((p) => void p.${calls}) });`, expected);
  }

  both(
    "takes other values for their text",
    `return rewrite("<p>t</p>", { p: element((p) => void p.append(1).append(null).append(undefined).append(true)
      .append({ toString: () => "object" }).append([1, 2])) });`,
    "<p>t1nullundefinedtrueobject1,2</p>",
    differs("they break its memory"),
  );

  both(
    "without content takes nothing within it, and has no end tag",
    `const seen = [];
    const touch = element((one) => {
      one.before("b").after("a").prepend("p").append("x").setInnerContent("s");
      seen.push(caught(() => one.onEndTag(() => {})));
    });
    return [await rewrite("<br><svg><path/></svg>", { br: touch, path: touch }), seen];`,
    [
      "b<br>a<svg>b<path/>a</svg>",
      [
        ["TypeError", "Parser error: No end tag."],
        ["TypeError", "Parser error: No end tag."],
      ],
    ],
  );

  both(
    "that is removed still has its handlers called, and those of what is in it",
    `const seen = [];
    const html = await rewrite("1<div>2<p>3</p></div>4", {
      div: { element: (div) => void div.remove(), text: ({ text }) => void seen.push(text) },
      p: element((p) => { p.before("never"); seen.push(p.removed); }),
    });
    return [html, seen.filter((one) => one !== "")];`,
    ["14", ["2", true, "3"]],
  );

  both(
    "keeps properties of one's own while it lives, and has none",
    `const seen = [];
    await rewrite("<p>", { p: element((p) => { p.own = 1; seen.push(p.own, Object.keys(p)); }) });
    return seen;`,
    [1, ["own"]],
    differs("it shows a pointer"),
  );

  both(
    "of a handler differs from that of another handler",
    `const seen = [];
    const made = new HTMLRewriter().on("p", element((p) => seen.push(p))).on("p", element((p) => seen.push(p)));
    await made.transform(new Response("<p>")).text();
    return seen[0] !== seen[1];`,
    true,
  );
});

describe("an end tag", () => {
  both(
    "has a name, and can be changed",
    `const seen = [];
    const html = await rewrite("<p>t</P>u", { p: element((p) => p.onEndTag((tag) => {
      seen.push(tag.name, tag.constructor.name);
      tag.name = "q";
      seen.push(tag.before("<b>").before("2", { html: true }).after("a").after("<a>", { html: true }) === tag);
    })) });
    return [html, seen];`,
    ["<p>t&lt;b&gt;2</q><a>au", ["p", "EndTag", true]],
  );

  both(
    "can be removed",
    `return rewrite("<p>t</p>u", { p: element((p) => p.onEndTag((tag) => void tag.remove().before("b").after("a"))) });`,
    "<p>tbau",
  );

  both(
    "has one handler, the last, of all that the element was given",
    `const seen = [];
    const add = (name) => element((p) => { p.onEndTag(() => seen.push(name + "1")); p.onEndTag(() => seen.push(name + "2")); });
    await new HTMLRewriter().on("p", add("a")).on("p", add("b")).transform(new Response("<p>t</p><p>u</p>")).text();
    return seen;`,
    ["b2", "b2"],
  );

  both(
    "has the element for `this` of a function, and onEndTag returns nothing",
    `const seen = [];
    await rewrite("<p>t</p>", { p: element((p) => {
      seen.push(p.onEndTag(function () { seen.push(this === p); }) === undefined);
    }) });
    return seen;`,
    [true, true],
  );

  both(
    "of another element may be that of several",
    `const seen = [];
    const html = await rewrite("<div><p>a<p>b</div>", { p: element((p) => { p.append("!"); p.onEndTag((tag) => { seen.push(tag.name); }); }) });
    return [html, seen];`,
    ["<div><p>a<p>b!</div>", ["div", "div"]],
  );

  both(
    "needs a function",
    `const seen = [];
    await rewrite("<p>", { p: element((p) => { for (const one of [5, null, undefined]) seen.push(caught(() => p.onEndTag(one))); }) });
    return seen;`,
    [
      ["TypeError", "onEndTag() takes a function, got number"],
      ["TypeError", "onEndTag() takes a function, got null"],
      ["TypeError", "onEndTag() takes a function, got undefined"],
    ],
    differs("its texts are accidental"),
  );

  both(
    "of a removed element is called for too",
    `const seen = [];
    const html = await rewrite("<p>t</p>u", { p: element((p) => { p.remove(); p.onEndTag((tag) => { seen.push(tag.name); tag.after("a"); }); }) });
    return [html, seen];`,
    ["au", ["p"]],
  );
});

describe("a comment", () => {
  both(
    "has a text, and can be changed",
    `const seen = [];
    const html = await rewrite("<!--a--><!-- b --><!---->", {}, { comments(comment) {
      seen.push(comment.text, comment.removed, comment.constructor.name);
      comment.text += "!";
      seen.push(comment.text, comment.before("<b>").after("<a>", { html: true }) === comment);
    } });
    return [html, seen];`,
    [
      "&lt;b&gt;<!--a!--><a>&lt;b&gt;<!-- b !--><a>&lt;b&gt;<!--!--><a>",
      [
        ...["a", false, "Comment", "a!", true],
        ...[" b ", false, "Comment", " b !", true],
        ...["", false, "Comment", "!", true],
      ],
    ],
  );

  both(
    "is replaced and removed",
    `const seen = [];
    const html = await rewrite("<!--a--><!--b-->", {}, { comments(comment) {
      if (comment.text === "a") comment.replace("1").replace("<2>", { html: true });
      else comment.remove();
      seen.push(comment.removed);
    } });
    return [html, seen];`,
    ["<2>", [true, true]],
  );

  both(
    "cannot be ended by its text",
    `const seen = [];
    await rewrite("<!--a-->", {}, { comments(comment) { seen.push(caught(() => (comment.text = "a-->b"))); } });
    return seen.map(([name, message]) => [name, message.slice(0, "Parser error: Comment text shouldn't contain".length)]);`,
    [["TypeError", "Parser error: Comment text shouldn't contain"]],
  );

  both(
    "takes no stream",
    `const seen = [];
    await rewrite("<!--a-->", {}, {
      comments(comment) { for (const name of ["before", "after", "replace"]) seen.push(caught(() => comment[name](new Response("x")))); },
      end(end) { seen.push(caught(() => end.append(new Response("x").body))); },
    });
    return [seen.length, new Set(seen.map(String)).size, seen[0]];`,
    [
      4,
      1,
      [
        "TypeError",
        "Replacing content in HTML comments using a ReadableStream or Response object is not implemented. You must provide a string.",
      ],
    ],
    differs("it takes no streams at all"),
  );
});

describe("a text", () => {
  both(
    "comes in parts, of which the last is marked",
    `const seen = [];
    await rewrite(["<p>te", "st &amp; é</p>"], { p: { text: ({ text, lastInTextNode, removed, constructor }) =>
      void seen.push([text, lastInTextNode, removed, constructor.name]) } });
    return [seen.map(([text]) => text).join(""), seen.map(([, last]) => last).lastIndexOf(true) === seen.length - 1,
      seen.filter(([, last]) => last).length, seen.at(-1), seen.length > 1];`,
    ["test &amp; é", true, 1, ["", true, false, "TextChunk"], true],
  );

  both(
    "can be changed",
    `const seen = [];
    const html = await rewrite("<p>a</p><p>b</p><p>c</p>", { p: { text(chunk) {
      if (chunk.text === "a") seen.push(chunk.before("<1>").after("<2>", { html: true }) === chunk);
      if (chunk.text === "b") seen.push(chunk.replace("<3>").removed);
      if (chunk.text === "c") seen.push(chunk.remove().removed);
    } } });
    return [html, seen];`,
    ["<p>&lt;1&gt;a<2></p><p>&lt;3&gt;</p><p></p>", [true, true, true]],
  );

  both(
    "is read-only",
    `const seen = [];
    const html = await rewrite("<p>a</p>", { p: { text(chunk) { seen.push(caught(() => { "use strict"; chunk.text = "b"; })[0]); } } });
    return [html, seen[0]];`,
    ["<p>a</p>", "TypeError"],
  );
});

describe("a doctype", () => {
  both(
    "has a name and identifiers",
    `const seen = [];
    const doctypes = ['<!DOCTYPE html>', '<!doctype HTML PUBLIC "-//W3C//DTD" "http://x">', "<!DOCTYPE>", '<!DOCTYPE a SYSTEM "s">'];
    for (const html of doctypes) {
      const same = await rewrite(html, {}, { doctype: ({ name, publicId, systemId }) => void seen.push([name, publicId, systemId]) });
      seen.push(same === html);
    }
    return seen;`,
    [
      ["html", null, null],
      true,
      ["html", "-//W3C//DTD", "http://x"],
      true,
      [null, null, null],
      true,
      ["a", null, "s"],
      true,
    ],
  );
});

describe("the end of a document", () => {
  both(
    "takes content",
    `const seen = [];
    const html = await rewrite("<p>", {}, { end(end) { seen.push(end.append("<1>").append("<2>", { html: true }) === end); } });
    return [html, seen];`,
    ["<p>&lt;1&gt;<2>", [true]],
  );
});

describe("a token whose handler is done", () => {
  both(
    "is no longer valid",
    `const kept = {};
    await rewrite("<!DOCTYPE html><p>t<!--c--></p>", { p: {
      element(p) { kept.element = p; p.onEndTag((tag) => { kept.tag = tag; }); },
      comments(comment) { kept.comment = comment; },
      text(chunk) { kept.chunk = chunk; },
    } }, { doctype(doctype) { kept.doctype = doctype; }, end(end) { kept.end = end; } });
    const { element: p, tag, comment, chunk, doctype, end } = kept;
    const uses = [
      () => p.tagName, () => (p.tagName = "q"), () => p.attributes, () => p.removed, () => p.namespaceURI,
      () => p.getAttribute("a"), () => p.hasAttribute("a"), () => p.setAttribute("a", "b"), () => p.removeAttribute("a"),
      () => p.before("x"), () => p.after("x"), () => p.prepend("x"), () => p.append("x"), () => p.replace("x"),
      () => p.setInnerContent("x"), () => p.remove(), () => p.removeAndKeepContent(), () => p.onEndTag(() => {}),
      () => tag.name, () => (tag.name = "q"), () => tag.before("x"), () => tag.after("x"), () => tag.remove(),
      () => comment.text, () => (comment.text = "x"), () => comment.removed, () => comment.before("x"),
      () => comment.after("x"), () => comment.replace("x"), () => comment.remove(),
      () => chunk.text, () => chunk.lastInTextNode, () => chunk.removed, () => chunk.before("x"), () => chunk.after("x"),
      () => chunk.replace("x"), () => chunk.remove(),
      () => doctype.name, () => doctype.publicId, () => doctype.systemId, () => end.append("x"),
    ];
    return [uses.length, [...new Set(uses.map((use) => caught(use).join(": ")))]];`,
    [41, [`TypeError: ${INVALID}`]],
  );

  both(
    "is valid until the promise of the handler has settled",
    `let kept;
    const html = await rewrite("<p>t</p><q>u</q>", {
      p: element(async (p) => { kept = p; await new Promise((resolve) => setTimeout(resolve, 1)); p.append(p.tagName); }),
      q: element((q) => void q.append(caught(() => kept.tagName)[0])),
    });
    return html;`,
    "<p>tp</p><q>uTypeError</q>",
  );
});

describe("content that is a stream or a response", () => {
  both(
    "is read when the output has come to its place",
    `const html = await rewrite("<p>t</p><q>u</q>", {
      p: {
        element(p) {
          p.before(streamOf(["<1", ">"])).after(new Response("<2>"), { html: true }).prepend(new Response(null))
            .append(streamOf([new Uint8Array([0xc3]), new Uint8Array([0xa9, 0xf0])]));
          p.onEndTag((tag) => void tag.before(new Response("3")).after(streamOf(["4"])));
        },
        text: (chunk) => void (chunk.lastInTextNode ? chunk.replace(new Response("5")) : chunk.before(streamOf(["6"])).after(streamOf(["7"]))),
      },
      q: element((q) => void q.setInnerContent(streamOf(["8"])).replace(streamOf([]))),
    });
    return html;`,
    "&lt;1&gt;<p>6t75é\ufffd3</p>4<2>",
    differs("it takes no streams"),
  );

  both(
    "is refused if it is locked",
    `const [stream, response] = [streamOf(["1"]), new Response("2")];
    stream.getReader();
    response.body.getReader();
    const seen = [];
    const html = await rewrite("<p>t</p>", { p: element((p) => {
      for (const content of [stream, response]) seen.push(caught(() => p.append(content))[0]);
      p.append("3");
    }) });
    return [html, seen];`,
    ["<p>t3</p>", ["TypeError", "TypeError"]],
    differs("it takes no streams"),
  );

  both(
    "that fails is what reading rejects with, and content that is not used is cancelled",
    `const cancelled = [];
    const idle = (name) => new ReadableStream({ cancel: () => void cancelled.push(name) });
    const failing = new ReadableStream({ pull() { throw new RangeError("message"); } });
    const error = await caught(() => rewrite("<p>t</p>", { p: element((p) => void p.append(failing).after(idle("after"))) }));
    const text = await rewrite("<p>t</p>", { p: element((p) => void p.prepend(idle("prepend")).setInnerContent("s")) });
    return [error, text, cancelled];`,
    [["RangeError", "message"], "<p>s</p>", ["after", "prepend"]],
    differs("it takes no streams"),
  );
});
