// Tags: oracle, every-node
// Which elements a selector matches, and which selectors are refused.

import { describe } from "node:test";
import { differs } from "../support/miniflare.mjs";
import { inWorkerAndNode as both } from "../support/html.mjs";

const HTML = `<main id=m class="a b" lang=en-GB title="one two">
<p id=p1 class=a>1<a id=a1 href=http://x>2</a></p><p id=p2 CLASS="b a">3<b id=b1></b></p>
<ul id=u><li id=l1></li><li id=l2></li><li id=l3></li><li id=l4></li></ul><a:b id=n></a:b>
</main>`;

/** The ids that selectors match. */
const MATCHES = {
  "*": "m p1 a1 p2 b1 u l1 l2 l3 l4 n",
  "*|*": "m p1 a1 p2 b1 u l1 l2 l3 l4 n",
  p: "p1 p2",
  P: "p1 p2",
  "a\\:b": "n",
  "main a": "a1",
  "main > a": "",
  "main > p": "p1 p2",
  "main>p>a": "a1",
  "main p   a": "a1",
  "a, b": "a1 b1",
  ".a": "m p1 p2",
  ".a.b": "m p2",
  ".A": "",
  "#p2": "p2",
  "p#p2.a": "p2",
  "[class]": "m p1 p2",
  "[class=a]": "p1",
  "[class='b a']": "p2",
  "[class=A i]": "p1",
  "[class=A]": "",
  "[class=a s]": "p1",
  "[class~=b]": "m p2",
  "[href^=http]": "a1",
  "[href$=x]": "a1",
  "[href*='://']": "a1",
  "[lang|=en]": "m",
  "[title~='one two']": "",
  "p:first-child": "p1",
  "li:nth-child(2)": "l2",
  "li:nth-child(2n+1)": "l1 l3",
  "li:nth-child(odd)": "l1 l3",
  "li:nth-child(even)": "l2 l4",
  "li:nth-child(-n+2)": "l1 l2",
  "p:nth-of-type(2)": "p2",
  "p:first-of-type": "p1",
  "a:first-of-type": "a1",
  "p:not(.b)": "p1",
  ":not([class]):not(li):not(*|u)": "a1 b1 u n",
  "li:not(:first-child)": "l2 l3 l4",
};

describe("a selector", () => {
  both(
    "matches the elements that it says",
    `const found = {};
    for (const selector of ${JSON.stringify(Object.keys(MATCHES))}) {
      const ids = [];
      await rewrite(${JSON.stringify(HTML)}, { [selector]: element((one) => void ids.push(one.getAttribute("id"))) });
      found[selector] = ids.join(" ");
    }
    return found;`,
    MATCHES,
  );

  both(
    "that has several items is one",
    `let count = 0;
    await rewrite("<p class=a></p>", { "p, .a, p.a": element(() => void count++) });
    return count;`,
    1,
  );

  both(
    "is text, or becomes it",
    `return rewrite("<p>t</p>", { p: element((p) => void p.append("!")) }) && new HTMLRewriter()
      .on({ toString: () => "p" }, element((p) => void p.append("!"))).transform(new Response("<p>t</p>")).text();`,
    "<p>t!</p>",
    differs("it breaks its memory"),
  );

  both(
    "may have names of attributes in upper case",
    `let count = 0;
    await rewrite("<p class=a><p CLASS=b><p>", { "[CLASS]": element(() => void count++) });
    return count;`,
    2,
    differs("it matches nothing"),
  );

  both(
    "may negate a list",
    `const ids = [];
    await rewrite("<p class=a><q><b>", { ":not(p, q)": element((one) => void ids.push(one.tagName)) });
    return ids;`,
    ["b"],
    differs("the list is refused"),
  );
});

/** What reading rejects with, behind "Parser error: ". */
const REFUSED = {
  "p:last-child": "Unsupported pseudo-class or pseudo-element in selector.",
  "a:hover": "Unsupported pseudo-class or pseudo-element in selector.",
  "p::before": "Unsupported pseudo-class or pseudo-element in selector.",
  ":empty": "Unsupported pseudo-class or pseudo-element in selector.",
  ":root": "Unsupported pseudo-class or pseudo-element in selector.",
  ":is(p)": "Unsupported pseudo-class or pseudo-element in selector.",
  ":only-child": "Unsupported pseudo-class or pseudo-element in selector.",
  ":nth-last-child(1)": "Unsupported pseudo-class or pseudo-element in selector.",
  "p + p": "Unsupported combinator `+` in selector.",
  "p ~ p": "Unsupported combinator `~` in selector.",
  "": "The selector is empty.",
  "p,": "The selector is empty.",
  ".1a": "The selector is empty.",
  "p >": "Dangling combinator in selector.",
  "svg|p": "Selectors with explicit namespaces are not supported.",
  ":not(:not(a))": "Nested negation in selector.",
  "[": "Unexpected end of selector.",
  "[a=": "Unexpected end of selector.",
  "p..a": "Invalid or unescaped class name in selector.",
  "p[a!=b]": "Unexpected token in the attribute selector.",
  ":not(p a)": "Unexpected token in selector.",
  ":not(.a.b)": "Unexpected token in selector.",
  ":not(p.a)": "Unexpected token in selector.",
  ":nth-child(2 of p)": "Unexpected token in selector.",
};

describe("a selector that is not supported", () => {
  both(
    "is what reading rejects for, and `on` does not",
    `const found = {};
    for (const selector of ${JSON.stringify(Object.keys(REFUSED))}) {
      const response = rewriter({ [selector]: {} }).transform(new Response("<p>t</p>"));
      found[selector] = (await caught(() => response.text())).join(": ").replace("TypeError: Parser error: ", "");
    }
    return found;`,
    REFUSED,
  );

  both(
    "is one of more than 128 parts, however long it is",
    `const long = (parts) => "a ".repeat(parts) + "a";
    return [await caught(() => rewrite("<a>", { [long(126)]: {} })), await caught(() => rewrite("<a>", { [long(128)]: {} })),
      (await caught(() => rewrite("<a>", { [long(100_000)]: {} })))[0],
      (await caught(() => rewrite("<a>", { [":not(".repeat(100_000)]: {} })))[0]];`,
    ["nothing thrown", ["TypeError", "Parser error: Selector has more than 128 parts."], "TypeError", "TypeError"],
    differs("there is no such limit"),
  );
});

describe("markup that leaves open what follows it", () => {
  both(
    "is a TypeError",
    `const [name, message] = await caught(() => rewrite("<select><xmp><script>x</script>", { "*": { text() {} } }));
    return [name, message.slice(0, 63)];`,
    ["TypeError", "Parser error: The parser has encountered a text content tag (`<"],
    differs("it is a string"),
  );
});
