import type { Element } from './arithmetic.ts';
import type { I32, Value, Writer } from './assembler.ts';
import type { Machine, Shape } from './machine.ts';

/** A machine whose operations write instructions: its elements are in locals, `lanes` of them side by side. */
export interface WritingMachine<L, S> extends Machine<L, S> {
  /** A limb from memory, all lanes. */
  loadLimb(slot: I32, offset: number): L;
  storeLimb(slot: I32, offset: number, limb: L): void;
  /** 64 bits from each lane's address. */
  loadWord(lanes: readonly I32[], offset: number): S;
  storeWord(lanes: readonly I32[], offset: number, word: S): void;
  /** One when all limbs of a lane are zero. */
  anyZero(limbs: readonly L[]): Value<'i32'>;
  /** What one lane has, in all lanes. */
  spread(limb: L, lane: number): L;
  /** The negative where a lane's flag, zero or one, is set. */
  turned(element: Element<L>, flags: readonly I32[]): Element<L>;
}

/** A way to compute in a field of 254 bits. */
export interface Kernel<L = unknown, S = unknown> {
  readonly name: 'fused' | 'wide';
  readonly shape: Shape;
  /** Elements side by side. */
  readonly lanes: 1 | 2;
  /** Bytes of one limb of all lanes. */
  readonly limbBytes: number;
  /** Writes a limb from outside, to all lanes or to one. */
  putLimb(view: DataView, at: number, limb: bigint, lane?: number): void;
  getLimb(view: DataView, at: number, lane: number): bigint;
  machine(writer: Writer): WritingMachine<L, S>;
}

/** Bytes of one element of all lanes, as limbs. */
export function slotBytes({ shape, limbBytes }: Kernel): number {
  return Math.ceil((shape.limbs * limbBytes) / 8) * 8;
}

/** Montgomery's R. */
export function radixOf({ shape: { bits, limbs } }: Kernel): bigint {
  return 1n << BigInt(bits * limbs);
}
