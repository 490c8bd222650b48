import type { Change, Place } from './change.ts';
import { isNode, type Node } from './syntax-tree.ts';

const BOUNDARY: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };
const OPPOSITE: Readonly<Record<string, string>> = {
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  '==': '!=',
  '!=': '==',
};
const ARITHMETIC: Readonly<Record<string, string>> = {
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '<<': '>>',
  '>>': '<<',
  '&': '|',
  '|': '&',
  '^': '&',
};
const LOGIC: Readonly<Record<string, string>> = { '&&': '||', '||': '&&' };
const COMPOUND: Readonly<Record<string, string>> = {
  '+=': '-=',
  '-=': '+=',
  '*=': '/=',
  '|=': '&=',
  '&=': '|=',
};

const typeOf = (node: unknown): string => {
  const types = isNode(node) ? (node['typeDescriptions'] as { typeString?: string } | undefined) : undefined;
  return types?.typeString ?? '';
};

const node = (value: unknown): Node => value as Node;

/** The changes of a node of Solidity: none outside functions, where no switch can be asked. */
export function changesOfSolidity(place: Place): Change[] {
  const { node: at, parents } = place;
  if (
    !parents.some(({ nodeType }) => nodeType === 'FunctionDefinition' || nodeType === 'ModifierDefinition')
  ) {
    return [];
  }
  const parent = parents.at(-1);
  // The step of a loop: without it nothing ends.
  if (
    parents.some(
      (above, i) => above.nodeType === 'ForStatement' && above['loopExpression'] === (parents[i + 1] ?? at),
    )
  ) {
    return [];
  }
  // Invocations of modifiers and base constructors, and types.
  if (parents.some(({ nodeType }) => /TypeName$|ModifierInvocation|OverrideSpecifier/.test(nodeType)))
    return [];
  switch (at.nodeType) {
    case 'BinaryOperation':
      return binary(place);
    case 'UnaryOperation':
      return at['operator'] === '!' ? [expression('negation', place.textOf(node(at['subExpression'])))] : [];
    case 'Literal':
      return literal(place, parent);
    case 'Identifier':
    case 'MemberAccess':
      return constant(place, parent);
    case 'IfStatement':
      return condition(place);
    case 'ExpressionStatement':
      return [leftOut(), ...compound(place)];
    case 'EmitStatement':
      return [leftOut()];
    default:
      return [];
  }
}

function expression(operator: string, to: string): Change {
  return { operator, to, wrap: (text, on) => `(${on} ? (${to}) : (${text}))` };
}

function binary(place: Place): Change[] {
  const { node: at, textOf } = place;
  if (typeOf(at).startsWith('int_const')) return [];
  const operator = at['operator'] as string;
  const [left, right] = [textOf(node(at['leftExpression'])), textOf(node(at['rightExpression']))];
  const change = (name: string, other: string | undefined): Change[] =>
    other === undefined ? [] : [expression(name, `${left} ${other} ${right}`)];
  return [
    ...change('boundary', BOUNDARY[operator]),
    ...change('comparison', OPPOSITE[operator]),
    ...change('arithmetic', ARITHMETIC[operator]),
    ...change('logic', LOGIC[operator]),
  ];
}

function literal(place: Place, parent: Node | undefined): Change[] {
  const { node: at, textOf } = place;
  const text = textOf(at);
  if (at['kind'] === 'bool') return [expression('constant', text === 'true' ? 'false' : 'true')];
  if (at['kind'] !== 'number' || !/^(\d[\d_]*|0x[\da-f]+)$/i.test(text)) return [];
  const to = String(BigInt(text.replaceAll('_', '')) + 1n);
  // A literal that is shifted takes its type from what stands there.
  const shifted = parent?.nodeType === 'BinaryOperation' && parent['leftExpression'] === at;
  const type = shifted && /<<|\*\*/.test(parent['operator'] as string) ? typeOf(parent) : '';
  return [{ operator: 'constant', to, wrap: (now, on) => `${type}(${on} ? ${to} : ${now})` }];
}

/** A constant of the contracts, by one more; where a name stands for it alone. */
function constant(place: Place, parent: Node | undefined): Change[] {
  const { node: at, textOf } = place;
  const text = textOf(at);
  const named = /^(?:\w+\.)?[A-Z][A-Z\d_]*$/.test(text) && /^uint\d+$/.test(typeOf(at));
  if (!named || parent?.nodeType === 'MemberAccess' || parent?.nodeType === 'Assignment') return [];
  return [{ operator: 'constant', to: `${text} + 1`, wrap: (now, on) => `(${on} ? ${text} + 1 : ${now})` }];
}

function condition(place: Place): Change[] {
  const { node: at } = place;
  const head = 'if (';
  const around = (name: string, to: string, form: (on: string, now: string) => string): Change => ({
    operator: name,
    to: `if (${to})`,
    wrap: (text, on) => {
      // The condition starts the statement's text; its own marks and switches are inside.
      const start = text.indexOf(head) + head.length;
      const end = closing(text, start);
      return text.slice(0, start) + form(on, text.slice(start, end)) + text.slice(end);
    },
  });
  const never = around('check', 'false', (on, now) => `!${on} && (${now})`);
  if (refuses(node(at['trueBody']))) return [never];
  return [never, around('check', 'true', (on, now) => `${on} || (${now})`)];
}

/** Whether a branch does nothing but revert. */
function refuses(branch: Node): boolean {
  if (branch.nodeType === 'RevertStatement') return true;
  const statements = branch['statements'];
  return Array.isArray(statements) && statements.length === 1 && refuses(statements[0] as Node);
}

/** Where the bracket closes that was opened just before a position. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let i = from; ; i++) {
    if (text[i] === '(') depth++;
    if (text[i] === ')' && --depth === 0) return i;
  }
}

function leftOut(): Change {
  return { operator: 'statement', to: '', wrap: (text, on) => `{ if (!${on}) { ${text} } }` };
}

function compound(place: Place): Change[] {
  const inner = node(place.node['expression']);
  const other = inner.nodeType === 'Assignment' ? COMPOUND[inner['operator'] as string] : undefined;
  if (other === undefined) return [];
  const [left, right] = [inner['leftHandSide'], inner['rightHandSide']].map((side) =>
    place.textOf(node(side)),
  );
  const to = `${left} ${other} ${right};`;
  return [{ operator: 'arithmetic', to, wrap: (text, on) => `{ if (${on}) { ${to} } else { ${text} } }` }];
}
