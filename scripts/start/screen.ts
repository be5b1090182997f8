import type { RunningService } from './service-file.ts';

/** Where the command line looks when it is told nothing. */
const DEFAULT_URL = 'http://127.0.0.1:8787';

/** What a newcomer sees once everything runs: where to look, and what to try. */
export const firstScreen = (
  { url, rpcUrl, mqttUrl, origin }: RunningService,
  options: {
    readonly trustFile: string;
    readonly tokenFile: string;
    readonly logFolder: string;
    readonly simulated: boolean;
  },
): string => {
  const service = url === DEFAULT_URL ? '' : ` --url ${url}`;
  return `
Gridseal is running.

  Start page   ${url}/
  API          ${url}/docs
  Health       ${url}/health
  Log          ${url}/log/checkpoint
  Chain        ${rpcUrl}
  Messaging    ${mqttUrl}
  Log origin   ${origin}
  Trust file   ${options.trustFile}
  Logs         ${options.logFolder}/service.log, ${options.logFolder}/edge.log
${
  options.simulated
    ? `
Five simulated stations (two PV plants, two loads, a battery) send signed telemetry every five seconds.
No meter measured it: every reading carries the quality flag "simulated".
`
    : ''
}
Try, in another terminal:

  npx gridseal status${service}
  npx gridseal statements --kind TelemetryBatch${service}        shows digests; of one of them, D:
  npx gridseal bundle D --out bundle.json${service}
  npx gridseal verify bundle.json --trust ${options.trustFile} --rpc ${rpcUrl}
  npx gridseal readings D --token-file ${options.tokenFile}${service}

Ctrl-C stops it; the next start continues the same log.
`;
};
