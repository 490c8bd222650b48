import type { TensorSpec } from '../../protocol/commitment/commit.ts';
import type { TensorInterval } from '../integer/intervals.ts';
import type { IntegerProgram } from '../integer/program.ts';
import type { CircuitMode } from './mode.ts';
import type { NodeCircuit } from './nodes/kind.ts';
import type { CommittedChecks } from './products/committed.ts';
import type { ProductCheck } from './products/plan.ts';

/**
 * Everything that the constants of a program decide about its circuit: the compiler, the witness and the
 * cost model read the same plan, so they agree on every wire and row.
 */
export interface SlicePlan {
  readonly mode: CircuitMode;
  /** Most bits of a digit that is looked up; only in a circuit of lookups. */
  readonly digitBits?: number;
  readonly program: IntegerProgram;
  readonly intervals: readonly TensorInterval[];
  /** Operators whose results are checked by products instead of stated. */
  readonly products: readonly ProductCheck[];
  /** The same in a circuit of lookups, under its challenge. */
  readonly committed: CommittedChecks;
  /** By the program's nodes. */
  readonly circuits: readonly NodeCircuit[];
  /**
   * Tensors of long forms that a node reads over and over (a convolution or gemm): each value gets a wire and
   * a linear row, or the forms behind it would be multiplied out. In a circuit of lookups those too that are looked
   * up and very long.
   */
  readonly materialised: ReadonlySet<number>;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}
