import type { SlicerError } from '../../errors.ts';
import type { OnnxNode } from '../graph.ts';
import { refuseNode } from '../refuse.ts';
import { activationOperators } from './activations.ts';
import { elementwiseOperators } from './elementwise.ts';
import { joinOperators } from './join.ts';
import { knownOperators } from './known.ts';
import { matrixOperators } from './matrices.ts';
import { moveOperators } from './moves/index.ts';
import { normalisationOperators } from './normalisation.ts';
import type { Operator } from './operator.ts';
import { quantisedOperators } from './quantised.ts';
import { reductionOperators } from './reductions.ts';
import { severalOperators } from './several.ts';
import { shapeOperators } from './shapes.ts';
import { windowOperators } from './windows.ts';

/** Every operator that the slicer reads or writes, by its ONNX name. `Constant` becomes a constant on reading. */
const operators: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    ...windowOperators,
    ...matrixOperators,
    ...normalisationOperators,
    ...elementwiseOperators,
    ...activationOperators,
    ...severalOperators,
    ...reductionOperators,
    ...moveOperators,
    ...joinOperators,
    ...shapeOperators,
    ...knownOperators,
    ...quantisedOperators,
  }),
);

/** What is known of the operator that a node calls; undefined when nothing is. */
export function findOperator({ operator }: Pick<OnnxNode, 'operator'>): Operator | undefined {
  return operators.get(operator);
}

/** The operator that a node calls. Throws ONNX_UNKNOWN_OPERATOR naming node and operator. */
export function operatorOf(node: Pick<OnnxNode, 'name' | 'operator'>): Operator {
  const operator = findOperator(node);
  if (operator !== undefined) return operator;
  throw unknownOperator(node);
}

export function unknownOperator(node: Pick<OnnxNode, 'name' | 'operator'>): SlicerError {
  return refuseNode(
    node,
    'ONNX_UNKNOWN_OPERATOR',
    'this operator is not supported',
    `Supported: ${[...operators.keys(), 'Constant'].toSorted().join(', ')}.`,
  );
}
