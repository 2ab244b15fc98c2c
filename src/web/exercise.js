// What workers do with streams, forms and the other lazy scripts of the web platform, for V8's code of them.
async ({ expect, bytes, chunks, textOf }) => {
  const upperCase = () =>
    new TransformStream({
      transform: (chunk, controller) => controller.enqueue(bytes(new TextDecoder().decode(chunk).toUpperCase())),
    });

  for (const type of [undefined, "bytes"]) {
    expect(await textOf(chunks(type, "a", "b")), "ab");
    expect(await new Response(chunks(type, "a", "b")).text(), "ab");
    expect(await textOf(chunks(type, "a", "b").pipeThrough(upperCase())), "AB");
    const [left, right] = chunks(type, "a", "b").tee();
    expect((await textOf(left)) + (await textOf(right)), "abab");
    const reader = chunks(type, "a").getReader();
    expect((await reader.read()).done, false);
    expect((await reader.read()).done, true);
    reader.releaseLock();
    await chunks(type, "a").cancel("enough");
  }
  expect(await textOf(new Response("text").body), "text");
  expect(await new Request("http://localhost", { method: "POST", body: chunks("bytes", "a") }).text(), "a");
  expect(await new Response("text").clone().text(), "text");
  expect(await textOf(new Blob(["blob"]).stream()), "blob");
  const reader = chunks("bytes", "abc").getReader({ mode: "byob" });
  expect((await reader.readAtLeast(2, new Uint8Array(4))).value.byteLength, 3);
  const source = new ReadableStream({ start: (controller) => controller.error(new Error("broken")) });
  expect(
    await source
      .getReader()
      .read()
      .catch((error) => error.message),
    "broken",
  );

  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const written = writer.write(bytes("a")).then(() => writer.close());
  expect(await textOf(readable), "a");
  await written;
  const fixed = new FixedLengthStream(1);
  const piped = chunks("bytes", "a").pipeTo(fixed.writable);
  expect(await new Response(fixed.readable).text(), "a");
  await piped;
  const collected = [];
  await chunks("bytes", "a").pipeTo(new WritableStream({ write: (chunk) => void collected.push(chunk) }));
  expect(collected.length, 1);
  for (const format of ["gzip", "deflate"]) {
    const packed = chunks("bytes", "a").pipeThrough(new CompressionStream(format));
    expect(await textOf(packed.pipeThrough(new DecompressionStream(format))), "a");
  }
  expect(
    await new Response(
      chunks("bytes", "a").pipeThrough(new TextDecoderStream()).pipeThrough(new TextEncoderStream()),
    ).text(),
    "a",
  );
  const digest = new crypto.DigestStream("SHA-256");
  await chunks("bytes", "a").pipeTo(digest);
  expect((await digest.digest).byteLength, 32);

  const form = new FormData();
  form.append("name", "value");
  form.append("file", new Blob(["file"]), "file.txt");
  expect([...form.keys()].join(), "name,file");
  expect(form.get("name"), "value");
  expect((await new Response(form).formData()).get("name"), "value");
  const urlEncoded = { "Content-Type": "application/x-www-form-urlencoded" };
  expect((await new Response("name=value", { headers: urlEncoded }).formData()).get("name"), "value");

  const pattern = new URLPattern({ pathname: "/users/:id" });
  expect(pattern.test("http://localhost/users/1"), true);
  expect(pattern.exec("http://localhost/users/1").pathname.groups.id, "1");

  structuredClone({ a: [1, new Date(0)] });
  const show = Symbol.for("Deno.privateCustomInspect");
  for (const object of [new URL("http://localhost"), new Headers(), new Response()]) object[show](() => "", {});
};
