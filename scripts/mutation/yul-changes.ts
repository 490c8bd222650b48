import type { Change, Place } from './change.ts';
import { childrenOf, isNode, type Node } from './syntax-tree.ts';
import { SliceproofError } from '../../protocol/errors.ts';

/** What answers 0 or 1: the opposite is one exclusive or away, whatever the arguments do. */
const ANSWERS = new Set(['lt', 'gt', 'eq', 'iszero', 'slt', 'sgt']);
/** What may stand in a change twice: it neither writes nor calls. */
const PLAIN =
  /^(add|sub|mul|div|mod|addmod|mulmod|and|or|xor|not|lt|gt|eq|iszero|shl|shr|mload|calldataload|calldatasize|returndatasize|extcodesize|chainid|gas|byte)$/;
const SWAPS: Readonly<Record<string, string>> = {
  and: 'or',
  or: 'and',
  xor: 'eq',
  shl: 'shr',
  shr: 'shl',
  addmod: 'mulmod',
  mulmod: 'addmod',
};
const NEXT_TO: Readonly<Record<string, string>> = { lt: 'gt', gt: 'lt' };

const nameOf = (call: Node): string => (call['functionName'] as { name: string }).name;

/** The changes of a node of assembly. */
export function changesOfYul(place: Place): Change[] {
  const { node: at, parents } = place;
  const loop = parents.findLastIndex(({ nodeType }) => nodeType === 'YulForLoop');
  // The step of a loop: without it nothing ends.
  if (loop >= 0 && parents[loop]['post'] === (parents[loop + 1] ?? at)) return [];
  switch (at.nodeType) {
    case 'YulFunctionCall':
      return call(place);
    case 'YulLiteral':
    case 'YulIdentifier':
      return constant(place);
    case 'YulExpressionStatement':
    case 'YulAssignment':
      // The compiler wants to see that a pointer to calldata is set.
      if (/^\w+\.(offset|length)\b/.test(place.textOf(at))) return [];
      return [{ operator: 'statement', to: '', wrap: (text, on) => `if iszero(${on}) { ${text} }` }];
    default:
      return [];
  }
}

function isPlain(node: Node): boolean {
  if (node.nodeType === 'YulFunctionCall' && !PLAIN.test(nameOf(node))) return false;
  return childrenOf(node).every(isPlain);
}

/** The arguments of a call's text, as it is by now. */
function argumentsOf(text: string): string[] {
  const from = text.indexOf('(') + 1;
  const parts: string[] = [];
  let [depth, start] = [0, from];
  for (let i = from; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')' && depth-- === 0) {
      parts.push(text.slice(start, i));
      return parts;
    } else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  throw new SliceproofError('MUTATION_FAILED', `no end of the arguments in ${text}`);
}

function call(place: Place): Change[] {
  const { node: at, textOf } = place;
  const name = nameOf(at);
  const changes: Change[] = [];
  const args = (at['arguments'] as unknown[]).filter(isNode).map(textOf);
  const chosen = (operator: string, to: string): Change => ({
    operator,
    to,
    wrap: (text, on) => `xor(${text}, mul(${on}, xor(${to}, ${name}(${args.join(', ')}))))`,
  });
  if (name === 'add' || name === 'sub') {
    const other = name === 'add' ? 'sub' : 'add';
    changes.push({
      operator: 'arithmetic',
      to: `${other}(${args.join(', ')})`,
      // Plus or minus the second argument.
      wrap: (text, on) => {
        const [first, second] = argumentsOf(text);
        return `${name}(${first}, mul(${second}, sub(1, shl(1, ${on}))))`;
      },
    });
  }
  // The switch comes last, so that the arguments' own are inside: a swap is written around the whole call.
  if (name in SWAPS && isPlain(at)) changes.push(chosen('arithmetic', `${SWAPS[name]}(${args.join(', ')})`));
  if (name in NEXT_TO && isPlain(at))
    changes.push(chosen('comparison', `${NEXT_TO[name]}(${args.join(', ')})`));
  if (ANSWERS.has(name)) {
    const to = `iszero(${textOf(at)})`;
    changes.push({ operator: 'negation', to, wrap: (text, on) => `xor(${text}, ${on})` });
  }
  return changes;
}

/** A number or a constant's name among the arguments of a call, by one more. */
function constant(place: Place): Change[] {
  const { node: at, parents, textOf } = place;
  const parent = parents.at(-1);
  const text = textOf(at);
  const isArgument = parent?.nodeType === 'YulFunctionCall' && parent['functionName'] !== at;
  const isConstant =
    at.nodeType === 'YulIdentifier' ? /^[A-Z][A-Z\d_]*$/.test(text) : at['kind'] === 'number';
  if (!isArgument || !isConstant) return [];
  return [{ operator: 'constant', to: `${text} + 1`, wrap: (now, on) => `add(${now}, ${on})` }];
}
