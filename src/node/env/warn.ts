// Warnings of the environments. Each test file has an environment of its own; what is wrong with their configuration is said
// once in a process.

const said = new Set<string>();

function warnOnce(text: string) {
  if (said.has(text)) return;
  said.add(text);
  process.emitWarning(`miniflare-rs: ${text}`);
}

export { warnOnce };
