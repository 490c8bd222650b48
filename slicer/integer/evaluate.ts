import { IntegerProgramError } from './errors.ts';
import { add, concat, conv, gemm, maxPool, rescale } from './kernels.ts';
import { boundsOf, sizeOf } from './program.ts';
import type { IntegerProgram, IntegerRange, ProgramNode, ProgramTensor, TensorValues } from './program.ts';

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

/**
 * The range of a tensor that must have one: an input, or what a rescale writes.
 * @throws IntegerProgramError PROGRAM_RANGE_MISSING
 */
export function rangeOf(tensor: ProgramTensor): IntegerRange {
  if (!tensor.range) {
    throw new IntegerProgramError('PROGRAM_RANGE_MISSING', `tensor ${tensor.name} has no declared range`);
  }
  return tensor.range;
}

/** What one node writes, given the values of the tensors before it by tensor index. */
export function evaluateNode(
  program: Pick<IntegerProgram, 'tensors'>,
  node: ProgramNode,
  values: readonly TensorValues[],
): TensorValues {
  const { tensors } = program;
  const output = tensors[node.output];
  switch (node.kind) {
    case 'conv':
      return conv(node, values[node.input], tensors[node.input].shape, output.shape);
    case 'gemm':
      return gemm(node, values[node.input]);
    case 'add':
      return add(values[node.inputs[0]], values[node.inputs[1]], node.shifts);
    case 'max-pool':
      return maxPool(node, values[node.input], tensors[node.input].shape, output.shape);
    case 'rescale':
      return rescale(node, rangeOf(output), values[node.input]);
    case 'reshape':
      return values[node.input];
    case 'concat':
      return concat(
        node.inputs.map((id) => values[id]),
        node.inputs.map((id) => tensors[id].shape),
        node.axis,
        sizeOf(output.shape),
      );
  }
}
