// A document of 1 MB, rewritten with ten handlers in the worker.
import { withInstance } from "../lib/instance.mjs";
import { millisPerCall } from "../lib/timing.mjs";

const script = `
const text = "Some text &amp; more of it. ".repeat(25);
const row = (index) => \`<tr id="row-\${index}" class="row \${index % 2 ? "odd" : "even"}"><td><a href="http://example.com/\${index}">Link \${index}</a></td>
<td><img src="/images/\${index}.png" alt="Image"><span>\${text}</span><!-- \${index} --></td></tr>\n\`;
const rows = Array.from({ length: 1200 }, (_, index) => row(index)).join("");
const html = \`<!DOCTYPE html><html><head><title>Title</title><script src="/a.js"></script></head><body><table>\n\${rows}</table></body></html>\`;

const counts = { rows: 0, text: 0, comments: 0 };
const rewriter = new HTMLRewriter()
  .on("a[href]", { element(a) { a.setAttribute("href", a.getAttribute("href").replace("http:", "https:")); } })
  .on("img", { element(img) { img.setAttribute("loading", "lazy"); } })
  .on("tr.odd", { element(tr) { tr.removeAttribute("class"); } })
  .on("tr", { element() { counts.rows++; } })
  .on("head", { element(head) { head.append('<meta name="a">', { html: true }); } })
  .on("script", { element(script) { script.remove(); } })
  .on("title", { element(title) { title.setInnerContent("Other"); } })
  .on("td > span", { text() { counts.text++; } })
  .onDocument({ comments(comment) { comment.remove(); counts.comments++; } })
  .onDocument({ end(end) { end.append("<!-- end -->", { html: true }); } });

export default {
  fetch: () => rewriter.transform(new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8" } })),
};`;

export default {
  name: "s44-html-rewriter",
  unit: "ms",
  doc: "`dispatchFetch` to a worker that rewrites 1 MB of HTML with ten handlers",
  target: { share: 0.5 },
  run({ Miniflare }) {
    return withInstance(Miniflare, { script }, (mf) =>
      millisPerCall(
        async () => {
          const response = await mf.dispatchFetch("http://localhost/");
          const text = await response.text();
          if (!text.endsWith("<!-- end -->") || text.includes("http:")) throw new Error("the answer is wrong");
        },
        { warmUp: 3, calls: 20 },
      ),
    );
  },
};
