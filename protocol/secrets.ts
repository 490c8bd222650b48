/**
 * What must not be read in a log or an error: keys, tokens, passwords, keys within addresses of RPCs. Settings name theirs when
 * they are resolved, and whoever reads one elsewhere names it here; every line of {@link createLog}, every error of ours and
 * what a command says of any other passes {@link withoutSecrets}.
 */
const secrets = new Set<string>();

/** Shorter pieces (`v2`, `rpc`) are no keys, and striking them out would mangle what is said. */
const SHORTEST = 8;

/** Remembers a key, a token or a password, however it may be spelled in an address. */
export function keepSecret(secret: string): void {
  const bare = secret.replace(/^0x/, '');
  for (const spelled of [bare, safelyDecoded(bare), encodeURIComponent(safelyDecoded(bare))]) {
    if (spelled.length >= SHORTEST) secrets.add(spelled);
  }
}

/** Remembers the parts of an address that may be keys: user, password, pieces of its path, values of its query. */
export function keepAddressSecret(address: string): void {
  if (!URL.canParse(address)) return;
  const { username, pathname } = new URL(address);
  for (const piece of [username, ...pathname.split('/')]) keepSecret(piece);
  keepCredentials(address);
}

/** The same where the path is none of them: the password, or a user without one, and values of the query. */
export function keepCredentials(address: string): void {
  if (!URL.canParse(address)) return;
  const { username, password, searchParams } = new URL(address);
  for (const piece of [password || username, ...searchParams.values()]) keepSecret(piece);
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

/** The same of every text in a value that goes out as JSON. */
export function valueWithoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  if (Array.isArray(value)) return value.map(valueWithoutSecrets);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, valueWithoutSecrets(one)]));
}
