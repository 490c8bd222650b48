import { describe, expect, it } from 'vitest';
import type { IntegerProgram } from '../../../slicer/integer/program.ts';
import { circuitCost } from '../../../slicer/plan/cost/cost-of.ts';
import { remembered } from '../../../slicer/plan/cost/remembered.ts';
import { ProgramBuilder } from '../circuit/programs.ts';

const RANGE = { signed: false, bits: 4 } as const;

function layer(weight: number, bits = 4): IntegerProgram {
  const build = new ProgramBuilder();
  const input = build.input([1, 2, 4, 4], { ...RANGE, bits });
  const sums = build.conv(input, 3, { kernel: [3, 3] }, () => weight);
  return build.program([build.rescale(sums, 2, RANGE, true)]);
}

/** The program with all its names changed. */
function renamed(program: IntegerProgram): IntegerProgram {
  return {
    ...program,
    tensors: program.tensors.map((tensor) => ({ ...tensor, name: `${tensor.name}, again` })),
    nodes: program.nodes.map((node) => ({ ...node, name: `${node.name}, again` })),
  };
}

describe('costs that are remembered', () => {
  it('are those of the program, and counted again only for what differs in more than names', () => {
    const counted: IntegerProgram[] = [];
    const costOf = remembered((program) => {
      counted.push(program);
      return circuitCost('bits')(program);
    });
    const program = layer(3);
    // Of tiles each has arrays of its own.
    const copy = structuredClone(program);
    const different = [program, layer(2), layer(3, 5)];
    for (const given of [...different, renamed(program), copy, ...different]) {
      expect(costOf(given)).toEqual(circuitCost('bits')(given));
    }
    expect(counted).toEqual(different);
  });
});
