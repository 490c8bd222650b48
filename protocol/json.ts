import { z } from 'zod';

/** What bytes from outside have to be. */
export interface ExpectedJson<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** More is not looked at. */
  readonly maxBytes: number;
  /**
   * Its numbers are whole, and written as such: `1.00000000000000000001` and `1e0` are 1 to JavaScript, and something else to
   * whoever reads them. Default: any numbers.
   */
  readonly wholeNumbers?: boolean;
  /** The error for bytes that are something else, and why they are. */
  readonly refuse: (reason: string, cause?: unknown) => Error;
}

/** Longest reason that is repeated: who sends bytes has no say in how long our messages are. */
const MAX_REASON = 1000;

/**
 * JSON that came from outside, as a schema says: not too much of it, whole UTF-8, JSON in which no key stands twice in an
 * object, and what is asked.
 * @throws what `refuse` makes, and nothing else
 */
export function decodeJson<Schema extends z.ZodType>(
  bytes: Uint8Array,
  { schema, maxBytes, wholeNumbers = false, refuse }: ExpectedJson<Schema>,
): z.output<Schema> {
  if (bytes.length > maxBytes) throw refuse(`at most ${maxBytes} bytes are read, these are ${bytes.length}`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const document: unknown = JSON.parse(text);
    const { keys, fraction } = lookOver(text);
    // Of a key that stands twice JavaScript takes the last, others the first, and whoever reads the text sees either.
    if (keys !== keysOf(document)) throw new SyntaxError('a key stands twice in one object');
    if (wholeNumbers && fraction !== undefined) {
      throw new SyntaxError(`expected whole numbers, written as such, found ${fraction.slice(0, 40)}`);
    }
    return schema.parse(document);
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw refuse(reason.slice(0, MAX_REASON), cause);
  }
}

/** A number that is written with a point, with an exponent or as -0, between the strings of a text that is JSON. */
const FRACTION = /-?\d+[.eE][\d.eE+-]*|-0/;

/** How many keys a text writes that is JSON, strings with a colon behind them, and the first number that isn't plainly whole. */
function lookOver(text: string): { readonly keys: number; readonly fraction: string | undefined } {
  let keys = 0;
  let fraction: string | undefined;
  let from = 0;
  for (let open = text.indexOf('"'); open >= 0; open = text.indexOf('"', from)) {
    fraction ??= FRACTION.exec(text.slice(from, open))?.[0];
    let end = text.indexOf('"', open + 1);
    while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
    for (from = end + 1; ' \n\r\t'.includes(text[from] ?? '.');) from++;
    if (text[from] === ':') keys++;
  }
  fraction ??= FRACTION.exec(text.slice(from))?.[0];
  return { keys, fraction };
}

function isEscaped(text: string, at: number): boolean {
  let from = at;
  while (text[from - 1] === '\\') from--;
  return (at - from) % 2 === 1;
}

function keysOf(part: unknown): number {
  if (typeof part !== 'object' || part === null) return 0;
  if (Array.isArray(part)) return part.reduce<number>((sum, one) => sum + keysOf(one), 0);
  return Object.values(part).reduce<number>((sum, one) => sum + 1 + keysOf(one), 0);
}
