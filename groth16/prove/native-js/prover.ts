import { BYTES, loadBn254 } from '../../curve/bn254-wasm.ts';
import type { Bn254 } from '../../curve/bn254-wasm.ts';
import { groupOf } from '../../curve/group.ts';
import { g1FromMontgomery, g2FromMontgomery } from '../../curve/points.ts';
import { FIELD_BYTES, SCALAR_FIELD, readLittleEndian, writeLittleEndian } from '../../formats/bn254.ts';
import type { ProofJson } from '../../formats/proof.ts';
import { witnessBody } from '../../formats/witness-file.ts';
import { readZkey } from '../../formats/zkey-file.ts';
import type { ZkeyContents } from '../../formats/zkey-file.ts';
import type { ProvedStatement } from '../backend.ts';
import { ProveError } from '../errors.ts';
import { letGo } from '../let-go.ts';
import { createBn254Kernel } from '../../kernel/bn254-kernel.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { DomainVectors } from '../../kernel/transforms.ts';
import { loadKey } from './key.ts';
import type { LoadedKey } from './key.ts';
import { createMultiScalars } from './msm.ts';
import { quotientScalars } from './quotient.ts';
import { signedScalars } from './scalars.ts';
import { groupOfSum, loadSums, sumsOf, WITNESS_SUMS } from './sums.ts';
import type { LoadedSums, SumName, Sums } from './sums.ts';
import { partsOf, sharesOf } from './threads/shares.ts';
import type { Share } from './threads/shares.ts';

/** Gives that many uniform bytes from a cryptographic source. */
export type RandomBytes = (count: number) => Uint8Array;

/** One instance of the curve with room for one proving key, or for a thread's share of one. */
export interface NativeProver {
  /** Bytes of the instance's memory: it grows to what the largest key and its proof need, and never shrinks. */
  readonly memoryBytes: number;
  /**
   * Puts a .zkey into memory in the place of the one before; its bytes are not needed afterwards.
   *
   * @param share of its sums, where other threads add up the rest
   * @throws FormatError; ProveError PROVE_KEY_TERM, PROVE_KEY_DOMAIN, PROVE_KEY_TOO_LARGE
   */
  load(provingKey: Uint8Array | ZkeyContents, share?: Share): void;
  /**
   * Proves a .wtns with the key that was loaded last, whole.
   *
   * @throws FormatError; ProveError PROVE_NO_KEY, PROVE_WITNESS_LENGTH, PROVE_SCALAR_RANGE, PROVE_RANDOMNESS
   */
  prove(witness: Uint8Array): ProvedStatement;
  /** The same in steps, for whoever has others add up the rest; what is thrown is the same. */
  begin(witness: Uint8Array): BegunProof;
}

/** A proof under way. */
export interface BegunProof {
  /** The witness, 32 bytes a wire. */
  readonly values: Uint8Array;
  /** The sums of its own share, once. @param onQuotient hears the scalars of H, 32 bytes each, as soon as they are made */
  sums(onQuotient?: (scalars: Uint8Array) => void): Sums;
  /** @param all the sums of all shares */
  finish(all: readonly Sums[]): ProvedStatement;
}

interface Loaded {
  readonly key: LoadedKey;
  readonly sums: LoadedSums;
  readonly vectors: DomainVectors;
}

/** Compiles the curve; `randomBytes` is the source of what blinds the proofs. */
export async function createNativeProver(randomBytes: RandomBytes, kernel?: Kernel): Promise<NativeProver> {
  const curve = await loadBn254();
  const { sums, transforms } = createBn254Kernel(curve, kernel);
  const multiScalar = createMultiScalars(curve, sums);
  const free = curve.top();
  let loaded: Loaded | undefined;
  const begin = (witness: Uint8Array): BegunProof => {
    if (loaded === undefined)
      throw new ProveError('PROVE_NO_KEY', 'expected a proving key to be loaded first');
    const { key, vectors, sums: own } = loaded;
    const values = witnessBody(witness);
    if (values.length !== key.wires * FIELD_BYTES) {
      throw new ProveError(
        'PROVE_WITNESS_LENGTH',
        `the proving key has ${key.wires} wires, the witness ${values.length / FIELD_BYTES} values`,
        { hint: 'key and witness belong to different circuits' },
      );
    }
    const blinding = [sampleScalar(randomBytes), sampleScalar(randomBytes)] as const;
    const scalars = signedScalars(values);
    return {
      values,
      sums: (onQuotient) =>
        curve.scratch(() => {
          const quotient = quotientScalars(curve, key, vectors, values, scalars);
          const made = curve.bytes(quotient, key.domainSize * FIELD_BYTES);
          onQuotient?.(made);
          const h = own.h && signedScalars(made);
          // The transforms' vectors are done with: their room goes to the sums.
          curve.release(quotient);
          const sumsOfH = h && sumsOf(curve, multiScalar, own, ['h'], h);
          if (h) letGo(h.words);
          const ofWitness = sumsOf(curve, multiScalar, own, WITNESS_SUMS, scalars);
          letGo(scalars.words);
          return { ...sumsOfH, ...ofWitness };
        }),
      finish: (all) => curve.scratch(() => finishProof(curve, key, values, all, blinding)),
    };
  };
  return {
    get memoryBytes() {
      return curve.memory.buffer.byteLength;
    },
    load(provingKey, share) {
      loaded = undefined;
      curve.release(free);
      const key = provingKey instanceof Uint8Array ? readZkey(provingKey) : provingKey;
      const [whole] = sharesOf(key, 1);
      loaded = withinMemory(key, () => ({
        key: loadKey(curve, key),
        sums: loadSums(curve, sums, partsOf(key, share ?? whole), key),
        vectors: transforms(key.domainSize),
      }));
    },
    prove(witness) {
      const begun = begin(witness);
      return begun.finish([begun.sums()]);
    },
    begin,
  };
}

/** @throws ProveError PROVE_KEY_TOO_LARGE */
export function withinMemory<T>({ domainSize }: Pick<ZkeyContents, 'domainSize'>, load: () => T): T {
  try {
    return load();
  } catch (cause) {
    // What growing a WebAssembly memory past its maximum throws.
    if (!(cause instanceof RangeError)) throw cause;
    throw new ProveError(
      'PROVE_KEY_TOO_LARGE',
      `a proving key of ${domainSize} rows does not fit into the prover's memory`,
      { hint: 'cut the model into smaller slices', cause },
    );
  }
}

/** 64 bytes reduced modulo r differ from uniform by less than 2^−256. */
const WIDE_BYTES = 64;

function sampleScalar(randomBytes: RandomBytes): bigint {
  const bytes = randomBytes(WIDE_BYTES);
  if (bytes.length !== WIDE_BYTES) {
    throw new ProveError('PROVE_RANDOMNESS', `expected ${WIDE_BYTES} random bytes, got ${bytes.length}`);
  }
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`) % SCALAR_FIELD;
}

/**
 * Groth16 (Groth 2016, section 3.2), blinded by r and s: A = α + Σ w·A + rδ, B = β + Σ w·B + sδ and
 * C = Σ w·C + Σ h·H + sA + rB − rsδ.
 */
function finishProof(
  curve: Bn254,
  key: LoadedKey,
  values: Uint8Array,
  all: readonly Sums[],
  [r, s]: readonly [bigint, bigint],
): ProvedStatement {
  const { fn } = curve;
  const term = curve.alloc(BYTES.g2Jacobian);
  /** Of all threads together. */
  const total = (name: SumName): number => {
    const groupName = groupOfSum(name);
    const group = groupOf(curve, groupName);
    const bytes = BYTES[`${groupName}Jacobian`];
    const out = curve.alloc(bytes);
    group.zeroJacobian(out);
    for (const sums of all) {
      const sum = sums[name];
      if (sum === undefined) continue;
      curve.bytes(term, bytes).set(sum);
      group.addJacobian(out, term, out);
    }
    return out;
  };
  const scalar = (value: bigint): number => {
    const at = curve.alloc(BYTES.field);
    writeLittleEndian(curve.bytes(at, BYTES.field), 0, value);
    return at;
  };
  const [rAt, sAt, minusRs] = [r, s, (SCALAR_FIELD - ((r * s) % SCALAR_FIELD)) % SCALAR_FIELD].map(scalar);
  const addMultiple = (affine: number, by: number, out: number): void => {
    fn.g1m_timesScalarAffine(affine, by, FIELD_BYTES, term);
    fn.g1m_add(out, term, out);
  };

  const a = total('a');
  fn.g1m_addMixed(a, key.alpha1, a);
  addMultiple(key.delta1, rAt, a);

  const b1 = total('b1');
  fn.g1m_addMixed(b1, key.beta1, b1);
  addMultiple(key.delta1, sAt, b1);

  const b = total('b2');
  fn.g2m_addMixed(b, key.beta2, b);
  fn.g2m_timesScalarAffine(key.delta2, sAt, FIELD_BYTES, term);
  fn.g2m_add(b, term, b);

  const c = total('c');
  fn.g1m_add(c, total('h'), c);
  fn.g1m_timesScalar(a, sAt, FIELD_BYTES, term);
  fn.g1m_add(c, term, c);
  fn.g1m_timesScalar(b1, rAt, FIELD_BYTES, term);
  fn.g1m_add(c, term, c);
  addMultiple(key.delta1, minusRs, c);

  return {
    proof: proofJson(curve, a, b, c),
    publicSignals: Array.from({ length: key.publicSignals }, (_, index) =>
      readLittleEndian(values, (index + 1) * FIELD_BYTES).toString(),
    ),
  };
}

function proofJson(curve: Bn254, a: number, b: number, c: number): ProofJson {
  const g1 = (jacobian: number): ProofJson['pi_a'] => {
    curve.fn.g1m_toAffine(jacobian, jacobian);
    const { x, y } = g1FromMontgomery(curve, curve.bytes(jacobian, BYTES.g1).slice());
    return [x.toString(), y.toString(), '1'];
  };
  curve.fn.g2m_toAffine(b, b);
  const { x, y } = g2FromMontgomery(curve, curve.bytes(b, BYTES.g2).slice());
  return {
    pi_a: g1(a),
    pi_b: [
      [x.re.toString(), x.im.toString()],
      [y.re.toString(), y.im.toString()],
      ['1', '0'],
    ],
    pi_c: g1(c),
    protocol: 'groth16',
    curve: 'bn128',
  };
}
