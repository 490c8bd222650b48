/** A basis of a lattice: its rows, all independent. */
type Basis = bigint[][];

/** Lenstra, Lenstra and Lovász's reduction in whole numbers (Cohen, A Course in Computational Algebraic Number Theory, 2.6.7). */
export function reduceBasis(rows: readonly (readonly bigint[])[]): Basis {
  const basis = rows.map((row) => [...row]);
  const size = basis.length;
  const dot = (left: readonly bigint[], right: readonly bigint[]): bigint =>
    left.reduce((sum, value, i) => sum + value * right[i], 0n);
  const d: bigint[] = [1n, ...new Array<bigint>(size).fill(0n)];
  const lambda = basis.map(() => new Array<bigint>(size).fill(0n));
  const gramSchmidt = (k: number): void => {
    for (let j = 0; j <= k; j++) {
      let u = dot(basis[k], basis[j]);
      for (let i = 0; i < j; i++) u = (d[i + 1] * u - lambda[k][i] * lambda[j][i]) / d[i];
      if (j < k) lambda[k][j] = u;
      else d[k + 1] = u;
    }
  };
  const sizeReduce = (k: number, l: number): void => {
    const q = roundedQuotient(lambda[k][l], d[l + 1]);
    if (q === 0n) return;
    basis[k] = basis[k].map((value, i) => value - q * basis[l][i]);
    lambda[k][l] -= q * d[l + 1];
    for (let i = 0; i < l; i++) lambda[k][i] -= q * lambda[l][i];
  };
  const swap = (k: number): void => {
    [basis[k], basis[k - 1]] = [basis[k - 1], basis[k]];
    for (let j = 0; j < k - 1; j++) [lambda[k][j], lambda[k - 1][j]] = [lambda[k - 1][j], lambda[k][j]];
    const l = lambda[k][k - 1];
    const b = (d[k - 1] * d[k + 1] + l * l) / d[k];
    for (let i = k + 1; i < size; i++) {
      const t = lambda[i][k];
      lambda[i][k] = (d[k + 1] * lambda[i][k - 1] - l * t) / d[k];
      lambda[i][k - 1] = (b * t + l * lambda[i][k]) / d[k + 1];
    }
    d[k] = b;
  };
  for (let k = 0; k < size; k++) gramSchmidt(k);
  for (let k = 1; k < size;) {
    sizeReduce(k, k - 1);
    if (4n * (d[k + 1] * d[k - 1] + lambda[k][k - 1] ** 2n) < 3n * d[k] ** 2n) {
      swap(k);
      k = Math.max(1, k - 1);
    } else {
      for (let l = k - 2; l >= 0; l--) sizeReduce(k, l);
      k++;
    }
  }
  return basis;
}

/** `target` less a lattice vector near it (Babai's nearest plane, in passes that each take off what doubles see). */
export function reduceVector(basis: Basis, target: readonly bigint[]): bigint[] {
  let rest = [...target];
  const orthogonal: number[][] = [];
  for (const row of basis) {
    const vector = row.map(Number);
    for (const other of orthogonal) {
      const factor = project(vector, other);
      other.forEach((value, i) => (vector[i] -= factor * value));
    }
    orthogonal.push(vector);
  }
  for (let pass = 0; pass < 20; pass++) {
    for (let row = basis.length - 1; row >= 0; row--) {
      const factor = BigInt(Math.round(project(rest.map(Number), orthogonal[row])));
      rest = rest.map((value, i) => value - factor * basis[row][i]);
    }
  }
  return rest;
}

function project(vector: readonly number[], onto: readonly number[]): number {
  const dot = (left: readonly number[]): number => left.reduce((sum, value, i) => sum + value * onto[i], 0);
  return dot(vector) / dot(onto);
}

function roundedQuotient(value: bigint, divisor: bigint): bigint {
  const twice = 2n * value + divisor;
  const quotient = twice / (2n * divisor);
  return twice < 0n && quotient * 2n * divisor !== twice ? quotient - 1n : quotient;
}
