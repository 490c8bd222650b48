import { matmulSizes, type MatmulSizes } from '../../../integer/nodes/matmul.ts';
import type { IntegerProgram, MatmulNode, RescaleNode } from '../../../integer/program.ts';
import { nodeInputs } from '../../../integer/program.ts';
import { FIELD_CAPACITY } from '../../rows/batch.ts';
import { blockRows, planBlocks, type BlockPlan } from '../../gadgets/block-product.ts';
import { rescaleSlot } from '../../gadgets/rescale.ts';
import type { PlanContext } from '../kind.ts';
import { rescalePlans } from './rescale-plans.ts';

/** A matrix product whose entries are read by one rescale only: their equations stand in blocks of its own. */
export interface BlockMatmul {
  readonly matmul: MatmulNode;
  readonly sizes: MatmulSizes;
  readonly blocks: BlockPlan;
}

/** Whether a matrix product leaves its rows to the rescale that reads it, where that takes fewer. */
export function blocksOfMatmul(matmul: MatmulNode, context: PlanContext): BlockMatmul | undefined {
  const { program } = context;
  const reader = onlyRescaleOf(matmul, program);
  if (!context.takesBlocks || !reader || context.checked.has(reader)) return undefined;
  const slots = rescalePlans(reader, context).map(rescaleSlot);
  // An entry whose rescale is a constant has no equation that could hold it.
  if (slots.includes(0)) return undefined;
  const sizes = matmulSizes(matmul, program.tensors);
  const blocks = planBlocks(sizes, Math.max(...slots), FIELD_CAPACITY);
  return blocks && { matmul, sizes, blocks };
}

/** The rescale that alone reads a matrix product, if that is how it is read. */
export function onlyRescaleOf({ output }: MatmulNode, program: IntegerProgram): RescaleNode | undefined {
  const readers = program.nodes.filter((node) => nodeInputs(node).includes(output));
  const [reader] = readers;
  const isOnly = readers.length === 1 && !program.outputs.includes(output);
  return isOnly && reader.kind === 'rescale' ? reader : undefined;
}

/** The same, found from the rescale. */
export function blocksOfRescale({ input }: RescaleNode, context: PlanContext): BlockMatmul | undefined {
  const producer = context.program.nodes.find(({ output }) => output === input);
  return producer?.kind === 'matmul' ? blocksOfMatmul(producer, context) : undefined;
}

export function blockMatmulRows({ sizes, blocks }: BlockMatmul): number {
  return sizes.batch * blockRows(sizes, blocks);
}
