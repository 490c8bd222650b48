import { productCircuit, squareCircuit } from './circuits.ts';
import { inverse, mod } from './field.ts';
import { prove, setup } from './groth16.ts';
import type { Phase1, ScalarProof } from './groth16.ts';

/** 5 has no square root modulo r: x·x = 5 is false for every x. */
export const FALSE_SQUARE = 5n;

/**
 * "5 is a square", completed with the columns of another circuit of the same phase 1.
 *
 * The forger's A and B for x·x = z follow the honest form with the roots (1, z) in place of (x, x), which no
 * constraint of the square circuit's columns can express. The product circuit's can: its p and q are two wires, so
 * K_p + z·K_q and a multiple of the vanishing polynomial, all of them points of the *product* key, complete it.
 */
export function completedFalseSquare(phase1: Phase1) {
  const square = setup(squareCircuit, phase1, 777n);
  const product = setup(productCircuit, phase1, 888n);
  const [l0, l1, l2] = [square.u[2], square.u[0], square.u[1]];
  const z = FALSE_SQUARE;
  const forged: ScalarProof = {
    a: mod(phase1.alpha + l0 + l1 + z * l2),
    b: mod(phase1.beta + z * l0),
    // Counted towards the product circuit's sum, not the square circuit's.
    c: 0n,
  };
  const [kp, kq] = product.k;
  const vanishing = mod((l0 + l1 + z * l2) * z * l0 - z * l0);
  return {
    square,
    product,
    /** What has to be in the product circuit's sum for the false statement. */
    completion: mod(kp + z * kq + vanishing * inverse(product.delta)),
    /** An honest proof of each circuit, the false one between. */
    items: [
      { circuit: 1n, signals: [9n], proof: prove(square, [1n, 9n, 3n]) },
      { circuit: 1n, signals: [z], proof: forged },
      { circuit: 2n, signals: [15n], proof: prove(product, [1n, 15n, 3n, 5n]) },
    ],
  };
}
