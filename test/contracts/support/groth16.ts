import { AbiCoder, keccak256 } from 'ethers';
import { g1, g2 } from './curve.ts';
import type { G1, G2 } from './curve.ts';
import { inverse, mod, power, R } from './field.ts';

/** Coefficients by wire. Wire 0 is the constant one, then come the public signals, then the private wires. */
export type Combination = Readonly<Record<number, bigint>>;

/**
 * A rank-1 constraint system: ⟨a, w⟩ · ⟨b, w⟩ = ⟨c, w⟩ for each constraint. One with `committed` wires has, behind its
 * signals, a public wire for the challenge X and then these, which the point D commits to.
 */
export interface Circuit {
  readonly wires: number;
  readonly signals: number;
  readonly committed?: number;
  /** How many wires, the last ones, are copies of the first (see `normalForm`). */
  readonly copies?: number;
  readonly constraints: readonly (readonly [Combination, Combination, Combination])[];
}

/** The secrets of a phase 1. Circuits that share one can be verified with one α-β pairing. */
export interface Phase1 {
  readonly tau: bigint;
  readonly alpha: bigint;
  readonly beta: bigint;
}

export interface VerifyingKey {
  readonly alpha: G1;
  readonly beta: G2;
  readonly gamma: G2;
  readonly delta: G2;
  readonly sigma: G2;
  readonly ic: G1[];
}

/**
 * A Groth16 key together with its trapdoor, as the discrete logarithms of its points. Every proof made here is an
 * ordinary one; knowing the logarithms only makes it cheap, and lets attack tests say which combination of public
 * points they use.
 */
export interface TrapdoorKey {
  readonly circuit: Circuit;
  readonly phase1: Phase1;
  readonly delta: bigint;
  /** The wires' polynomials at τ. */
  readonly u: readonly bigint[];
  readonly v: readonly bigint[];
  readonly w: readonly bigint[];
  /** Logarithms of IC (public wires) and K (private wires, divided by δ). */
  readonly ic: readonly bigint[];
  readonly k: readonly bigint[];
  /** With committed wires: σ, and the logarithms of the points that D is made of. */
  readonly sigma: bigint;
  readonly d: readonly bigint[];
  readonly vk: VerifyingKey;
}

/** A proof as the logarithms of its points. */
export interface ScalarProof {
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
  /** Of a circuit with committed wires: D, and σ·D. */
  readonly d?: bigint;
  readonly k?: bigint;
}

const ZERO_G2: G2 = { x: [0n, 0n], y: [0n, 0n] };
const ROOT_28 = power(5n, (R - 1n) >> 28n);

/** How many wires a circuit's statement has after the constant: its signals, and X. */
function publicWires({ signals, committed }: Circuit): number {
  return committed === undefined ? signals : signals + 1;
}

/** The key of a circuit; rows for the public wires are appended as snarkjs does. σ is for committed wires. */
export function setup(circuit: Circuit, phase1: Phase1, delta: bigint, sigma = 0n): TrapdoorKey {
  const statement = publicWires(circuit);
  const rows = circuit.constraints.length + statement + 1;
  let size = 1;
  let bits = 0n;
  while (size < rows) {
    size *= 2;
    bits += 1n;
  }
  const root = power(ROOT_28, 1n << (28n - bits));
  const vanishing = mod(power(phase1.tau, BigInt(size)) - 1n);
  const lagrange = Array.from({ length: size }, (_, j) => {
    const point = power(root, BigInt(j));
    return mod(point * vanishing * inverse(BigInt(size) * (phase1.tau - point)));
  });
  const zeros = (): bigint[] => Array.from({ length: circuit.wires }, () => 0n);
  const [u, v, w] = [zeros(), zeros(), zeros()];
  circuit.constraints.forEach((constraint, j) => {
    [u, v, w].forEach((column, part) => {
      for (const [wire, value] of Object.entries(constraint[part])) {
        column[Number(wire)] = mod(column[Number(wire)] + value * lagrange[j]);
      }
    });
  });
  for (let s = 0; s <= statement; s++) {
    u[s] = mod(u[s] + lagrange[circuit.constraints.length + s]);
  }
  const columns = u.map((_, s) => mod(phase1.beta * u[s] + phase1.alpha * v[s] + w[s]));
  const ic = columns.slice(0, statement + 1);
  const d = columns.slice(statement + 1, statement + 1 + (circuit.committed ?? 0));
  const k = columns.slice(statement + 1 + d.length).map((value) => mod(value * inverse(delta)));
  return {
    circuit,
    phase1,
    delta,
    u,
    v,
    w,
    ic,
    k,
    sigma,
    d,
    vk: {
      alpha: g1(phase1.alpha),
      beta: g2(phase1.beta),
      gamma: g2(1n),
      delta: g2(delta),
      sigma: circuit.committed === undefined ? ZERO_G2 : g2(sigma),
      ic: ic.map(g1),
    },
  };
}

/** Whether a full assignment (with the leading one) satisfies every constraint. */
export function satisfies(circuit: Circuit, witness: readonly bigint[]): boolean {
  const value = (combination: Combination): bigint =>
    mod(
      Object.entries(combination).reduce((sum, [wire, factor]) => sum + factor * witness[Number(wire)], 0n),
    );
  return circuit.constraints.every(([a, b, c]) => mod(value(a) * value(b) - value(c)) === 0n);
}

/** The value at τ of h·t, which an honest prover can only form when the witness satisfies the circuit. */
export function quotient(key: TrapdoorKey, witness: readonly bigint[]): bigint {
  const at = (column: readonly bigint[]): bigint =>
    mod(column.reduce((sum, value, s) => sum + value * witness[s], 0n));
  return mod(at(key.u) * at(key.v) - at(key.w));
}

/**
 * An ordinary Groth16 proof with the blinding (r, s). The witness must satisfy the circuit.
 * @param assignment the witness, without copies
 */
export function prove(
  key: TrapdoorKey,
  assignment: readonly bigint[],
  r = 11n,
  s = 13n,
  d = 0n,
): ScalarProof {
  const witness = [...assignment, ...assignment.slice(0, key.circuit.copies ?? 0)];
  if (!satisfies(key.circuit, witness)) throw new Error('the witness does not satisfy the circuit');
  const { alpha, beta } = key.phase1;
  const sum = (column: readonly bigint[]): bigint =>
    column.reduce((total, value, i) => total + value * witness[i], 0n);
  const a = mod(alpha + sum(key.u) + r * key.delta);
  const b = mod(beta + sum(key.v) + s * key.delta);
  const committed = publicWires(key.circuit) + 1;
  const values = (logarithms: readonly bigint[], from: number): bigint =>
    logarithms.reduce((total, value, i) => total + value * witness[from + i], 0n);
  const c = mod(
    values(key.k, committed + key.d.length) +
      quotient(key, witness) * inverse(key.delta) +
      s * a +
      r * b -
      r * s * key.delta -
      // What blinds D is taken back by C.
      (d - values(key.d, committed)) * inverse(key.delta),
  );
  return { a, b, c };
}

/** keccak256 of the ABI-encoded key, as the registry keeps it. */
export function keyDigestOf({ vk }: TrapdoorKey): string {
  const two = 'tuple(uint256[2] x, uint256[2] y)';
  const type = `tuple(tuple(uint256 x, uint256 y) alpha, ${two} beta, ${two} gamma, ${two} delta, ${two} sigma, tuple(uint256 x, uint256 y)[] ic)`;
  return keccak256(AbiCoder.defaultAbiCoder().encode([type], [vk]));
}

/** X: what the chain draws when a statement and its D are fixed. */
export function lookupChallenge(key: TrapdoorKey, signals: readonly bigint[], d: bigint): bigint {
  const { x, y } = g1(d);
  const words = [BigInt(keyDigestOf(key)), ...signals, x, y];
  return mod(
    BigInt(
      keccak256(
        AbiCoder.defaultAbiCoder().encode(
          words.map(() => 'uint256'),
          words,
        ),
      ),
    ),
  );
}

/**
 * A proof of a circuit with committed wires: commits to them, draws X, and proves the witness that belongs to it.
 * @param complete the private wires behind the committed ones, for an X
 */
export function proveCommitted(
  key: TrapdoorKey,
  signals: readonly bigint[],
  committed: readonly bigint[],
  complete: (x: bigint) => readonly bigint[],
  blinding = 17n,
): ScalarProof & { readonly d: bigint; readonly k: bigint } {
  const d = mod(key.d.reduce((total, value, i) => total + value * committed[i], 0n) + blinding * key.delta);
  const x = lookupChallenge(key, signals, d);
  const witness = [1n, ...signals, x, ...committed, ...complete(x)];
  return { ...prove(key, witness, blinding + 1n, blinding + 2n, d), d, k: mod(key.sigma * d) };
}

/** The words that a contract takes of a proof. */
export function pointsOf(proof: ScalarProof): { a: G1; b: G2 } {
  return { a: g1(proof.a), b: g2(proof.b) };
}

/** The key in the form that snarkjs reads. */
export function snarkjsKey(key: TrapdoorKey): unknown {
  const one = (point: G1): string[] => [String(point.x), String(point.y), '1'];
  const two = (point: G2): string[][] => [
    [String(point.x[1]), String(point.x[0])],
    [String(point.y[1]), String(point.y[0])],
    ['1', '0'],
  ];
  return {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic: key.circuit.signals,
    vk_alpha_1: one(key.vk.alpha),
    vk_beta_2: two(key.vk.beta),
    vk_gamma_2: two(key.vk.gamma),
    vk_delta_2: two(key.vk.delta),
    IC: key.vk.ic.map(one),
  };
}

/** A proof in the form that snarkjs reads. */
export function snarkjsProof(proof: ScalarProof): unknown {
  const [a, b, c] = [g1(proof.a), g2(proof.b), g1(proof.c)];
  return {
    protocol: 'groth16',
    curve: 'bn128',
    pi_a: [String(a.x), String(a.y), '1'],
    pi_b: [
      [String(b.x[1]), String(b.x[0])],
      [String(b.y[1]), String(b.y[0])],
      ['1', '0'],
    ],
    pi_c: [String(c.x), String(c.y), '1'],
  };
}
