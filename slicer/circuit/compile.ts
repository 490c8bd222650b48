import type { TensorSpec } from '../../protocol/commitment/commit.ts';
import type { CircuitRoles, HashedChallenge } from '../../groth16/audit/unique/roles.ts';
import type { R1cs } from '../../groth16/formats/r1cs.ts';
import type { IntegerProgram, ProgramNode } from '../integer/program.ts';
import { boundsOf } from '../integer/program.ts';
import { R1csBuilder } from './rows/builder.ts';
import { constrainRange } from './gadgets/bits.ts';
import { constrainCommitment } from './gadgets/commit.ts';
import { PoseidonGadget } from './gadgets/poseidon.ts';
import { constrainTag } from './gadgets/tag.ts';
import { LinearForms } from './rows/linear.ts';
import { LookupArgument, type LookupLayout } from './lookups/argument.ts';
import { constrainLookupInput } from './lookups/input.ts';
import { lintLookups } from './lookups/lint.ts';
import type { CircuitMode } from './mode.ts';
import { ofLookups } from './nodes/kind.ts';
import { normalForm } from './rows/normal-form.ts';
import { turned } from './rows/turn.ts';
import type { PartRows } from './count/parts.ts';
import {
  commitPart,
  LOOKUP_PART,
  PRODUCTS_PART,
  PUBLIC_PART,
  rangePart,
  RowLedger,
  TAG_PART,
} from './count/parts.ts';
import type { CircuitOptions } from './plan.ts';
import type { SlicePlan } from './slice-plan.ts';
import { planSlice } from './plan.ts';
import { constrainProducts } from './products/challenge.ts';
import { constrainCommitted } from './products/committed.ts';
import type { WireForm } from './products/constrain-machine.ts';
import type { ProductCheck } from './products/plan.ts';
import { inNode } from './in-node.ts';
import { fixedWires, type FixedWires } from './witness/wires.ts';
import type { SliceWitness, WitnessRequest } from './witness/witness.ts';
import { witnessOf } from './witness/witness.ts';

/** One slice as a circuit, with the means to fill it. */
export interface CompiledSlice {
  readonly mode: CircuitMode;
  readonly r1cs: R1cs;
  /** Which wires are what, for whoever checks the circuit by its rows alone. */
  readonly roles: CircuitRoles;
  /** Rows by part, in the circuit's order; they add up to all rows. */
  readonly layout: readonly PartRows[];
  /** How the input and output tensors are committed; with the tag these are the public signals, in order. */
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly computeWitness: (request: WitnessRequest) => SliceWitness;
}

/**
 * The circuit of a slice. The same program and options give the same rows on any machine.
 * @throws IntegerProgramError PROGRAM_*, INTEGER_TOO_WIDE
 * @throws CircuitError CIRCUIT_OUTPUT_RANGE, CIRCUIT_TOO_WIDE; LOOKUP_LINT: a circuit of lookups that proves too
 * little, which is a fault of the compiler
 */
export function compileSlice(program: IntegerProgram, options?: CircuitOptions): CompiledSlice {
  const plan = planSlice(program, options);
  const { r1cs: bare, roles, layout: parts, lookups } = new Compilation(plan).run();
  if (lookups !== undefined) lintLookups(bare, lookups);
  const r1cs = normalForm(turned(bare));
  const layout = [{ name: PUBLIC_PART, rows: r1cs.constraints - bare.constraints }, ...parts];
  return {
    mode: plan.mode,
    r1cs,
    roles,
    layout,
    inputs: plan.inputs,
    outputs: plan.outputs,
    computeWitness: (request) => witnessOf(plan, r1cs, request),
  };
}

class Compilation {
  readonly #plan: SlicePlan;
  readonly #builder: R1csBuilder;
  readonly #poseidon: PoseidonGadget;
  readonly #forms: LinearForms[] = [];
  readonly #ranged = new Map<ProgramNode, readonly (WireForm | undefined)[]>();
  readonly #lookups: LookupArgument | undefined;

  constructor(plan: SlicePlan) {
    this.#plan = plan;
    const wires = fixedWires(plan);
    this.#builder = new R1csBuilder(wires);
    if (wires.challenge !== undefined) this.#lookups = new LookupArgument(this.#builder, wires.challenge);
    this.#poseidon = new PoseidonGadget(this.#builder);
  }

  run(): {
    readonly r1cs: R1cs;
    readonly roles: CircuitRoles;
    readonly layout: readonly PartRows[];
    readonly lookups: LookupLayout | undefined;
  } {
    const { program, inputs, outputs, circuits, materialised } = this.#plan;
    const builder = this.#builder;
    const wires = fixedWires(this.#plan);
    const ledger = new RowLedger(() => builder.rows);
    for (const [i, id] of program.inputs.entries()) {
      const { name } = program.tensors[id];
      this.#forms[id] = ledger.measure(rangePart(name), () => this.#input(wires.inputs[i], inputs[i]));
      ledger.measure(commitPart(name), () => {
        const salt = wires.salts[i];
        constrainCommitment(builder, this.#poseidon, inputs[i], this.#forms[id], salt, wires.commitments[i]);
      });
    }
    for (const [position, node] of program.nodes.entries()) {
      ledger.measure(node.name, () => {
        this.#forms[node.output] = inNode(node.name, () => {
          const forms = circuits[position].constrain({
            builder,
            forms: this.#forms,
            ranged: this.#ranged,
            ...(this.#lookups === undefined ? {} : { lookups: this.#lookups }),
          });
          return materialised.has(node.output) ? this.#materialise(forms) : forms;
        });
      });
    }
    for (const [i, id] of program.outputs.entries()) {
      const at = program.inputs.length + i;
      ledger.measure(commitPart(program.tensors[id].name), () => {
        const salt = wires.salts[at];
        constrainCommitment(
          builder,
          this.#poseidon,
          outputs[i],
          this.#forms[id],
          salt,
          wires.commitments[at],
        );
      });
    }
    const hashed = ledger.measure(PRODUCTS_PART, () => {
      const { products } = this.#plan;
      if (products.length === 0) return undefined;
      const commitments = wires.commitments.slice(0, inputs.length);
      const accumulators = (check: ProductCheck) => this.#accumulators(check);
      return constrainProducts(
        builder,
        this.#poseidon,
        program,
        products,
        commitments,
        this.#forms,
        accumulators,
      );
    });
    ledger.measure(TAG_PART, () => constrainTag(builder, wires.tag));
    ledger.measure(LOOKUP_PART, () => {
      if (this.#lookups === undefined) return;
      constrainCommitted(builder, this.#lookups, this.#plan.committed, this.#forms);
      this.#lookups.close();
    });
    const r1cs = builder.finish();
    const roles = this.#roles(wires, hashed);
    return { r1cs, roles, layout: ledger.parts(), lookups: this.#lookups?.layout() };
  }

  /** By the numbers that wires have when the builder has finished. */
  #roles({ commitments, salts, tag }: FixedWires, hashed: HashedChallenge | undefined): CircuitRoles {
    const last = (wire: number): number => this.#builder.lastNumber(wire);
    const wiresOf = (forms: LinearForms): readonly number[] => {
      const wires = new Set<number>();
      for (let i = 0; i < forms.count; i++) forms.each(i, (wire) => wires.add(last(wire)));
      return [...wires];
    };
    return {
      inputs: this.#plan.program.inputs.map((id, i) => ({
        values: wiresOf(this.#forms[id]),
        commitment: commitments[i],
      })),
      given: [...salts.map(last), tag],
      ...(hashed === undefined ? {} : { hashed }),
    };
  }

  #accumulators({ rescale }: ProductCheck): (index: number) => WireForm {
    const ranged = this.#ranged.get(rescale)!;
    return (index) => ranged[index]!;
  }

  #input(first: number, spec: TensorSpec): LinearForms {
    if (this.#lookups !== undefined) {
      return constrainLookupInput(this.#builder, this.#lookups, spec, ofLookups(this.#plan.digitBits));
    }
    const forms = new LinearForms();
    const { low } = boundsOf(spec);
    for (let i = 0; i < spec.count; i++) {
      constrainRange(this.#builder, first + i, low, spec.bits);
      forms.term(first + i, 1);
      forms.close(0);
    }
    return forms;
  }

  /** One linear row a value: 0 · 0 = form − wire. */
  #materialise(forms: LinearForms): LinearForms {
    const wires = new LinearForms();
    const builder = this.#builder;
    const first = builder.newWires(forms.count);
    for (let i = 0; i < forms.count; i++) {
      forms.pushTo(builder.c, builder, i, 1, 0);
      builder.c.push(first + i, builder.scaled(-1));
      builder.endRow();
      wires.term(first + i, 1);
      wires.close(0);
    }
    return wires;
  }
}
