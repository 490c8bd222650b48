import { createHash } from 'node:crypto';
import type { IntegerProgram } from '../../integer/program.ts';

/**
 * What is counted of programs, each once: of a layer's tiles most are the same but for their names, and counting one takes a time
 * that grows with its weights and values, hashing it a hundredth of that.
 */
export function remembered<Count extends object>(
  count: (program: IntegerProgram) => Count,
): (program: IntegerProgram) => Count {
  const known = new Map<string, Count>();
  return (program) => {
    const digest = digestOf(program);
    const counted = known.get(digest) ?? count(program);
    known.set(digest, counted);
    return counted;
  };
}

/** sha-256 of all that a program says but names. */
function digestOf(program: IntegerProgram): string {
  const hash = createHash('sha256');
  const outline = JSON.stringify(program, (key, value: unknown) => {
    if (key === 'name') return undefined;
    if (typeof value === 'bigint') return `${value}n`;
    if (!ArrayBuffer.isView(value)) return value;
    const { buffer, byteOffset, byteLength } = value;
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    return [value.constructor.name, byteLength];
  });
  return hash.update(outline).digest('base64');
}
