// What workers do with HTMLRewriter, for V8's code of the lazy scripts.
async ({ expect }) => {
  const rewriter = new HTMLRewriter()
    .on("a[href]", {
      element(element) {
        const href = element.getAttribute("href");
        element.setAttribute("href", `${href}?${element.tagName}${element.hasAttribute("id")}`);
        element.before("<b>").append("<i>", { html: true }).removeAttribute("id");
        expect([...element.attributes].length, 1);
        element.onEndTag((tag) => void tag.after(tag.name));
      },
      text: (chunk) => void (chunk.lastInTextNode && chunk.before("!")),
    })
    .on("p", { element: (element) => element.setInnerContent("inner") })
    .onDocument({
      doctype: (doctype) => expect(doctype.name, "html"),
      comments: async (comment) => void comment.replace(comment.text),
      end: (end) => end.append("end"),
    });
  const html = '<!DOCTYPE html><a href="x" id=1>t</a><!--c--><p>u</p>';
  const response = rewriter.transform(new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8" } }));
  expect(await response.text(), '<!DOCTYPE html>&lt;b&gt;<a href="x?atrue">t!<i></a>ac<p>inner</p>end');
};
