import { createHash } from 'node:crypto';
import type { IntegerProgram } from '../../integer/program.ts';
import type { CostOf } from './cost.ts';

/**
 * The costs of programs, each counted once: of a layer's tiles most are the same but for their names, and counting one takes a time
 * that grows with its weights and values, hashing it a hundredth of that.
 */
export function remembered(costOf: CostOf): CostOf {
  const known = new Map<string, ReturnType<CostOf>>();
  return (program) => {
    const digest = digestOf(program);
    const cost = known.get(digest) ?? costOf(program);
    known.set(digest, cost);
    return cost;
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
