import ts from 'typescript';

/** What stands in a node's place while a change is on: an expression, or nothing where a statement is left out. */
export interface Change {
  readonly operator: string;
  /** Undefined: the statement is left out. */
  readonly to: string | undefined;
}

const { SyntaxKind } = ts;

const BINARY: Readonly<Partial<Record<ts.SyntaxKind, readonly string[]>>> = {
  [SyntaxKind.LessThanToken]: ['<=', '>='],
  [SyntaxKind.LessThanEqualsToken]: ['<', '>'],
  [SyntaxKind.GreaterThanToken]: ['>=', '<='],
  [SyntaxKind.GreaterThanEqualsToken]: ['>', '<'],
  [SyntaxKind.EqualsEqualsEqualsToken]: ['!=='],
  [SyntaxKind.ExclamationEqualsEqualsToken]: ['==='],
  [SyntaxKind.PlusToken]: ['-'],
  [SyntaxKind.MinusToken]: ['+'],
  [SyntaxKind.AsteriskToken]: ['+'],
  [SyntaxKind.SlashToken]: ['*'],
  [SyntaxKind.PercentToken]: ['+'],
  [SyntaxKind.AsteriskAsteriskToken]: ['*'],
  [SyntaxKind.LessThanLessThanToken]: ['>>'],
  [SyntaxKind.GreaterThanGreaterThanToken]: ['<<'],
  [SyntaxKind.AmpersandToken]: ['|'],
  [SyntaxKind.BarToken]: ['&'],
  [SyntaxKind.AmpersandAmpersandToken]: ['||'],
  [SyntaxKind.BarBarToken]: ['&&'],
};

/** Functions of slicer/integer/exact.ts, each with what is called in its place. */
const EXACT: Readonly<Record<string, string>> = {
  plus: 'minus',
  minus: 'plus',
  times: 'plus',
  smaller: 'larger',
  larger: 'smaller',
};

/** Numbers whose size decides what rows prove: each is tried one off. */
const WIDTHS = /bits|width|slot|shift|digit|low|high|least|most|offset|excess|half|span|capacity|size|count/i;

/** The small changes of one node. `EXACT_NAME.minus(…)` calls a function of exact.ts. */
export function changesOf(node: ts.Node, checker: ts.TypeChecker, exactName: string): readonly Change[] {
  return [...conditionChanges(node), ...ownChanges(node, checker, exactName)];
}

function ownChanges(node: ts.Node, checker: ts.TypeChecker, exactName: string): readonly Change[] {
  const text = (of: ts.Node): string => of.getText();
  if (ts.isExpressionStatement(node)) return [{ operator: 'statement left out', to: undefined }];
  if (ts.isBinaryExpression(node)) {
    const { left, operatorToken, right } = node;
    const isSum = operatorToken.kind === SyntaxKind.PlusToken;
    if (isSum && !isNumeric(node, checker)) return [];
    const others = BINARY[operatorToken.kind] ?? [];
    return others.map((other) => ({
      operator: 'operator',
      to: `(${text(left)}) ${other} (${text(right)})`,
    }));
  }
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
    const name = text(node.expression);
    const given = node.arguments.map(text).join(', ');
    if (name === 'negated') return [{ operator: 'operator', to: given }];
    const other = EXACT[name];
    return other === undefined || node.arguments.length !== 2
      ? []
      : [{ operator: 'operator', to: `${exactName}.${other}(${given})` }];
  }
  if (ts.isPrefixUnaryExpression(node)) {
    if (![SyntaxKind.ExclamationToken, SyntaxKind.MinusToken].includes(node.operator)) return [];
    return [{ operator: 'sign left out', to: text(node.operand) }];
  }
  if (ts.isArrayLiteralExpression(node) && node.elements.some(ts.isSpreadElement)) {
    return node.elements.map((_, left) => ({
      operator: 'element left out',
      to: `[${node.elements
        .filter((_element, i) => i !== left)
        .map(text)
        .join(', ')}]`,
    }));
  }
  return [...literalChanges(node), ...widthChanges(node, checker)];
}

/** A condition that always or never holds. */
function conditionChanges(node: ts.Node): readonly Change[] {
  const { parent } = node;
  const isCondition =
    (ts.isIfStatement(parent) && parent.expression === node) ||
    (ts.isConditionalExpression(parent) && parent.condition === node);
  return isCondition ? ['true', 'false'].map((to) => ({ operator: 'condition', to })) : [];
}

function literalChanges(node: ts.Node): readonly Change[] {
  if (node.kind === SyntaxKind.TrueKeyword) return [{ operator: 'truth value', to: 'false' }];
  if (node.kind === SyntaxKind.FalseKeyword) return [{ operator: 'truth value', to: 'true' }];
  const isBig = ts.isBigIntLiteral(node);
  if ((!isBig && !ts.isNumericLiteral(node)) || isName(node)) return [];
  const value = BigInt(node.text.replace(/n$/, '').replaceAll('_', ''));
  const others = value === 0n ? [1n] : [value + 1n, value - 1n];
  return others.map((other) => ({ operator: 'number', to: `${other}${isBig ? 'n' : ''}` }));
}

function widthChanges(node: ts.Node, checker: ts.TypeChecker): readonly Change[] {
  if (!ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node)) return [];
  const name = ts.isIdentifier(node) ? node.text : node.name.text;
  if (!WIDTHS.test(name) || !isValue(node) || !isNumeric(node, checker)) return [];
  const one = isBigInt(node, checker) ? '1n' : '1';
  return ['+', '-'].map((sign) => ({ operator: 'width', to: `${node.getText()} ${sign} ${one}` }));
}

/** Whether a name is read there, as an argument, an operand, what is returned or what a member is set to. */
function isValue(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) return parent.expression !== node;
  if (ts.isBinaryExpression(parent)) {
    const { kind } = parent.operatorToken;
    const isAssigned = kind >= SyntaxKind.FirstAssignment && kind <= SyntaxKind.LastAssignment;
    return !isAssigned || parent.right === node;
  }
  if (ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent)) return parent.initializer === node;
  return ts.isReturnStatement(parent) || (ts.isArrowFunction(parent) && parent.body === node);
}

/** A number that is a member's name or an index of a tuple. */
function isName({ parent }: ts.Node): boolean {
  return ts.isPropertyAssignment(parent) &&
    ts.isNumericLiteral(parent.name) &&
    parent.initializer !== parent.name
    ? false
    : ts.isElementAccessExpression(parent);
}

function isNumeric(node: ts.Node, checker: ts.TypeChecker): boolean {
  return has(checker.getTypeAtLocation(node), ts.TypeFlags.NumberLike | ts.TypeFlags.BigIntLike);
}

function isBigInt(node: ts.Node, checker: ts.TypeChecker): boolean {
  return has(checker.getTypeAtLocation(node), ts.TypeFlags.BigIntLike);
}

/** Every alternative is of such a kind; of a branded number, one of its parts. */
function has(type: ts.Type, flags: ts.TypeFlags): boolean {
  if (type.isUnion()) return type.types.every((part) => has(part, flags));
  if (type.isIntersection()) return type.types.some((part) => has(part, flags));
  return (type.flags & flags) !== 0;
}
