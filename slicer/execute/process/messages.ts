import { z } from 'zod';
import type { ElementType } from '../../onnx/graph.ts';
import { CONSTRUCTORS } from './tensor-bytes.ts';

const portTypeSchema = z.enum(Object.keys(CONSTRUCTORS) as [ElementType, ...ElementType[]]);
const nameSchema = z.string().max(4096);
const shapeSchema = z.array(z.number().int().nonnegative()).max(32);

/** What is known of an input or output without running; a size that is not is a name, or -1. */
const portSchema = z.object({
  name: nameSchema,
  /** Null: it is no tensor of a type that crosses. */
  type: portTypeSchema.nullable(),
  shape: z.array(z.union([z.number().int(), nameSchema])).max(32),
});
export type ModelPort = z.infer<typeof portSchema>;

const failureSchema = z.object({ step: z.enum(['load', 'run']), message: z.string().max(100_000) });

/** A tensor without its values, which follow the message's head. */
const tensorHeadSchema = z.object({ name: nameSchema, type: portTypeSchema, shape: shapeSchema });
export type TensorHead = z.infer<typeof tensorHeadSchema>;

/** What the process says. It has run somebody else's model: nothing that it says is taken for granted. */
export const replySchema = z.union([
  z.object({ kind: z.literal('ready') }),
  z.object({
    kind: z.literal('loaded'),
    id: z.number(),
    inputs: z.array(portSchema).max(100_000),
    outputs: z.array(portSchema).max(200_000),
  }),
  z.object({ kind: z.literal('ran'), id: z.number(), outputs: z.array(tensorHeadSchema).max(200_000) }),
  z.object({ kind: z.literal('released'), id: z.number() }),
  z.object({ kind: z.literal('providers'), id: z.number(), names: z.array(nameSchema).max(100) }),
  z.object({ kind: z.literal('failed'), id: z.number(), failure: failureSchema }),
]);
export type Reply = z.infer<typeof replySchema>;

/** What it is asked. The bytes of a model and of tensors follow the head. */
export type Request =
  | {
      readonly kind: 'load';
      readonly id: number;
      readonly model: number;
      readonly threads: number | undefined;
      readonly providers: readonly string[];
    }
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly model: number;
      readonly inputs: readonly TensorHead[];
    }
  | { readonly kind: 'release'; readonly id: number; readonly model: number }
  /** Which execution providers there are. */
  | { readonly kind: 'providers'; readonly id: number };
