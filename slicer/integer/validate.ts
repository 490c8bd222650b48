import { expect } from './expect.ts';
import { PROGRAM_LIMITS } from './limits.ts';
import { kindOf } from './nodes/index.ts';
import { nodeInputs, sizeOf } from './program.ts';
import type { IntegerProgram, ProgramTensor } from './program.ts';

/**
 * Checks what a program's types can't say: every index in range, each tensor written once and before it is
 * read, shapes that follow from the operators, ranges where they belong.
 * @throws IntegerProgramError PROGRAM_INVALID, naming the node and what was expected
 */
export function validateProgram(program: IntegerProgram): void {
  const { tensors, nodes, inputs, outputs } = program;
  for (const tensor of tensors) checkTensor(tensor);
  const written = new Set<number>();
  const write = (id: number, who: string): void => {
    expect(id in tensors, `${who}: tensor ${id} does not exist`);
    expect(!written.has(id), `${who}: tensor ${id} is written twice`);
    written.add(id);
  };
  for (const id of inputs) {
    write(id, 'inputs');
    expect(tensors[id].range !== undefined, `inputs: tensor ${tensors[id].name} has no range`);
  }
  for (const node of nodes) {
    for (const id of nodeInputs(node))
      expect(written.has(id), `${node.name}: reads tensor ${id} before it is written`);
    write(node.output, node.name);
    kindOf(node).validate(node, tensors);
  }
  expect(outputs.length > 0, 'outputs: expected at least one');
  for (const id of outputs) {
    expect(written.has(id), `outputs: tensor ${id} is never written`);
    expect(tensors[id].range !== undefined, `outputs: tensor ${tensors[id].name} has no range`);
  }
}

function checkTensor({ name, shape, range }: ProgramTensor): void {
  const size = sizeOf(shape);
  const sides = shape.every((side) => Number.isInteger(side) && side >= 1);
  expect(sides, `${name}: expected sides of at least 1, its shape is ${shape.join('×')}`);
  expect(
    size >= 1 && size <= PROGRAM_LIMITS.tensorValues,
    `${name}: expected 1 to ${PROGRAM_LIMITS.tensorValues} values, its shape has ${size}`,
  );
  if (range === undefined) return;
  const bits = Number.isInteger(range.bits) && range.bits >= 1 && range.bits <= PROGRAM_LIMITS.rangeBits;
  expect(bits, `${name}: expected 1 to ${PROGRAM_LIMITS.rangeBits} bits, got ${range.bits}`);
}
