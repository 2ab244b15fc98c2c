// What workers do with caches, as far as no request is under way, for V8's code of the lazy script.
async ({ expect }) => {
  expect(typeof (await caches.open("name")).match, "function");
};
