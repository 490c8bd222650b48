import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { readPages } from '../data/pages.ts';
import { useAnswer } from '../data/use-answer.ts';
import { Answered } from './show.tsx';

/** A list that grows at a press; it stays what it is while the market goes on. */
export function Listed<Node>({
  list,
  fields,
  children,
}: {
  /** As {@link readPages} takes it. */
  list: string;
  fields: string;
  children: (rows: readonly Node[]) => ComponentChildren;
}) {
  const [pages, setPages] = useState(1);
  const asked = useAnswer(`${list} ${pages}`, (signal) => readPages<Node>(list, fields, pages, signal));
  return (
    <Answered asked={asked}>
      {({ rows, more }) => (
        <>
          {children(rows)}
          {more ? (
            <button type="button" class="more" onClick={() => setPages((before) => before + 1)}>
              Older ones
            </button>
          ) : null}
        </>
      )}
    </Answered>
  );
}
