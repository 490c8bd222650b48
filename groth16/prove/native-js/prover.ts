import { BYTES, loadBn254 } from '../../curve/bn254-wasm.ts';
import type { Bn254 } from '../../curve/bn254-wasm.ts';
import { g1FromMontgomery, g2FromMontgomery } from '../../curve/points.ts';
import { FIELD_BYTES, SCALAR_FIELD, readLittleEndian, writeLittleEndian } from '../../formats/bn254.ts';
import type { ProofJson } from '../../formats/proof.ts';
import { witnessBody } from '../../formats/witness-file.ts';
import type { ProvedStatement } from '../backend.ts';
import { ProveError } from '../errors.ts';
import { createBn254Kernel } from '../../kernel/bn254-kernel.ts';
import type { Bn254Kernel } from '../../kernel/bn254-kernel.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { DomainVectors } from '../../kernel/transforms.ts';
import { loadKey } from './key.ts';
import type { LoadedKey } from './key.ts';
import { createMultiScalar } from './msm.ts';
import type { MultiScalar, Points } from './msm.ts';
import { quotientScalars } from './quotient.ts';
import { signedScalars } from './scalars.ts';

/** Gives that many uniform bytes from a cryptographic source. */
export type RandomBytes = (count: number) => Uint8Array;

/** One instance of the curve with room for one proving key. */
export interface NativeProver {
  /** Bytes of the instance's memory: it grows to what the largest key and its proof need, and never shrinks. */
  readonly memoryBytes: number;
  /**
   * Puts a .zkey into memory in the place of the one before; its bytes are not needed afterwards.
   *
   * @throws FormatError; ProveError PROVE_KEY_TERM, PROVE_KEY_DOMAIN, PROVE_KEY_TOO_LARGE
   */
  load(provingKey: Uint8Array): void;
  /**
   * Proves a .wtns with the key that was loaded last.
   *
   * @throws FormatError; ProveError PROVE_NO_KEY, PROVE_WITNESS_LENGTH, PROVE_SCALAR_RANGE, PROVE_RANDOMNESS
   */
  prove(witness: Uint8Array): ProvedStatement;
}

/** Compiles the curve; `randomBytes` is the source of what blinds the proofs. */
export async function createNativeProver(randomBytes: RandomBytes, kernel?: Kernel): Promise<NativeProver> {
  const curve = await loadBn254();
  const own = createBn254Kernel(curve, kernel);
  const { sums } = own;
  const g1 = createMultiScalar(curve, sums.g1);
  const g2 = createMultiScalar(curve, sums.g2);
  const free = curve.top();
  let loaded: { readonly key: LoadedKey; readonly vectors: DomainVectors } | undefined;
  return {
    get memoryBytes() {
      return curve.memory.buffer.byteLength;
    },
    load(provingKey) {
      loaded = undefined;
      curve.release(free);
      loaded = withinMemory(curve, own, provingKey);
    },
    prove(witness) {
      if (loaded === undefined)
        throw new ProveError('PROVE_NO_KEY', 'expected a proving key to be loaded first');
      const { key, vectors } = loaded;
      const values = witnessBody(witness);
      if (values.length !== key.wires * FIELD_BYTES) {
        throw new ProveError(
          'PROVE_WITNESS_LENGTH',
          `the proving key has ${key.wires} wires, the witness ${values.length / FIELD_BYTES} values`,
          { hint: 'key and witness belong to different circuits' },
        );
      }
      const blinding = [sampleScalar(randomBytes), sampleScalar(randomBytes)] as const;
      return curve.scratch(() => proveLoaded(curve, { g1, g2 }, key, vectors, values, blinding));
    },
  };
}

function withinMemory(
  curve: Bn254,
  { sums, transforms }: Bn254Kernel,
  provingKey: Uint8Array,
): { readonly key: LoadedKey; readonly vectors: DomainVectors } {
  try {
    const key = loadKey(curve, sums, provingKey);
    return { key, vectors: transforms(key.domainSize) };
  } catch (cause) {
    // What growing a WebAssembly memory past its maximum throws.
    if (!(cause instanceof RangeError)) throw cause;
    throw new ProveError(
      'PROVE_KEY_TOO_LARGE',
      `a proving key of ${provingKey.length} bytes does not fit into the prover's memory`,
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
function proveLoaded(
  curve: Bn254,
  multiScalar: { readonly g1: MultiScalar; readonly g2: MultiScalar },
  key: LoadedKey,
  vectors: DomainVectors,
  values: Uint8Array,
  [r, s]: readonly [bigint, bigint],
): ProvedStatement {
  const { fn } = curve;
  const witness = signedScalars(values);
  const g1 = (): number => curve.alloc(BYTES.g1Jacobian);
  const [a, b1, c, term] = [g1(), g1(), g1(), g1()];
  const b = curve.alloc(BYTES.g2Jacobian);
  const term2 = curve.alloc(BYTES.g2Jacobian);
  const scalar = (value: bigint): number => {
    const at = curve.alloc(BYTES.field);
    writeLittleEndian(curve.bytes(at, BYTES.field), 0, value);
    return at;
  };
  const [rAt, sAt, minusRs] = [r, s, (SCALAR_FIELD - ((r * s) % SCALAR_FIELD)) % SCALAR_FIELD].map(scalar);

  curve.scratch(() => {
    const quotient = quotientScalars(curve, key, vectors, values, witness);
    const h = signedScalars(curve.bytes(quotient, key.domainSize * FIELD_BYTES));
    // The transforms' vectors are done with: their room goes to the sums.
    curve.release(quotient);
    multiScalar.g1.multiply(key.h, h, c);
  });
  const addSum = (points: Points, out: number): void => {
    multiScalar.g1.multiply(points, witness, term);
    fn.g1m_add(out, term, out);
  };
  const addMultiple = (affine: number, by: number, out: number): void => {
    fn.g1m_timesScalarAffine(affine, by, FIELD_BYTES, term);
    fn.g1m_add(out, term, out);
  };

  fn.g1m_toJacobian(key.alpha1, a);
  addSum(key.a, a);
  addMultiple(key.delta1, rAt, a);

  fn.g1m_toJacobian(key.beta1, b1);
  addSum(key.b1, b1);
  addMultiple(key.delta1, sAt, b1);

  multiScalar.g2.multiply(key.b2, witness, b);
  fn.g2m_addMixed(b, key.beta2, b);
  fn.g2m_timesScalarAffine(key.delta2, sAt, FIELD_BYTES, term2);
  fn.g2m_add(b, term2, b);

  addSum(key.c, c);
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
