import { publicDetail } from './public-detail.ts';
import type { HealthProbe, HealthReport, HealthStatus, PartHealth } from './types.ts';

/** Asks every part how it is. */
export type Health = { readonly report: () => Promise<HealthReport> };

const PROBE_TIMEOUT_MS = 2_000;
const SEVERITY: readonly HealthStatus[] = ['ok', 'degraded', 'failing'];

const worst = (statuses: readonly HealthStatus[]): HealthStatus =>
  SEVERITY[statuses.reduce((worst, status) => Math.max(worst, SEVERITY.indexOf(status)), 0)] ?? 'failing';

const ask = async (probe: HealthProbe): Promise<PartHealth> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<PartHealth>((resolve) => {
    timer = setTimeout(
      () => resolve({ status: 'failing', detail: 'did not answer in time' }),
      PROBE_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([Promise.resolve().then(probe.check), late]);
  } catch (error) {
    return { status: 'failing', detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
};

const forAnyone = (part: PartHealth): PartHealth =>
  part.detail === undefined ? part : { ...part, detail: publicDetail(part.detail) };

/**
 * @example
 * const health = createHealth({ version: '0.1.0', probes: [{ part: 'database', check: pingDatabase }] });
 */
export const createHealth = (dependencies: {
  readonly version: string;
  readonly probes: readonly HealthProbe[];
}): Health => {
  const began = Date.now();
  const askAll = async (): Promise<HealthReport> => {
    const parts = await Promise.all(
      dependencies.probes.map(async (probe) => [probe.part, forAnyone(await ask(probe))] as const),
    );
    return {
      status: worst(parts.map(([, part]) => part.status)),
      version: dependencies.version,
      uptimeSeconds: Math.floor((Date.now() - began) / 1_000),
      parts: Object.fromEntries(parts),
    };
  };
  let asking: Promise<HealthReport> | undefined;
  return {
    // However many ask at once, the parts are asked once.
    report: () => {
      asking ??= askAll().finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };
};
