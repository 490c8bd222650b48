import { IntegerProgramError } from './errors.ts';
import { kindOf } from './nodes/index.ts';
import {
  nodeInputs,
  type IntegerProgram,
  type ProgramNode,
  type ProgramTensor,
  type TensorValues,
} from './program.ts';
import { boundsOf, rangeOf, sizeOf } from './tensor.ts';

export { rangeOf } from './tensor.ts';

/**
 * The value of every tensor of a program, by tensor index: exact integers in doubles. This is the reference
 * that ONNX Runtime's results and the witness are compared with.
 * @param inputs one array for each of `program.inputs`, in order
 * @returns as many arrays as the program has tensors; a reshape shares its input's array
 * @throws IntegerProgramError INTEGER_INPUT_COUNT, INTEGER_INPUT_SIZE, INTEGER_INPUT_RANGE
 */
export function evaluate(program: IntegerProgram, inputs: readonly TensorValues[]): TensorValues[] {
  if (inputs.length !== program.inputs.length) {
    throw new IntegerProgramError(
      'INTEGER_INPUT_COUNT',
      `expected ${program.inputs.length} input tensors, got ${inputs.length}`,
    );
  }
  const values = new Array<TensorValues>(program.tensors.length);
  for (const [i, id] of program.inputs.entries()) {
    checkInput(program.tensors[id], inputs[i]);
    values[id] = inputs[i];
  }
  for (const node of program.nodes) values[node.output] = evaluateNode(program, node, values);
  return values;
}

/** Only the values of the program's outputs, in order. */
export function evaluateOutputs(program: IntegerProgram, inputs: readonly TensorValues[]): TensorValues[] {
  const values = evaluate(program, inputs);
  return program.outputs.map((id) => values[id]);
}

/**
 * Refuses values that are not what a tensor may hold.
 * @throws IntegerProgramError INTEGER_INPUT_SIZE, INTEGER_INPUT_RANGE
 */
export function checkInput(tensor: ProgramTensor, values: TensorValues): void {
  if (values.length !== sizeOf(tensor.shape)) {
    throw new IntegerProgramError(
      'INTEGER_INPUT_SIZE',
      `input ${tensor.name} has shape [${tensor.shape.join(', ')}] and needs ${sizeOf(tensor.shape)} values, got ${values.length}`,
    );
  }
  const { low, high } = boundsOf(rangeOf(tensor));
  for (let i = 0; i < values.length; i++) {
    if (!(values[i] >= low && values[i] <= high && Number.isInteger(values[i]))) {
      throw new IntegerProgramError(
        'INTEGER_INPUT_RANGE',
        `input ${tensor.name}: expected integers from ${low} to ${high}, value ${i} is ${values[i]}`,
      );
    }
  }
}

/** What one node writes, given the values of the tensors before it by tensor index. */
export function evaluateNode(
  { tensors }: Pick<IntegerProgram, 'tensors'>,
  node: ProgramNode,
  values: readonly TensorValues[],
): TensorValues {
  return kindOf(node).evaluate(node, tensors, values);
}

/** Values that are read and written together, for what is held besides: copies of a few samples. */
const VALUES_TOGETHER = 2 ** 20;

/** The same for several samples: by sample what {@link evaluateNode} gives, to the last integer, where it can in less time. */
export function evaluateNodeAll(
  { tensors }: Pick<IntegerProgram, 'tensors'>,
  node: ProgramNode,
  samples: readonly (readonly TensorValues[])[],
): TensorValues[] {
  const kind = kindOf(node);
  const one = (values: readonly TensorValues[]): TensorValues => kind.evaluate(node, tensors, values);
  if (samples.length === 1 || kind.evaluateAll === undefined) return samples.map(one);
  const size = [...nodeInputs(node), node.output].reduce((sum, id) => sum + sizeOf(tensors[id].shape), 0);
  const together = Math.max(1, Math.floor(VALUES_TOGETHER / size));
  const results: TensorValues[] = [];
  for (let first = 0; first < samples.length; first += together) {
    const some = samples.slice(first, first + together);
    results.push(...(kind.evaluateAll(node, tensors, some) ?? some.map(one)));
  }
  return results;
}
