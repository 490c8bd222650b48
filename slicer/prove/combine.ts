import { BadInputError } from '../../protocol/errors.ts';
import { BYTES, loadBn254 } from '../curve/bn254-wasm.ts';
import { g1FromMontgomery, putG1 } from '../curve/points.ts';
import type { G1Point } from '../curve/points.ts';
import { BASE_FIELD, SCALAR_FIELD, writeLittleEndian } from '../formats/bn254.ts';

/**
 * Σ scalars[i] · points[i] in G1: the C* point of an aggregate from its proofs' C points. The empty sum is
 * (0, 0). Sixty-four points with 128-bit scalars take about ten milliseconds.
 *
 * @throws BadInputError COMBINE_LENGTHS, COMBINE_POINT (a coordinate not below q, or off the curve),
 * COMBINE_SCALAR (not in [0, r))
 */
export async function combineG1(points: readonly G1Point[], scalars: readonly bigint[]): Promise<G1Point> {
  if (points.length !== scalars.length) {
    throw new BadInputError(
      'COMBINE_LENGTHS',
      `expected one scalar a point, got ${scalars.length} for ${points.length}`,
    );
  }
  const curve = await loadBn254();
  const { fn } = curve;
  const sum = curve.alloc(BYTES.g1Jacobian);
  fn.g1m_zero(sum);
  const factor = curve.alloc(BYTES.field);
  const product = curve.alloc(BYTES.g1Jacobian);
  points.forEach((point, index) => {
    const scalar = scalars[index];
    if (scalar < 0n || scalar >= SCALAR_FIELD) {
      throw new BadInputError('COMBINE_SCALAR', `scalar ${index} should be in [0, r), it is ${scalar}`);
    }
    curve.scratch(() => {
      const canonical = [point.x, point.y].every((value) => value >= 0n && value < BASE_FIELD);
      const zero = point.x === 0n && point.y === 0n;
      const at = canonical ? putG1(curve, point) : 0;
      if (!canonical || (!zero && !fn.g1m_inCurveAffine(at))) {
        throw new BadInputError('COMBINE_POINT', `point ${index} is not a point of G1`, {
          details: { x: point.x.toString(), y: point.y.toString() },
        });
      }
      writeLittleEndian(curve.bytes(factor, BYTES.field), 0, scalar);
      const bytes = Math.ceil(scalar.toString(16).length / 2);
      fn.g1m_timesScalarAffine(at, factor, bytes, product);
      fn.g1m_add(sum, product, sum);
    });
  });
  fn.g1m_toAffine(sum, sum);
  return g1FromMontgomery(curve, curve.bytes(sum, BYTES.g1).slice());
}
