/** Row numbers, each at most once, the least first: rows in the order in which a circuit computes. */
export class RowQueue {
  readonly #heap: number[] = [];
  readonly #isIn: boolean[] = [];

  push(row: number): void {
    if (this.#isIn[row]) return;
    this.#isIn[row] = true;
    const heap = this.#heap;
    let at = heap.push(row) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent] <= row) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = row;
  }

  pop(): number | undefined {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined) return undefined;
    const first = heap.length === 0 ? last : heap[0];
    this.#isIn[first] = false;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1] < heap[child]) child++;
      if (heap[child] >= last) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
