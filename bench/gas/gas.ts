import type { BenchReport } from '../report.ts';
import { measureAnchors } from './anchors.ts';
import { startBenchChain } from './chain.ts';
import { measureEnrolment } from './enrolments.ts';
import { measureEasTimestamp, measureEthrDidAttribute } from './peers.ts';

/** One figure. `goal` is the most it may be; peers have none. */
export type GasFigure = { readonly name: string; readonly gas: number; readonly goal: number | null };

/** Gas of whole transactions under Osaka's rules, beside what comparable contracts use. */
export const measureGas = async (): Promise<GasFigure[]> => {
  const chain = await startBenchChain();
  try {
    const anchors = await measureAnchors(chain, [10, 20]);
    const figure = (name: string, gas: bigint | undefined, goal: number | null): GasFigure => {
      if (gas === undefined) throw new Error(`${name} was not measured`);
      return { name, gas: Number(gas), goal };
    };
    return [
      figure('EvidenceLog.anchor, 10 proof hashes, warm ring', anchors.get(10), 53_000),
      figure('EvidenceLog.anchor, 20 proof hashes, warm ring', anchors.get(20), 64_000),
      figure('DeviceRegistry.enrol, secp256k1', await measureEnrolment(chain, 'secp256k1'), 110_000),
      // P-256 costs 3,900 more to verify than secp256k1, and its key and signature travel whole.
      figure('DeviceRegistry.enrol, P-256', await measureEnrolment(chain, 'p256'), null),
      figure('EAS.timestamp', await measureEasTimestamp(chain), null),
      figure('EthereumDIDRegistry.setAttribute', await measureEthrDidAttribute(chain), null),
    ];
  } finally {
    await chain.close();
  }
};

/** Runs the bench. @example npm run bench -- gas --json */
export const runGasBench = async (): Promise<BenchReport> => {
  const figures = await measureGas();
  const ok = figures.every(({ gas, goal }) => goal === null || gas <= goal);
  const rows = figures.map(({ name, gas, goal }) => {
    const verdict = goal === null ? '' : `${gas <= goal ? 'within' : 'ABOVE'} ${goal.toLocaleString('en')}`;
    return `${name.padEnd(48)} ${gas.toLocaleString('en').padStart(9)}  ${verdict}`.trimEnd();
  });
  return { json: { bench: 'gas', hardfork: 'osaka', ok, figures }, text: `${rows.join('\n')}\n`, ok };
};
