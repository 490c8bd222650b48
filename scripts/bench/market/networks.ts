import { resnet18 } from '../networks/images.ts';
import { Net, pixel, type ExportedNetwork } from '../networks/net.ts';

/** Chooses bits of random weights as well as many would, where bits are given; and one to post. */
const SAMPLES = 5;

/** What is taken to a market: a network, one slice of which a node proves in minutes at most. The last sample is posted, and calibrates nothing. */
export const MARKET_NETWORKS: Readonly<Record<string, () => ExportedNetwork>> = {
  'ResNet-18, 32×32 colour, 10 classes': () => resnet18({ size: 32, classes: 10, samples: SAMPLES }),
  perceptron: () => {
    const net = new Net();
    const scores = net.dense(net.relu(net.dense('x', 12, 8)), 8, 5);
    return net.finish({ shape: [1, 12], draw: pixel, samples: SAMPLES, outputs: [scores] });
  },
};
