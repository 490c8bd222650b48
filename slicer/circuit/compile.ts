import type { TensorSpec } from '../../protocol/commitment/commit.ts';
import type { R1cs } from '../formats/r1cs.ts';
import type { ConcatNode, ConvNode, GemmNode, IntegerProgram, ProgramNode } from '../integer/program.ts';
import { boundsOf, sizeOf } from '../integer/program.ts';
import { LinearBatch } from './batch.ts';
import { R1csBuilder } from './builder.ts';
import { constrainRange } from './gadgets/bits.ts';
import { constrainCommitment } from './gadgets/commit.ts';
import { constrainMax } from './gadgets/max.ts';
import { PoseidonGadget } from './gadgets/poseidon.ts';
import { constrainRescale } from './gadgets/rescale.ts';
import { constrainTag } from './gadgets/tag.ts';
import { LinearForms } from './linear.ts';
import type { PartRows } from './parts.ts';
import { commitPart, rangePart, RowLedger, TAG_PART } from './parts.ts';
import type { SlicePlan } from './plan.ts';
import { planSlice } from './plan.ts';
import { fixedWires } from './wires.ts';
import type { SliceWitness, WitnessRequest } from './witness.ts';
import { witnessOf } from './witness.ts';

/** One slice as a circuit, with the means to fill it. */
export interface CompiledSlice {
  readonly r1cs: R1cs;
  /** Rows by part, in the circuit's order; they add up to all rows. */
  readonly layout: readonly PartRows[];
  /** How the input and output tensors are committed; with the tag these are the public signals, in order. */
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly computeWitness: (request: WitnessRequest) => SliceWitness;
}

/**
 * The circuit of a slice. The same program gives the same rows on any machine.
 * @throws IntegerProgramError PROGRAM_*, INTEGER_TOO_WIDE
 * @throws CircuitError CIRCUIT_OUTPUT_RANGE, CIRCUIT_TOO_WIDE
 */
export function compileSlice(program: IntegerProgram): CompiledSlice {
  const plan = planSlice(program);
  const { r1cs, layout } = new Compilation(plan).run();
  return {
    r1cs,
    layout,
    inputs: plan.inputs,
    outputs: plan.outputs,
    computeWitness: (request) => witnessOf(plan, r1cs.wires, request),
  };
}

class Compilation {
  readonly #plan: SlicePlan;
  readonly #builder: R1csBuilder;
  readonly #poseidon: PoseidonGadget;
  readonly #forms: LinearForms[] = [];
  readonly #scratch = new LinearForms();

  constructor(plan: SlicePlan) {
    this.#plan = plan;
    this.#builder = new R1csBuilder(fixedWires(plan));
    this.#poseidon = new PoseidonGadget(this.#builder);
  }

  run(): { readonly r1cs: R1cs; readonly layout: readonly PartRows[] } {
    const { program, inputs, outputs, materialised } = this.#plan;
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
    for (const node of program.nodes) {
      ledger.measure(node.name, () => {
        const forms = this.#node(node);
        this.#forms[node.output] = materialised.has(node.output) ? this.#materialise(forms) : forms;
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
    ledger.measure(TAG_PART, () => constrainTag(builder, wires.tag));
    return { r1cs: builder.finish(), layout: ledger.parts() };
  }

  #input(first: number, spec: TensorSpec): LinearForms {
    const forms = new LinearForms();
    const { low } = boundsOf(spec);
    for (let i = 0; i < spec.count; i++) {
      constrainRange(this.#builder, first + i, low, spec.bits);
      forms.term(first + i, 1);
      forms.close(0);
    }
    return forms;
  }

  #node(node: ProgramNode): LinearForms {
    switch (node.kind) {
      case 'conv':
        return this.#conv(node);
      case 'gemm':
        return this.#gemm(node);
      case 'add': {
        const forms = new LinearForms();
        const [left, right] = node.inputs.map((id) => this.#forms[id]);
        for (let i = 0; i < left.count; i++) {
          const constant = forms.terms(left, i, 2 ** node.shifts[0]);
          forms.close(constant + forms.terms(right, i, 2 ** node.shifts[1]));
        }
        return forms;
      }
      case 'reshape':
        return this.#forms[node.input];
      case 'concat':
        return this.#concat(node);
      case 'max-pool': {
        const forms = new LinearForms();
        const planner = this.#plan.pools.get(node)!;
        const batch = new LinearBatch(this.#builder);
        for (const window of planner.windows()) {
          this.#scratch.clear();
          const slots = planner.elements(window).map((i) => this.#scratch.copy(this.#forms[node.input], i));
          for (const { left, right, plan } of planner.steps(window)) {
            slots.push(constrainMax(this.#builder, batch, plan, this.#scratch, slots[left], slots[right]));
          }
          forms.copy(this.#scratch, slots[slots.length - 1]);
        }
        batch.end();
        return forms;
      }
      case 'rescale': {
        const forms = new LinearForms();
        const source = this.#forms[node.input];
        const plans = this.#plan.rescales.get(node)!;
        const batch = new LinearBatch(this.#builder);
        const run = source.count / plans.length;
        for (let i = 0; i < source.count; i++) {
          constrainRescale(this.#builder, batch, plans[Math.floor(i / run)], source, i, forms);
        }
        batch.end();
        return forms;
      }
    }
  }

  #conv(node: ConvNode): LinearForms {
    const { tensors } = this.#plan.program;
    const [, channels, height, width] = tensors[node.input].shape;
    const [, filters, outHeight, outWidth] = tensors[node.output].shape;
    const { kernel, strides, pads, dilations, groups, weights } = node;
    const perGroup = channels / groups;
    const input = this.#forms[node.input];
    const forms = new LinearForms();
    for (let filter = 0; filter < filters; filter++) {
      const firstChannel = Math.floor(filter / (filters / groups)) * perGroup;
      for (let position = 0; position < outHeight * outWidth; position++) {
        const top = Math.floor(position / outWidth) * strides[0] - pads[0];
        const left = (position % outWidth) * strides[1] - pads[1];
        let constant = node.bias[filter];
        let weight = filter * perGroup * kernel[0] * kernel[1];
        for (let channel = firstChannel; channel < firstChannel + perGroup; channel++) {
          for (let ky = 0; ky < kernel[0]; ky++) {
            const y = top + ky * dilations[0];
            for (let kx = 0; kx < kernel[1]; kx++, weight++) {
              const x = left + kx * dilations[1];
              if (y < 0 || y >= height || x < 0 || x >= width || weights[weight] === 0) continue;
              constant += forms.terms(input, (channel * height + y) * width + x, weights[weight]);
            }
          }
        }
        forms.close(constant);
      }
    }
    return forms;
  }

  #gemm({ input, weights, bias }: GemmNode): LinearForms {
    const source = this.#forms[input];
    const forms = new LinearForms();
    let next = 0;
    for (const start of bias) {
      let constant = start;
      for (let i = 0; i < source.count; i++) constant += forms.terms(source, i, weights[next++]);
      forms.close(constant);
    }
    return forms;
  }

  #concat({ inputs, axis, output }: ConcatNode): LinearForms {
    const { tensors } = this.#plan.program;
    const forms = new LinearForms();
    const outer = sizeOf(tensors[output].shape.slice(0, axis));
    for (let block = 0; block < outer; block++) {
      for (const id of inputs) {
        const size = sizeOf(tensors[id].shape.slice(axis));
        for (let i = 0; i < size; i++) forms.copy(this.#forms[id], block * size + i);
      }
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
