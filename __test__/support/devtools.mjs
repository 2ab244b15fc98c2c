// Chrome DevTools as a person sees it: the frontend that Chromium serves, in a page, connected to a debugger's address.

import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";
import { openPage } from "./chromium.mjs";

/** Calls `each(element)` for all elements of the page, those in shadow trees included, until it returns something. */
const FIND = `const find = (each, root = document) => {
  for (const element of root.querySelectorAll("*")) {
    const found = each(element) ?? (element.shadowRoot ? find(each, element.shadowRoot) : undefined);
    if (found !== undefined) return found;
  }
};`;

const NEXT_FRAME = "new Promise((painted) => requestAnimationFrame(() => painted(true)))";
/** How long a click is given before the next one. */
const FRAMES = 60;

/** Opens DevTools for a worker, or for files alone. */
export async function openDevTools(t, url = undefined) {
  const page = await openPage(t);
  const address = url === undefined ? "" : `&ws=${await relay(t, url)}`;
  await page.open(`http://${page.host}/devtools/js_app.html?v8only=true${address}`);
  return new DevTools(page);
}

/**
 * Where the page connects to. Chromium opens its own page for this, `devtools://devtools`, in windows alone, so the frontend is
 * served by HTTP here: its connections get the origin that they have there.
 */
async function relay(t, url) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  t.after(() => server.close());
  await once(server, "listening");
  server.on("connection", async (page) => {
    const early = [];
    const keep = (data) => early.push(String(data));
    page.on("message", keep);
    const worker = new WebSocket(url, { origin: "devtools://devtools" });
    t.after(() => worker.terminate());
    worker.on("message", (data) => page.send(String(data)));
    worker.on("close", () => page.close());
    page.on("close", () => worker.close());
    await once(worker, "open");
    page.off("message", keep);
    page.on("message", (data) => worker.send(String(data)));
    for (const text of early) worker.send(text);
  });
  return `127.0.0.1:${server.address().port}/`;
}

class DevTools {
  #page;

  constructor(page) {
    this.#page = page;
  }

  /** Waits until a function of the page, whose `find` looks for elements, returns something else than undefined; returns that. */
  async until(look, ...args) {
    const expression = `(() => { ${FIND} return (${look})(find, ...${JSON.stringify(args)}); })()`;
    for (;;) {
      const value = await this.#page.value(expression);
      if (value !== undefined) return value;
      await this.#page.value(NEXT_FRAME);
    }
  }

  /**
   * Waits for an element that has this text as a whole, but for white space around it, or as a part of its own between other
   * elements; and this class if one is given.
   */
  text(text, name = undefined) {
    const look = (find, wanted, className) =>
      find((element) => {
        if (className !== null && !element.classList.contains(className)) return undefined;
        return [element, ...element.childNodes].some((node) => node.textContent.trim() === wanted) ? true : undefined;
      });
    return this.until(look, text, name ?? null);
  }

  /** Opens a file that has been loaded, by its name in the list, until it shows a text: while it is being read, it shows nothing. */
  async show(file, text) {
    const isShown = (find, wanted) => {
      const has = (element) => [...element.childNodes].some((node) => node.textContent.trim() === wanted);
      return find((element) => (has(element) ? true : undefined)) ?? false;
    };
    for (;;) {
      await this.click("treeitem", "Profiles");
      await this.click("title", file);
      for (let frame = 0; frame < FRAMES; frame++) {
        if (await this.until(isShown, text)) return;
        await this.#page.value(NEXT_FRAME);
      }
    }
  }

  /** The texts of all elements with this class, once there is one. */
  texts(name) {
    const look = (find, wanted) => {
      const texts = [];
      find((element) => {
        if (element.classList.contains(wanted)) texts.push(element.textContent);
      });
      return texts.length > 0 ? texts : undefined;
    };
    return this.until(look, name);
  }

  /** Clicks on an element that has this class, or role, and this text as its label or its content. */
  async click(kind, text) {
    const look = (find, wanted, content) =>
      find((element) => {
        if (!element.classList.contains(wanted) && element.getAttribute("role") !== wanted) return undefined;
        const label = element.getAttribute("aria-label") ?? element.textContent.trim();
        if (label !== content) return undefined;
        const { left, top, width, height } = element.getBoundingClientRect();
        return width === 0 ? undefined : { x: left + width / 2, y: top + height / 2 };
      });
    const place = await this.until(look, kind, text);
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.#page.send("Input.dispatchMouseEvent", { type, ...place, button: "left", clickCount: 1 });
    }
  }

  /** Shows a panel. A busy one lets no other be shown, so that it takes another click. */
  async select(panel) {
    const isSelected = (find, wanted) => {
      const state = (element) => {
        const isIt = element.getAttribute("role") === "tab" && element.getAttribute("aria-label") === wanted;
        return isIt ? element.getAttribute("aria-selected") === "true" : undefined;
      };
      return find(state);
    };
    do await this.click("tab", panel);
    while (!(await this.until(isSelected, panel)));
  }

  /** Opens a file in a panel, by its button for that. */
  async load(panel, button, file) {
    await this.#page.send("DOM.enable");
    await this.#page.send("Page.setInterceptFileChooserDialog", { enabled: true });
    await this.select(panel);
    const chooser = this.#page.next("Page.fileChooserOpened");
    await this.click("toolbar-button", button);
    const { backendNodeId } = await chooser;
    await this.#page.send("DOM.setFileInputFiles", { files: [file], backendNodeId });
  }

  /** Presses a key. */
  async press(key, { code = key, number, text, isControl = false } = {}) {
    const about = { key, code, windowsVirtualKeyCode: number, modifiers: isControl ? 2 : 0 };
    await this.#page.send("Input.dispatchKeyEvent", { type: "keyDown", text, ...about });
    await this.#page.send("Input.dispatchKeyEvent", { type: "keyUp", ...about });
  }

  /** Opens a file by its name, as Ctrl+P does. */
  async open(name) {
    await this.text("Sources");
    await this.press("p", { code: "KeyP", number: 80, isControl: true });
    // The dialogue has the focus.
    await this.texts("filtered-list-widget");
    await this.#page.send("Input.insertText", { text: name });
    const isListed = (find, wanted) =>
      find((element) => {
        const isItem = element.classList.contains("filtered-list-widget-item");
        return isItem && element.textContent.includes(wanted) ? true : undefined;
      });
    await this.until(isListed, name);
    await this.press("Enter", { number: 13, text: "\r" });
  }
}
