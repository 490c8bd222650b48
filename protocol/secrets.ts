/**
 * What must not be read in a log or an error: keys within addresses of RPCs. Whoever opens such an address names its
 * secret parts here; every line of {@link createLog} and every text from an RPC passes {@link withoutSecrets}.
 */
const secrets = new Set<string>();

/** Shorter pieces (`v2`, `rpc`) are no keys, and striking them out would mangle what is said. */
const SHORTEST = 8;

/** Remembers the parts of an address that may be keys: user, password, pieces of its path, values of its query. */
export function keepAddressSecret(address: string): void {
  if (!URL.canParse(address)) return;
  const url = new URL(address);
  const pieces = [url.username, url.password, ...url.pathname.split('/'), ...url.searchParams.values()];
  for (const piece of pieces) {
    for (const spelled of [piece, safelyDecoded(piece), encodeURIComponent(safelyDecoded(piece))]) {
      if (spelled.length >= SHORTEST) secrets.add(spelled);
    }
  }
}

/** The text with every secret replaced by `‹secret›`. */
export function withoutSecrets(text: string): string {
  let clean = text;
  // The longest first: one may be a part of another.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    clean = clean.replaceAll(secret, '‹secret›');
  }
  return clean;
}

function safelyDecoded(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
}
