import type { FunctionRef, ModuleWriter, Value } from './assembler.ts';
import { integers } from './integers.ts';
import { ADDRESS, BATCH, REFERENCE_SIGN } from './pairs.ts';
import type { PairFunctions, PairRoom } from './pairs.ts';

/** What is done about pairs with equal coordinates before their batch is added. */
export type Exceptions = FunctionRef;

/**
 * sumGroups(list, starts, groups, counts, open, at): sums of each group by a tree of pairs: halving all groups at once
 * gives batches that are large enough for one inversion each.
 *
 * Group g has the references list[starts[g]] to list[starts[g + 1] − 1]. Afterwards list[starts[g]] refers to the sum of
 * group g if it has any references, and is zero for infinity. Sums lie in the region from `at` on, which needs room for
 * half as many points as there are references; points outside it are not changed. `counts` and `open` have a word for
 * each group.
 */
export function defineSums(
  module: ModuleWriter,
  name: string,
  pointBytes: number,
  room: PairRoom,
  pairs: PairFunctions,
  lanes: number,
  exceptions: Exceptions,
  padding: { readonly left: number; readonly right: number; readonly out: number },
): FunctionRef {
  const flush = module.define(`${name}_flush`, [], undefined, (writer) => {
    const { add, and, shiftLeft, load, store } = integers(writer);
    const noted = load(room.count);
    writer.when(noted, () => {
      const count = writer.variable(noted, 'i32');
      writer.whilst(
        () => and(count, lanes - 1),
        () => {
          const at = shiftLeft(count, 2);
          store(at, padding.left, room.left);
          store(at, padding.right, room.right);
          store(at, padding.out, room.out);
          writer.assign(count, add(count, 1));
        },
      );
      writer.when(writer.call('i32', pairs.prepare, count), () => {
        writer.run(exceptions, noted);
        writer.act([0x1a], writer.call('i32', pairs.prepare, count));
      });
      writer.run(pairs.invert, count);
      writer.run(pairs.finish, count);
      store(room.count, 0);
    });
  });
  return module.define(
    name,
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    undefined,
    (writer, ...parameters) => {
      const [list, starts, groups, counts, open, at] = parameters as readonly Value<'i32'>[];
      const { add, sub, and, or, isZero, equal, below, shiftLeft, shiftRight, load, store } =
        integers(writer);
      const word = (base: Value<'i32'>, index: Value<'i32'>): Value<'i32'> => add(base, shiftLeft(index, 2));
      const opened = writer.variable(0, 'i32');
      const group = writer.variable(0, 'i32');
      writer.whilst(
        () => below(group, groups),
        () => {
          const start = word(starts, group);
          const count = sub(load(start, 4), load(start));
          store(word(counts, group), count);
          writer.when(below(1, count), () => {
            store(word(open, opened), group);
            writer.assign(opened, add(opened, 1));
          });
          writer.assign(group, add(group, 1));
        },
      );
      const free = writer.variable(at, 'i32');
      const next = writer.variable(0, 'i32');
      const place = writer.variable(0, 'i32');
      writer.whilst(
        () => opened,
        () => {
          writer.assign(next, 0);
          writer.assign(place, 0);
          writer.whilst(
            () => below(place, opened),
            () => {
              const which = load(word(open, place));
              const start = word(list, load(word(starts, which)));
              const count = load(word(counts, which));
              const half = shiftRight(count, 1);
              const from = writer.variable(start, 'i32');
              const to = writer.variable(start, 'i32');
              const end = word(start, half);
              writer.whilst(
                () => below(to, end),
                () => {
                  const left = load(from);
                  const right = load(from, 4);
                  writer.when(
                    or(isZero(left), isZero(right)),
                    () => store(to, or(left, right)),
                    () => {
                      // A sum of this group leaves its room to the new one. What was left over from pairing stands last,
                      // so only the first round, where all points lie elsewhere, takes new room.
                      const out = writer.variable(free, 'i32');
                      writer.when(
                        or(below(left, at), isZero(below(left, free))),
                        () => writer.assign(free, add(free, pointBytes)),
                        () => writer.assign(out, and(left, ADDRESS)),
                      );
                      const noted = load(room.count);
                      const where = shiftLeft(noted, 2);
                      store(where, left, room.left);
                      store(where, right, room.right);
                      store(where, out, room.out);
                      store(where, to, room.place);
                      store(to, or(out, and(left, REFERENCE_SIGN)));
                      const more = add(noted, 1);
                      store(room.count, more);
                      writer.when(equal(more, BATCH), () => writer.run(flush));
                    },
                  );
                  writer.assign(from, add(from, 8));
                  writer.assign(to, add(to, 4));
                },
              );
              const odd = and(count, 1);
              writer.when(odd, () => store(to, load(from)));
              const left = add(half, odd);
              store(word(counts, which), left);
              writer.when(below(1, left), () => {
                store(word(open, next), which);
                writer.assign(next, add(next, 1));
              });
              writer.assign(place, add(place, 1));
            },
          );
          writer.run(flush);
          writer.assign(opened, next);
        },
      );
    },
  );
}
