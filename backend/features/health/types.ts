/** How a part fares: `degraded` works with a delay or a loss of comfort, `failing` does not work. */
export type HealthStatus = 'ok' | 'degraded' | 'failing';

/** What a part says of itself. Figures are numbers with their unit in the name: `lagMs`, `pendingBatches`. */
export type PartHealth = {
  readonly status: HealthStatus;
  readonly detail?: string;
  readonly figures?: Readonly<Record<string, number>>;
};

/** A part that can be asked. Figures also appear in `/metrics` as `gridseal_<part>_<figure>`. */
export type HealthProbe = {
  readonly part: string;
  readonly check: () => Promise<PartHealth> | PartHealth;
};

/** All parts together; the worst status is the whole's. */
export type HealthReport = {
  readonly status: HealthStatus;
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly parts: Readonly<Record<string, PartHealth>>;
};
