import { type Exacts } from '../../integer/exact.ts';
import type { TensorInterval } from '../../integer/interval.ts';
import type { IntegerProgram, ProgramNode } from '../../integer/program.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import { CircuitError } from '../errors.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { WireForm } from '../products/constrain-machine.ts';
import type { LookupArgument } from '../lookups/argument.ts';
import type { LookupDemand } from '../lookups/demand.ts';
import type { LookupWriter } from '../lookups/writer.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';

/** What decides about the rows of a node. */
export interface PlanContext {
  readonly program: IntegerProgram;
  /** By tensor. */
  readonly intervals: readonly TensorInterval[];
  /** Whether this mode's rescale takes the rows of a matrix product before it (see block-product.ts). */
  readonly takesBlocks: boolean;
  /** Rescales that only range their accumulators: what they are is proved by product checks. */
  readonly checked: ReadonlySet<ProgramNode>;
  /** Most bits of a digit that is looked up; only in a circuit of lookups. */
  readonly digitBits?: number;
}

/** What a node's rows are made with. */
export interface ConstrainContext {
  readonly builder: R1csBuilder;
  /** By tensor: the values of what was written so far. */
  readonly forms: readonly LinearForms[];
  /** What the rescales under product checks have ranged. */
  readonly ranged: Map<ProgramNode, readonly (WireForm | undefined)[]>;
  /** Only in a circuit of lookups. */
  readonly lookups?: LookupArgument;
}

/**
 * One node of one program as a part of a circuit. What its constants decide is worked out once; rows, wires
 * and their values come from the same plan, so that they agree.
 */
export interface NodeCircuit {
  /** Exactly the rows that {@link constrain} adds, those with the challenge included, but for the argument's own. */
  rows(): number;
  /** What {@link constrain} commits and looks up. */
  demand?(demand: LookupDemand): void;
  /** Adds the node's rows. Returns its results, in the output's order. */
  constrain(context: ConstrainContext): LinearForms;
  /** The wires of {@link constrain} in its order, given the values of every tensor of the program. */
  assign(writer: WitnessWriter, values: readonly Exacts[], lookups?: LookupWriter): void;
}

/** How one kind of node becomes rows. */
export interface CircuitKind<Node> {
  /**
   * Whether its results are wires (or constants), sums over what it reads, or the very forms that it reads
   * in another order.
   */
  readonly results: 'wires' | 'sums' | 'as read';
  /** Whether it reads each value many times: then long forms get wires first, or they would multiply. */
  readonly multiplies: boolean;
  /** Of a rescale: its equations may stand in the blocks of a matrix product that nobody else reads. */
  readonly takesBlocks?: true;
  /** Whether it looks up what it reads: then forms that are very long get wires first. */
  readonly looksUp?: boolean;
  plan(node: Node, context: PlanContext): NodeCircuit;
}

/**
 * What only a circuit of lookups has.
 * @throws CircuitError CIRCUIT_MODE: a part of a circuit of lookups in another one
 */
export function ofLookups<T>(part: T | undefined): T {
  if (part !== undefined) return part;
  throw new CircuitError('CIRCUIT_MODE', 'expected a circuit of lookups');
}

/** A node without rows and wires of its own: its results are linear in what it reads. */
export function linearCircuit(constrain: NodeCircuit['constrain']): NodeCircuit {
  return { rows: () => 0, constrain, assign: () => undefined };
}
