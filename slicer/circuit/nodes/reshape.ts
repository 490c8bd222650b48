import type { ReshapeNode } from '../../integer/program.ts';
import { linearCircuit, type CircuitKind } from './kind.ts';

export const reshape: CircuitKind<ReshapeNode> = {
  results: 'as read',
  multiplies: false,
  plan: ({ input }) => linearCircuit(({ forms }) => forms[input]),
};
