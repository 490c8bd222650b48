/**
 * Recursive length prefixes (the yellow paper's appendix B) over hex digits without 0x: what comes from an RPC is hex, and
 * joining it costs a tenth of what it takes to make lists of bytes of it first.
 */

/** Encodes a string of bytes. */
export function rlpBytes(hex: string): string {
  return hex.length === 2 && hex < '80' ? hex : header(hex.length / 2, 0x80) + hex;
}

/** Encodes a list of what is encoded already. */
export function rlpList(items: readonly string[]): string {
  const body = items.join('');
  return header(body.length / 2, 0xc0) + body;
}

/** A whole number, big endian, as few bytes as it takes. */
export function bytesOf(value: bigint | number): string {
  if (value === 0n || value === 0) return '';
  const digits = value.toString(16);
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}

function header(length: number, base: number): string {
  if (length < 56) return bytesOf(base + length);
  const size = bytesOf(length);
  return bytesOf(base + 55 + size.length / 2) + size;
}
