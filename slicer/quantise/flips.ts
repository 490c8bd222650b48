/**
 * How often quantisation changes which output is largest, estimated from few samples.
 *
 * Counting changes among n samples tells little of rates near 1 / n. So the margins of all samples (largest
 * output minus second, of the float model) are set against the errors of all samples (how far quantisation
 * moves the second towards the largest): the rate is the share of the n² pairs in which the error is at
 * least the margin. Both are taken in units of the sample's standard deviation over its outputs, since
 * errors grow with it, and after one common factor for all quantised outputs, which changes no order.
 * @param float by sample: the outputs of the float model, at least two
 * @param quantised the same outputs after quantisation, as reals
 */
export function estimateFlips(float: readonly Float64Array[], quantised: readonly Float64Array[]): number {
  const gain = commonFactor(float, quantised);
  const margins = new Float64Array(float.length);
  const errors = new Float64Array(float.length);
  float.forEach((outputs, sample) => {
    const first = argmax(outputs);
    const second = argmax(outputs.map((value, i) => (i === first ? -Infinity : value)));
    const unit = standardDeviation(outputs) || 1;
    const margin = outputs[first] - outputs[second];
    margins[sample] = margin / unit;
    errors[sample] = (margin - gain * (quantised[sample][first] - quantised[sample][second])) / unit;
  });
  margins.sort();
  const pairs = errors.reduce((sum, error) => sum + countAtMost(margins, error), 0);
  return pairs / float.length ** 2;
}

/** How many answers are seen to change, as a share. */
export function seenFlips(float: readonly Float64Array[], quantised: readonly Float64Array[]): number {
  return float.filter((outputs, i) => argmax(outputs) !== argmax(quantised[i])).length / float.length;
}

/** The factor by which the quantised outputs come closest to the float ones (least squares). */
function commonFactor(float: readonly Float64Array[], quantised: readonly Float64Array[]): number {
  let product = 0;
  let square = 0;
  float.forEach((outputs, sample) => {
    outputs.forEach((value, i) => {
      product += value * quantised[sample][i];
      square += quantised[sample][i] ** 2;
    });
  });
  return product > 0 ? product / square : 1;
}

function standardDeviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** The position of the largest value; the first of equals. */
export function argmax(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** How many of the sorted values are at most this. */
function countAtMost(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
