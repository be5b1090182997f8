import { refusedFile, type FileProblem } from './file-error.ts';
import type { FileOptions } from './file-options.ts';
import { channelsOf, numbered, strayTargets, targetOf } from './columns.ts';
import { mappingOf, type Mapping } from './mapping.ts';
import { decimalMarkOf, isMissing, looksNumeric, type NumberForm } from './number-form.ts';
import type { LeftOutColumn, Plan, PlannedChannel, TimeSource } from './plan.ts';
import { cityLearnChannels, FIRST_ROW_MS, HOUR_COLUMN } from './presets/citylearn.ts';
import { homeAssistantCells } from './presets/home-assistant.ts';
import { dialectOf, isTimeHeader, type Dialect } from './text/dialect.ts';
import { decodeHead, encodingOf } from './text/encoding.ts';
import { readHead } from './text/source.ts';
import { dateFormat } from './time/date-format.ts';
import { zoneOf, type Zone } from './time/zone.ts';

/** How much of a file is looked at before it is read. */
const HEAD_BYTES = 262_144;

const PRESETS = ['plain', 'citylearn', 'home-assistant', 'sbfspot', 'fusionsolar'];

type Columns = {
  readonly time: TimeSource | undefined;
  readonly found: readonly Omit<PlannedChannel, 'channel'>[];
  readonly leftOut: readonly LeftOutColumn[];
  readonly problems: readonly FileProblem[];
  readonly entity?: number;
};

const others = (header: readonly string[], used: readonly number[]): readonly LeftOutColumn[] =>
  header.flatMap((column, index) =>
    used.includes(index) ? [] : [{ column, index, reason: 'not of the preset' as const }],
  );

const cityLearnColumns = ({ header }: Dialect, startMs = FIRST_ROW_MS): Columns => {
  const found = cityLearnChannels(header);
  const index = header.indexOf(HOUR_COLUMN);
  return {
    time: { in: 'hours', column: HOUR_COLUMN, index, startMs },
    found,
    leftOut: others(header, [index, ...found.map((one) => one.index)]),
    problems: [],
  };
};

/** Entities are columns by name only: which the file has is known at its end. */
const homeAssistantColumns = ({ header }: Dialect, mapping: Mapping): Columns => {
  const { entity, state, time } = homeAssistantCells(header);
  const found = [...mapping].flatMap(([column, target]) => {
    if (target.is !== 'channel') return [];
    const { quantity, unit, decimals } = target;
    const scale = decimals === undefined ? {} : { scale: decimals === 0 ? 0 : -decimals };
    return [{ column, index: state, quantity, unit, sign: 'as recorded', ...scale }];
  });
  return {
    time: { in: 'cells', column: header[time] ?? '', indices: [time] },
    found,
    leftOut: others(header, [entity, state, time]),
    problems: [],
    entity,
  };
};

const timePlaces = ({ header, recognised }: Dialect, mapping: Mapping): readonly number[] | FileProblem => {
  const places = (test: (column: string, place: number) => boolean): number[] =>
    header.flatMap((column, i) => (test(column, i + 1) ? [i] : []));
  const mapped = (role: string) => places((column, place) => targetOf(mapping, column, place)?.is === role);
  const joined = [...mapped('date'), ...mapped('time-of-day')];
  if (joined.length === 2 && mapped('date').length === 1) return joined;
  const times = mapped('time');
  const [only] = times;
  if (times.length === 1 && only !== undefined && joined.length === 0) return [only];
  if (times.length + joined.length > 0)
    return { code: 'bad-option', message: "--map names one 'time', or one 'date' and one 'time-of-day'" };
  const found = places(
    (column, place) =>
      targetOf(mapping, column, place) === undefined &&
      (recognised.time === undefined ? isTimeHeader(column) : column === recognised.time),
  );
  if (found.length === 1) return found;
  const names = found.map((i) => JSON.stringify(header[i])).join(' and ');
  return {
    code: 'no-time',
    message: found.length === 0 ? 'no column of time is left' : `${names} could each be the time`,
    remedy: `say which: --map '${header[found[0] ?? 0]}=time' and --map '${header[found[1] ?? 0]}=ignore', or '…=date' and '…=time-of-day'`,
  };
};

/** @param named what the options of this file name: it must be there */
const tableColumns = (dialect: Dialect, mapping: Mapping, named: Mapping): Columns => {
  const { header, sample, recognised } = dialect;
  const places = timePlaces(dialect, mapping);
  const time = 'code' in places ? [] : places;
  const columns = channelsOf({ header, sample, mapping, time, units: recognised.units ?? {} });
  const problems = [
    ...strayTargets(named, header),
    ...('code' in places ? [places] : []),
    ...columns.problems,
  ];
  const column = time.map((index) => header[index] ?? '').join(' and ');
  return { ...columns, time: { in: 'cells', column, indices: time }, problems };
};

const numbersOf = (
  options: FileOptions,
  { sample, recognised, separator }: Dialect,
  columns: Columns,
): NumberForm | FileProblem => {
  const { decimal, thousands } = options;
  if (decimal !== undefined && decimal !== '.' && decimal !== ',')
    return { code: 'bad-option', message: `--decimal ${decimal}: a point or a comma` };
  if (
    thousands !== undefined &&
    (thousands.length !== 1 || /[\d+-]/u.test(thousands) || thousands === decimal)
  )
    return {
      code: 'bad-option',
      message: `--thousands ${JSON.stringify(thousands)}: one mark, other than the decimal mark`,
    };
  const group = thousands === undefined ? {} : { thousands };
  if (decimal !== undefined) return { decimal, ...group };
  if (thousands !== undefined) return { decimal: thousands === '.' ? ',' : '.', ...group };
  if (recognised.decimal !== undefined) return { decimal: recognised.decimal };
  const cells = sample.flatMap((row) => columns.found.map(({ index }) => row[index] ?? ''));
  const mark = decimalMarkOf(
    cells.filter((cell) => !isMissing(cell) && looksNumeric(cell)),
    separator,
  );
  if (mark !== 'unclear') return { decimal: mark };
  return {
    code: 'not-a-number',
    message:
      'whether the mark before three digits, in numbers as 1,234 or 1.234, is a decimal mark cannot be told',
    remedy: "say --decimal '.' or --decimal ',', and --thousands where the other mark groups digits",
  };
};

/** What options of time make. */
const timesOf = (options: FileOptions, preset: string | undefined) => {
  const problems: FileProblem[] = [];
  const text = options.dateFormat ?? preset;
  const read = text === undefined ? undefined : dateFormat(text);
  if (text !== undefined && read === undefined)
    problems.push({
      code: 'bad-option',
      message: `--date-format ${JSON.stringify(text)} is not understood`,
      remedy: "expected a whole date in letters, as 'dd.MM.yyyy HH:mm:ss', or '%d.%m.%Y %H:%M:%S'",
    });
  let zone: Zone | undefined;
  try {
    zone = options.timezone === undefined ? undefined : zoneOf(options.timezone);
  } catch {
    problems.push({
      code: 'bad-option',
      message: `--timezone ${JSON.stringify(options.timezone)} is no zone that is known`,
      remedy: 'expected a name of the IANA database, as Europe/Berlin',
    });
  }
  const format = text === undefined || read === undefined ? {} : { dateFormat: { text, read } };
  return { problems, format, zone: zone === undefined ? {} : { zone } };
};

/**
 * Decides from the beginning of a file and the options how it is read.
 *
 * @throws FileError with all that is wrong with header and options
 */
export const makePlan = async (file: string, options: FileOptions): Promise<Plan> => {
  const { head, size } = await readHead(file, HEAD_BYTES);
  const encoding = encodingOf(head, options.encoding);
  if ('code' in encoding) throw refusedFile(file, [encoding]);
  const text = decodeHead(head.subarray(encoding.mark), encoding.name);
  if (text === undefined)
    throw refusedFile(file, [
      { code: 'encoding', message: `the file is not ${encoding.name}`, remedy: 'say another --encoding' },
    ]);
  const whole = head.length < HEAD_BYTES ? text : text.slice(0, text.lastIndexOf('\n') + 1);
  const { mapping: named, problems: mistakes } = mappingOf(options.map ?? []);
  const mapping: Mapping = new Map([...mappingOf(options.keptMap ?? []).mapping, ...named]);
  const dialect = dialectOf(whole, mapping, options.separator);
  if ('code' in dialect) throw refusedFile(file, [...mistakes, dialect]);
  const { header, headerRow, separator, recognised } = dialect;
  const own: FileProblem[] = [];
  if (header.some((column) => column.includes('\uFFFD')))
    own.push({
      code: 'encoding',
      row: headerRow,
      message:
        'the header holds replacement characters: it was damaged when the file was written or converted',
      remedy: 'export it again as UTF-8',
    });
  if (options.preset !== undefined && options.preset !== recognised.preset)
    own.push({
      code: 'bad-option',
      message: PRESETS.includes(options.preset)
        ? `the file is not what the preset ${options.preset} reads; it looks like ${recognised.preset}`
        : `--preset ${options.preset} is not known: ${PRESETS.join(', ')}`,
    });
  const columns =
    recognised.preset === 'citylearn'
      ? cityLearnColumns(dialect, options.startMs)
      : recognised.preset === 'home-assistant'
        ? homeAssistantColumns(dialect, mapping)
        : tableColumns(dialect, mapping, named);
  const { channels, problems: unfit } = numbered(columns.found, options.profile);
  const numbers = numbersOf(options, dialect, columns);
  const times = timesOf(options, recognised.dateFormat);
  const problems: FileProblem[] = [
    ...mistakes,
    ...own,
    ...columns.problems,
    ...unfit,
    ...times.problems,
    ...('code' in numbers ? [numbers] : []),
  ];
  if (problems.length === 0 && channels.length === 0 && columns.entity === undefined)
    problems.push({ code: 'no-channels', message: 'no column beside the time holds measurements' });
  if (problems.length > 0 || columns.time === undefined || 'code' in numbers)
    throw refusedFile(file, problems);
  return {
    file,
    size,
    preset: recognised.preset,
    cutting: { encoding, separator, skipLines: headerRow },
    headerRow,
    header,
    time: columns.time,
    ...times.zone,
    ...times.format,
    numbers,
    channels,
    leftOut: columns.leftOut,
    ...(columns.entity === undefined ? {} : { entity: columns.entity }),
    ignoredEntities: new Set(
      [...mapping].flatMap(([name, target]) => (target.is === 'ignored' ? [name] : [])),
    ),
    round: options.round === true,
    skipInvalid: options.skipInvalid === true,
    isEnrolled: options.profile !== undefined,
  };
};
