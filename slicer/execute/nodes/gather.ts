import { sizeOf, type GatherNode } from '../../integer/program.ts';
import type { ExecuteKind } from './kind.ts';

/** Gather from the flat tensor, with the fill as one more value at its end. */
export const gather: ExecuteKind<GatherNode> = {
  reach: ({ fill }) => Math.abs(fill),
  emit(writer, node, [given], type) {
    const { name, indices } = node;
    const { tensors } = writer.program;
    const input = writer.cast(given, type);
    const size = sizeOf(tensors[node.input].shape);
    const flat = writer.emit(`${name}/flat`, 'Reshape', [input, writer.integers(`${name}/size`, [-1])], type);
    const fills = indices.includes(-1);
    const source = fills
      ? writer.emit(
          `${name}/filled`,
          'Concat',
          [flat, writer.constant(`${name}/fill`, type, [1], [node.fill])],
          type,
          { axis: 0 },
        )
      : flat;
    const at = writer.integers(
      `${name}/indices`,
      indices.map((index) => (index < 0 ? size : index)),
    );
    const taken = writer.emit(`${name}/taken`, 'Gather', [source, at], type, { axis: 0 });
    const shape = writer.integers(`${name}/shape`, tensors[node.output].shape);
    writer.put(node.output, writer.emit(name, 'Reshape', [taken, shape], type));
  },
};
