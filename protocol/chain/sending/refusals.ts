/** What a refused `eth_sendRawTransaction` means for whoever sent it. */
export type Refusal =
  /** It is there already: as good as taken. */
  | 'known'
  /** Its nonce is used: by itself, or by another transaction of the account. */
  | 'nonce-used'
  /** Another transaction of its nonce waits, and this one doesn't offer so much more that it takes its place. */
  | 'occupied'
  /** It offers less than is taken now. */
  | 'too-cheap'
  /** The account has not the coins for its gas at the price that it offers. */
  | 'no-coins'
  /** Its gas limit is above the block's or the transaction's, or below what its bytes cost. */
  | 'gas'
  /** Its bytes are too many. */
  | 'too-large'
  /** There is no room for it now. */
  | 'no-room'
  /** Nothing that is known: wrong by itself. */
  | 'other';

/** The first that matches counts. Clients word the same thing in many ways. */
const WORDS: readonly (readonly [Refusal, RegExp])[] = [
  [
    'known',
    /already ?known|already imported|\bknown transaction|already exists?|already in (mempool|cache|pool)|existing tx with same hash|alreadyknown/i,
  ],
  ['occupied', /replacement|replace existing|replacenotallowed|could not replace|gas price .*bump/i],
  [
    'nonce-used',
    /nonce (is )?too low|nonce has already been used|oldnonce|old nonce|invalid nonce|nonce .*(lower|less) than/i,
  ],
  [
    'no-coins',
    /insufficient ?(funds|balance)|doesn'?t have enough funds|sender balance|overshot|cost exceeds account balance|overdraft/i,
  ],
  [
    'too-cheap',
    /max fee per gas less than|underpriced|fee ?too ?low|(gas price|fee|tip) .*(too low|below|less than|minimum)|feetoolow/i,
  ],
  ['too-large', /oversized|transaction size|size .*exceed|too large|max(imum)? tx size/i],
  [
    'gas',
    /intrinsic gas|exceeds? (the )?(block|transaction|tx) ?gas|gas ?limit ?(exceed|too|reached)|gas limit.*(exceed|above|cap)|gas required exceeds|out of gas|floor data gas/i,
  ],
  [
    'no-room',
    /pool (is )?(full|overflow)|account limit|in-flight transaction|future transaction|too many (pending|transactions)|noncegap|nonce gap|nonce too high/i,
  ],
];

/** @param error of ethers' provider, or an RPC's own */
export function classifyRefusal(error: unknown): Refusal {
  const said = wordsOf(error);
  return WORDS.find(([, words]) => words.test(said))?.[0] ?? 'other';
}

/** What the RPC said, as it said it. */
export function wordsOf(error: unknown): string {
  const {
    info,
    error: inner,
    message,
  } = (error ?? {}) as {
    info?: { error?: { message?: unknown } };
    error?: { message?: unknown };
    message?: unknown;
  };
  for (const words of [info?.error?.message, inner?.message, message]) {
    if (typeof words === 'string') return words;
  }
  return String(error);
}
