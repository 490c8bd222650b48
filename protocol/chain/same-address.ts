/** Whether two addresses are one, however their hexadecimal digits are written. */
export function sameAddress(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
