import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Command } from 'commander';
import { fileOptionsOf, withFileFlags } from '../../cli/device/file-flags.ts';
import { reportJson } from '../../cli/device/print-file-report.ts';
import { checkFile as readWhole } from '../../edge/readers/check-file.ts';
import { FileError } from '../../edge/readers/file-error.ts';
import { root } from '../../scripts/paths.ts';
import { gridseal } from '../setup/gridseal.ts';
import { createTestFolder } from '../setup/postgres.ts';

type Problem = {
  readonly code: string;
  readonly row?: number;
  readonly column?: string;
  readonly message: string;
  readonly remedy?: string;
};
type Report = {
  readonly accepted: boolean;
  readonly preset?: string;
  readonly encoding?: string;
  readonly separator?: string;
  readonly decimal?: string;
  readonly rows?: number;
  readonly missing?: number;
  readonly totals?: readonly number[];
  readonly gaps?: { readonly count: number };
  readonly first?: { readonly utc: string; readonly local: string | null };
  readonly last?: { readonly utc: string };
  readonly channels?: readonly {
    readonly column: string;
    readonly quantity: string;
    readonly unit: string;
    readonly scale: number;
    readonly readings: number;
  }[];
  readonly leftOutColumns?: readonly { readonly column: string; readonly reason: string }[];
  readonly leftOutRows?: { readonly count: number; readonly reasons: readonly Problem[] };
  readonly problems: readonly Problem[];
  readonly problemCount: number;
};

const FIXTURES = join(root, 'test/edge/fixtures');

describe('gridseal device check', () => {
  let folder: Awaited<ReturnType<typeof createTestFolder>>;
  let count = 0;

  /** Without a process for each: the command prints the same, see the test of what a person is shown. */
  const checkFile = async (file: string, ...args: readonly string[]): Promise<Report> => {
    const command = withFileFlags(new Command()).exitOverride();
    command.parse([...args], { from: 'user' });
    try {
      const report = await readWhole(file, fileOptionsOf(command.opts()));
      return reportJson(report) as Report;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return { accepted: false, problems: error.problems, problemCount: error.count };
    }
  };
  const check = async (content: string | Uint8Array, ...options: readonly string[]): Promise<Report> => {
    count += 1;
    const file = join(folder.path, `${count}.csv`);
    await writeFile(file, content);
    return checkFile(file, ...options);
  };
  const units = ({ channels = [] }: Report): readonly string[] =>
    channels.map(({ quantity, unit, scale }) => `${quantity} ${unit} ${scale}`);
  /** The first problem, which is of the code given. */
  const refused = ({ accepted, problems }: Report, code: string): Problem => {
    const [first] = problems;
    assert.equal(accepted, false);
    assert.equal(first?.code, code, JSON.stringify(problems));
    return first;
  };

  before(async () => {
    folder = await createTestFolder();
  });
  after(() => rm(folder.path, { recursive: true, force: true }));

  it('refuses a time without offset unless the zone is said, and resolves gap and fold [B1]', async () => {
    const local = await check('time,power [W]\n2024-01-15 10:00:00,1\n');
    assert.match(refused(local, 'local-time').remedy ?? '', /--timezone Europe\/Berlin/u);
    const winter = await check('time,power [W]\n2024-01-15 10:00:00,1\n', '--timezone', 'Europe/Berlin');
    assert.deepEqual(winter.first, {
      utc: '2024-01-15T09:00:00Z',
      unixMs: Date.UTC(2024, 0, 15, 9),
      local: '2024-01-15 10:00:00 Europe/Berlin',
    });
    const spring = await check(
      'time,power [W]\n2024-03-31 01:59,1\n2024-03-31 02:30,2\n',
      '--timezone',
      'Europe/Berlin',
    );
    assert.equal(refused(spring, 'bad-time').row, 3);
    const walls = ['01:30', '02:00', '02:30', '02:00', '02:30', '03:00'].map(
      (wall) => `2024-10-27 ${wall},1\n`,
    );
    const autumn = await check(`time,power [W]\n${walls.join('')}`, '--timezone', 'Europe/Berlin');
    assert.deepEqual(
      [autumn.accepted, autumn.first?.utc, autumn.last?.utc, autumn.gaps?.count],
      [true, '2024-10-26T23:30:00Z', '2024-10-27T02:00:00Z', 0],
    );
    const once = await check(
      `time,power [W]\n${walls[0]}${walls[1]}${walls[5]}`,
      '--timezone',
      'Europe/Berlin',
    );
    assert.match(refused(once, 'bad-time').message, /came twice in Europe\/Berlin and is in the file once/u);
  });

  it('takes other forms of dates only by name, and no day that never was [B2]', async () => {
    for (const [time, remedy] of [
      ['05.01.2024 10:00', /dd\.MM\.yyyy HH:mm/u],
      ['05/01/2024 10:00', /dd\/MM\/yyyy.*or.*MM\/dd\/yyyy/u],
      ['2024-02-30T10:00:00Z', /correct it/u],
      ['room 12', /ISO 8601/u],
    ] as const) {
      const problem = refused(await check(`time,power [W]\n${time},1\n`), 'bad-time');
      assert.equal(problem.row, 2);
      assert.match(problem.remedy ?? '', remedy);
    }
    const german = await check(
      'time,power [W]\n05.01.2024 10:00,1\n',
      '--date-format',
      'dd.MM.yyyy HH:mm',
      '--timezone',
      'Europe/Berlin',
    );
    assert.equal(german.first?.utc, '2024-01-05T09:00:00Z');
    const never = await check(
      'time,power [W]\n30.02.2024 10:00,1\n',
      '--date-format',
      'dd.MM.yyyy HH:mm',
      '--timezone',
      'UTC',
    );
    assert.match(refused(never, 'bad-time').message, /no such day/u);
  });

  it('tells Unix seconds from milliseconds and names what is neither [B3]', async () => {
    for (const time of ['1705309200', '1705309200000'])
      assert.equal((await check(`time,power [W]\n${time},1\n`)).first?.utc, '2024-01-15T09:00:00Z');
    for (const [time, name] of [
      ['1705309200000000', /microseconds/u],
      ['17053092000000', /digits of a date/u],
      ['45306.375', /serial date of a spreadsheet/u],
      ['12', /no plausible range/u],
    ] as const)
      assert.match(refused(await check(`time,power [W]\n${time},1\n`), 'bad-time').message, name);
  });

  it('finds repeated times in any order of the rows [B4]', async () => {
    const text = 'time,power [W]\n2024-01-15T10:00:00Z,1\n2024-01-15T09:00:00Z,2\n2024-01-15T10:00:00Z,3\n';
    const problem = refused(await check(text), 'repeated-time');
    assert.equal(problem.row, 4);
    assert.match(problem.message, /2024-01-15T10:00:00\.000Z is the time of row 2 too/u);
    const kept = await check(text, '--skip-invalid');
    assert.deepEqual([kept.accepted, kept.rows, kept.leftOutRows?.count], [true, 2, 1]);
  });

  it('refuses two columns of one channel and names both [B5]', async () => {
    const text = 'time,power [W],power [W]\n2024-01-15T10:00:00Z,500,7\n';
    assert.match(
      refused(await check(text), 'same-channel').message,
      /columns 2 \("power \[W\]"\) and 3 \("power \[W\]"\)/u,
    );
    assert.equal((await check(text, '--map', '#3=ignore')).accepted, true);
  });

  it('reads numbers exactly or not at all [B6]', async () => {
    const time = '2024-01-15T10:00:00Z';
    for (const [cell, code] of [
      ['0x1F', 'not-a-number'],
      ['1e300', 'out-of-range'],
      ['10000000000000000000', 'out-of-range'],
      ['"1,234"', 'not-a-number'],
    ] as const) {
      const problem = refused(await check(`time,power [W]\n${time},${cell}\n`), code);
      assert.ok(problem.remedy !== undefined);
    }
    const exact = await check(`time,power [W]\n${time},9007199254740993\n2024-01-15T11:00:00Z,0.5\n`);
    assert.deepEqual(units(exact), ['power W -1']);
  });

  it('understands headers, marks, encodings and leftovers of exports, or says what to do [B8]', async () => {
    const inverter =
      'Time,Vpv1(V),Ppv(W),Status\n2024-01-15 10:00:00,230.5,500,ok\n2024-01-15 10:05:00,--,N/A,ok\nTotal,1,2,\n';
    const mapped = await check(inverter, '--map', 'Ppv(W)=active-power:W', '--timezone', 'Asia/Shanghai');
    assert.deepEqual(units(mapped), ['vpv1 V -1', 'active-power W 0']);
    assert.deepEqual([mapped.missing, mapped.totals], [2, [4]]);
    assert.deepEqual(mapped.leftOutColumns, [{ column: 'Status', reason: 'text' }]);
    const chinese = '时间,功率（kW）\n2024-01-15 10:00:00,1.5\n';
    assert.deepEqual(units(await check(chinese, '--timezone', 'Asia/Shanghai')), ['power kW -1']);
    const wide = await check(Buffer.from(`\ufeff${chinese}`, 'utf16le'), '--timezone', 'Asia/Shanghai');
    assert.deepEqual([wide.encoding, wide.first?.utc], ['utf-16le', '2024-01-15T02:00:00Z']);
    const german = await check(
      'sep=;\nAnlage 7\n\nZeit;Leistung\n2024-01-15 10:00;1,5\n',
      ...['--map', 'Leistung=active-power:kW', '--timezone', 'Europe/Berlin'],
    );
    assert.deepEqual([german.separator, german.decimal, ...units(german)], [';', ',', 'active-power kW -1']);
    const tabbed = await check('time\tpower [W]\n2024-01-15T10:00:00Z\t1\n');
    assert.equal(tabbed.separator, '\t');
    const western = Buffer.from('Zeit;Zähler [kWh]\n2024-01-15T10:00:00Z;1\n', 'latin1');
    assert.match(refused(await check(western), 'encoding').remedy ?? '', /--encoding windows-1252.*Zähler/u);
    assert.deepEqual(units(await check(western, '--encoding', 'windows-1252')), ['zahler kWh 0']);
    for (const unclear of [
      'time;power [W]\n2024-01-15T10:00:00Z;1.234\n',
      'time;power [W]\n2024-01-15T10:00:00Z;1,234\n',
    ]) {
      assert.match(refused(await check(unclear), 'not-a-number').remedy ?? '', /--decimal/u);
      assert.equal((await check(unclear, '--thousands', unclear.at(-5)!)).channels?.[0]?.scale, 0);
    }
    const damaged = await check('time,power\ufffd [W]\n2024-01-15T10:00:00Z,1\n');
    assert.match(refused(damaged, 'encoding').message, /replacement characters/u);
  });

  it('shows a person the same before anything is signed [B8]', async () => {
    const run = await gridseal(
      'device',
      'check',
      join(FIXTURES, 'sbfspot.csv'),
      '--timezone',
      'Europe/Berlin',
    );
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /sbfspot, header in row 9/u);
    assert.match(run.stdout, /first {4}2026-06-01T08:00:00Z {2}\(2026-06-01 10:00:00 Europe\/Berlin\)/u);
    assert.match(run.stdout, /2 +Power \(kW\) +power +kW +-3/u);
    assert.match(run.stdout, /would be accepted\. Nothing was signed/u);
    const refusal = await gridseal('device', 'check', join(FIXTURES, 'sbfspot.csv'), '--json');
    assert.equal(refusal.code, 4);
    assert.equal(refused(JSON.parse(refusal.stdout) as Report, 'local-time').row, 10);
  });

  it('recognises the presets of docs/guide/files.md [B8]', async () => {
    const entities = [
      '--map',
      'sensor.grid_power=active-power:W',
      '--map',
      'sensor.battery_level=state-of-charge:%',
    ];
    const cases: readonly (readonly [string, readonly string[], string, readonly string[]])[] = [
      ['plain.csv', [], 'plain', ['power W -1', 'energy kWh -3']],
      ['home-assistant.csv', entities, 'home-assistant', ['active-power W -2', 'state-of-charge % 0']],
      ['sbfspot.csv', ['--timezone', 'Europe/Berlin'], 'sbfspot', ['total-yield kWh -3', 'power kW -3']],
      [
        'fusionsolar-gbk.csv',
        ['--timezone', 'Asia/Shanghai'],
        'fusionsolar',
        [
          'active-power kW -3',
          'generated-energy-of-day kWh -2',
          'voltage-a V -1',
          'power-factor 1 -3',
          'internal-temperature Cel -1',
        ],
      ],
    ];
    for (const [name, options, preset, channels] of cases) {
      const report = await checkFile(join(FIXTURES, name), ...options);
      assert.deepEqual([report.accepted, report.preset, units(report)], [true, preset, channels], name);
    }
    assert.equal((await checkFile(join(FIXTURES, 'citylearn.csv'))).channels?.[0]?.scale, -14);
    assert.match(
      refused(await checkFile(join(FIXTURES, 'home-assistant.csv')), 'no-unit').remedy ?? '',
      /--map 'sensor\.grid_power=/u,
    );
  });

  it('takes no unit for granted [B9]', async () => {
    for (const [header, remedy] of [
      ['power', "--map 'power=power:UNIT'"],
      ['power_kw', "--map 'power_kw=power:kW'"],
      ['kwh', "--map 'kwh=energy:kWh'"],
    ] as const) {
      const problem = refused(await check(`time,${header}\n2024-01-15T10:00:00Z,1\n`), 'no-unit');
      assert.equal(problem.column, header);
      assert.ok(problem.remedy?.includes(remedy), problem.remedy);
    }
    for (const unit of ['mw', 'furlongs', '度'])
      refused(await check(`time,speed [${unit}]\n2024-01-15T10:00:00Z,1\n`), 'unknown-unit');
    assert.deepEqual(units(await check('时间,用电量（度）\n2024-01-15T10:00:00Z,1\n')), [
      'consumed-energy kWh 0',
    ]);
  });
});
