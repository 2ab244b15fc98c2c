// Which texts are addresses of the Internet Protocol.

const V4_PART = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const V4 = new RegExp(`^${V4_PART}(?:\\.${V4_PART}){3}$`);
const V6_PARTS = 8;

export const isIPv4 = (address: unknown) => V4.test(`${address}`);

export function isIPv6(given: unknown): boolean {
  const [address, zone] = `${given}`.split("%");
  if (zone === "" || !address.includes(":")) return false;
  const halves = address.split("::");
  if (halves.length > 2) return false;
  const parts = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = parts.at(-1) ?? "";
  const count = parts.length + (isIPv4(last) ? 1 : 0);
  const groups = isIPv4(last) ? parts.slice(0, -1) : parts;
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return false;
  return halves.length === 2 ? count < V6_PARTS : count === V6_PARTS;
}

export const isIP = (address: unknown) => (isIPv4(address) ? 4 : isIPv6(address) ? 6 : 0);
