/** One change of a source file: the text from `start` to `end` becomes `to`. */
export interface Mutant {
  readonly start: number;
  readonly end: number;
  readonly from: string;
  readonly to: string;
  readonly operator: string;
}

interface Operator {
  readonly name: string;
  readonly pattern: RegExp;
  /** What replaces a match; undefined: nothing. */
  readonly replace: (match: RegExpExecArray) => string | undefined;
}

const swap =
  (pairs: Readonly<Record<string, string>>) =>
  ([found]: RegExpExecArray): string | undefined =>
    pairs[found];

const OPERATORS: readonly Operator[] = [
  {
    name: 'comparison',
    pattern: /(?<=\s)(<=|>=|==|!=|<|>)(?=\s)/g,
    replace: swap({ '<': '<=', '<=': '<', '>': '>=', '>=': '>', '==': '!=', '!=': '==' }),
  },
  {
    name: 'arithmetic',
    pattern: /(?<=\s)(\+=|-=|\+|-|\*|\/|%)(?=\s)/g,
    replace: swap({ '+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '+=': '-=', '-=': '+=' }),
  },
  { name: 'logic', pattern: /(?<=\s)(&&|\|\|)(?=\s)/g, replace: swap({ '&&': '||', '||': '&&' }) },
  { name: 'negation', pattern: /(?<=[(\s])!(?=[\w(])/g, replace: () => '' },
  // A check that never refuses.
  { name: 'check', pattern: /\bif \((?=[^{};]*\brevert\b)/g, replace: () => 'if (false && ' },
  {
    name: 'assembly',
    pattern: /\b(lt|gt|eq|xor|or|and|addmod|iszero)\((?=)/g,
    replace: swap({
      'lt(': 'gt(',
      'gt(': 'lt(',
      'eq(': 'xor(',
      'xor(': 'eq(',
      'or(': 'and(',
      'and(': 'or(',
      'addmod(': 'mulmod(',
      'iszero(': 'not(',
    }),
  },
  // Addresses in assembly are reckoned with add and sub: one in the other's place reads or writes elsewhere.
  { name: 'address', pattern: /\b(add|sub)\(/g, replace: swap({ 'add(': 'sub(', 'sub(': 'add(' }) },
  {
    name: 'constant',
    pattern: /(?<=[\s(,[])\d[\d_]*(?=[\s),;\]])/g,
    replace: ([found]) => String(BigInt(found.replaceAll('_', '')) + 1n),
  },
  // A statement on a line of its own that assigns, calls, emits or counts.
  {
    name: 'statement',
    pattern:
      /(?<=\n)[ ]+(?!return|revert|error|event|using|import|uint|bytes|bool|address|mapping)[\w.\]]+(\[[^\n]*\])?( [+-]?= |\()[^\n{}]*;(?=\n)|(?<=\n)[ ]+(emit|delete) [^\n]*;(?=\n)|(?<=\n)[ ]+(mstore|mcopy|calldatacopy)\([^\n]*\)(?=\n)/g,
    replace: () => '',
  },
];

/** The source with comments, strings and declarations blanked, so that positions stay and nothing there is changed. */
function code(source: string): string {
  return source.replaceAll(
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"[^"\n]*"|^(?:pragma|import)[^;]*;|^[ ]*(?:error|event)[^;]*;/gm,
    (text) => text.replaceAll(/[^\n]/g, ' '),
  );
}

/** Every change that is tried on a source file, in its order. */
export function mutantsOf(source: string): Mutant[] {
  const text = code(source);
  return OPERATORS.flatMap(({ name, pattern, replace }) =>
    [...text.matchAll(pattern)].flatMap((match) => {
      const to = replace(match);
      const [from] = match;
      if (to === undefined || to === from) return [];
      return [{ start: match.index, end: match.index + from.length, from, to, operator: name }];
    }),
  ).sort((a, b) => a.start - b.start);
}

/** The source with one change made. */
export function mutate(source: string, { start, end, to }: Mutant): string {
  return source.slice(0, start) + to + source.slice(end);
}
