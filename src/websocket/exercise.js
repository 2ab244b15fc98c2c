// What workers do with sockets, as far as no request is under way, for V8's code of the lazy scripts.
async ({ expect }) => {
  const [one, other] = Object.values(new WebSocketPair());
  one.accept();
  other.accept();
  const message = new Promise((resolve) => other.addEventListener("message", resolve, { once: true }));
  one.send("text");
  expect((await message).data, "text");
  const closed = new Promise((resolve) => other.addEventListener("close", resolve));
  one.close(1000, "enough");
  expect((await closed).code, 1000);
  other.close();
  expect(other.readyState, 3);
};
