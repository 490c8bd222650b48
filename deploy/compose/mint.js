// Gives test tokens to the accounts of some private keys; an asset that not everybody may mint is left alone.
import { readFileSync } from 'node:fs';
import { Contract, JsonRpcProvider, NonceManager, parseEther, Wallet } from 'ethers';

const { SLICEPROOF_DEPLOYMENT, SLICEPROOF_RPC, SLICEPROOF_DEPLOYER_KEY } = process.env;
const { addresses } = JSON.parse(readFileSync(SLICEPROOF_DEPLOYMENT, 'utf8'));
const provider = new JsonRpcProvider(SLICEPROOF_RPC);
const signer = new NonceManager(new Wallet(SLICEPROOF_DEPLOYER_KEY, provider));
const abi = ['function mint(address,uint256)', 'function balanceOf(address) view returns (uint256)'];
const token = new Contract(addresses.asset, abi, signer);
for (const key of process.argv.slice(2)) {
  const { address } = new Wallet(key);
  if ((await token.balanceOf(address)) > 0n) continue;
  await (await token.mint(address, parseEther('1000'))).wait();
  process.stdout.write(`1000 test tokens for ${address}\n`);
}
provider.destroy();
