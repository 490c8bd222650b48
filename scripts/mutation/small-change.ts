/** One small change of a source, whatever its language. */
export interface SmallChange {
  /** The same text, place and operator give the same id in every build. */
  readonly id: string;
  readonly file: string;
  readonly line: number;
  readonly operator: string;
  /** What stood there, and what stands there instead, on one line each. */
  readonly from: string;
  readonly to: string;
}

/** Source text as one line of at most 100 characters. */
export function oneLine(text: string): string {
  const line = text
    .replaceAll(/\/\/[^\n]*/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}
