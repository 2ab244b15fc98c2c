// Has a room use its lazy scripts, once while they are built: V8 keeps the code of the functions that ran.
//
// `use` is the function of the room's own `exercise.js`. How it went is in `globalThis.exercised`.
(use) => {
  const expect = (got, expected) => {
    if (got !== expected) throw new Error(`expected ${expected}, got ${got}`);
  };
  const bytes = (text) => new TextEncoder().encode(text);
  const chunks = (type, ...texts) =>
    new ReadableStream({
      type,
      pull(controller) {
        if (texts.length > 0) return controller.enqueue(bytes(texts.shift()));
        controller.close();
        controller.byobRequest?.respond(0);
      },
    });
  const textOf = async (stream) => {
    let text = "";
    for await (const chunk of stream) text += new TextDecoder().decode(chunk);
    return text;
  };

  globalThis.exercised = undefined;
  use({ expect, bytes, chunks, textOf }).then(
    () => {
      globalThis.exercised = true;
    },
    (error) => {
      globalThis.exercised = error;
    },
  );
};
