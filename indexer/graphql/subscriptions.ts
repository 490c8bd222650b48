import type { Builder } from './builder.ts';
import type { Objects } from './objects.ts';

/** What is told as it comes. */
export function addSubscription(builder: Builder, { Slice }: Objects): void {
  const SliceChange = builder.objectRef<{ readonly id: string }>('SliceChange').implement({
    description: 'A slice that changed, by new blocks or by a reorganisation.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The slice’s.' }),
      jobId: t.field({
        type: 'Bytes32',
        description: 'The id of its job.',
        resolve: ({ id }) => id.split(':')[0],
      }),
      index: t.int({
        description: 'Its number in the model, from 0.',
        resolve: ({ id }) => Number(id.split(':')[1]),
      }),
      slice: t.field({
        type: Slice,
        nullable: true,
        description: 'As it is now. Absent: a reorganisation took its job away.',
        resolve: ({ id }, _args, { reads }) => reads.row('Slice', id),
      }),
    }),
  });
  builder.subscriptionType({
    description: 'What is told as it comes.',
    fields: (t) => ({
      sliceChanged: t.field({
        type: SliceChange,
        description:
          'Changes from now on, each slice as it is when it is delivered; several quick changes may come as one. Ends when the server may have missed some: ask again.',
        args: { jobId: t.arg({ type: 'Bytes32', description: "Only this job's slices." }) },
        subscribe: (_root, { jobId }, { feed }) => feed.subscribe(jobId ?? undefined),
        resolve: (id: string) => ({ id }),
      }),
    }),
  });
}
