// Bindings to what is not here: each of their methods says so.

/** `methods` are names; what is thrown is `text` and who was called. */
export function missing(binding: string, methods: string[], text: string) {
  const stub: Record<string, () => never> = {};
  for (const method of methods) {
    stub[method] = () => {
      throw new Error(`${text}, so ${binding}.${method}() cannot be called.`);
    };
  }
  return stub;
}
