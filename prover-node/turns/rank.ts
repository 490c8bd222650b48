/** Chain time that a turn lasts: what was sent in it is in a block, and seen, before the next one on most chains. */
export const TURN_SECONDS = 2;

/** The turn that a block's time is in: all nodes that decide after the same block are in the same one. */
export function turnAt(now: number): number {
  return Math.floor(now / TURN_SECONDS);
}

/** A text as 32 bits, by FNV-1a. Who seeks one that comes first gains nothing: a turn binds only those who keep to it. */
export function numberOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mixed(hash);
}

/** Where a node comes in a race of a turn, and how many of the others come before it: another order in each race and each turn. */
export function rankOf(
  me: number,
  others: Iterable<number>,
  race: string,
  turn: number,
): { readonly rank: number; readonly order: number } {
  const seed = mixed(numberOf(race) ^ turn);
  const order = mixed(me ^ seed);
  let rank = 0;
  for (const other of others) if (mixed(other ^ seed) < order) rank++;
  return { rank, order };
}

/**
 * How many may act in a turn. One at first; the more turns passed without anybody's acting, the more, each time by the same factor, so
 * that all may when the last one has come: where few of them want it, about one of those acts in some turn, whatever their number.
 * @param count nodes, this one included
 * @param stoodBack turns in which this node had acted, were it alone
 * @param turnsLeft turns after this one
 */
export function placesFor(count: number, stoodBack: number, turnsLeft: number): number {
  if (turnsLeft <= 0) return count;
  return Math.min(count, Math.floor(count ** (stoodBack / (stoodBack + turnsLeft)) + 1e-9));
}

function mixed(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
