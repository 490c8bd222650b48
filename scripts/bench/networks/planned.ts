import { detector } from './detection.ts';
import { lenet5, mobileNetV2, resnet18, resnet20, squeezeNet, vgg11 } from './images.ts';
import type { ExportedNetwork } from './net.ts';
import { lstm } from './recurrent.ts';
import { gpt, perceptron14, vitTiny } from './sequences.ts';
import { xgboost } from './trees.ts';

type Networks = Readonly<Record<string, () => ExportedNetwork>>;

/** Networks in the shapes that people have, with random weights: how they are cut depends on little else. */
export const PLANNED_NETWORKS: Networks = {
  'LeNet-5, 28×28 grey, by Keras': lenet5,
  'XGBoost, 100 trees of depth 6': xgboost,
  'LSTM of 31,000 parameters, 16 steps': lstm,
  'perceptron of 14 layers, 96 inputs': perceptron14,
  'ResNet-20, 32×32 colour': resnet20,
  'detector of YOLOv8’s shape, 160×160 colour': detector,
  'VGG-11, 32×32 colour': vgg11,
};

/** Such as take minutes to plan. */
export const LARGE_NETWORKS: Networks = {
  'GPT of 4 layers, 32 tokens of 128': () => gpt(4, 256, { tokens: 32, width: 128, heads: 4, hidden: 512 }),
  'ViT-tiny, 12 layers, 64 patches of 4×4': vitTiny,
  'SqueezeNet 1.1, 224×224 colour': squeezeNet,
  'MobileNetV2, 224×224 colour': mobileNetV2,
  'block of GPT-2, 64 tokens of 768, 1,024 words': () =>
    gpt(1, 1024, { tokens: 64, width: 768, heads: 12, hidden: 3072 }),
  'ResNet-18, 224×224 colour': resnet18,
};

export const ALL_NETWORKS: Networks = { ...PLANNED_NETWORKS, ...LARGE_NETWORKS };
