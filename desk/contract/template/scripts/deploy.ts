// Deploys and prints where the contracts are.
//
//   npx hardhat run scripts/deploy.ts --network …
import { network } from 'hardhat';
import { deploy } from './deployment.ts';

const { ethers } = await network.create();
const { verifier, consumer } = await deploy(ethers);
const addresses = { verifier: await verifier.getAddress(), consumer: await consumer.getAddress() };
process.stdout.write(`${JSON.stringify(addresses, null, 2)}\n`);
