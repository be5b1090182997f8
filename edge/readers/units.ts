/**
 * The units that a file's header may name: UCUM codes (unitsofmeasure.org) where UCUM has the unit, the engineer's symbol where it
 * has not (`var`, `VA` and their multiples). Each with the other spellings that mean it and nothing else; `mw` is not among
 * them, for it may be milliwatts or megawatts.
 */
const UNITS: Readonly<Record<string, readonly string[]>> = {
  W: ['w', '瓦', '瓦特'],
  kW: ['kw', 'KW', 'Kw', '千瓦'],
  MW: ['兆瓦'],
  GW: ['吉瓦'],
  Wh: ['WH', 'wh', '瓦时', '瓦·时'],
  kWh: ['kwh', 'KWH', 'KWh', 'Kwh', 'kWH', 'kW·h', '千瓦时', '千瓦·时', '千瓦小时'],
  MWh: ['MWH', 'Mwh', 'MW·h', '兆瓦时', '兆瓦·时'],
  GWh: ['GWH'],
  var: ['Var', 'VAr', 'VAR', '乏'],
  kvar: ['kVar', 'kVAr', 'kVAR', 'Kvar', 'KVAR', '千乏'],
  Mvar: ['MVar', 'MVAr', 'MVAR', '兆乏'],
  varh: ['VArh', 'VARh', '乏时'],
  kvarh: ['kVarh', 'kVArh', 'kVARh', '千乏时'],
  VA: ['伏安'],
  kVA: ['KVA', '千伏安'],
  MVA: ['兆伏安'],
  VAh: [],
  kVAh: [],
  V: ['v', 'Volt', '伏', '伏特'],
  mV: ['毫伏'],
  kV: ['KV', '千伏'],
  A: ['安', '安培'],
  mA: ['毫安'],
  kA: ['千安'],
  Ah: ['安时'],
  mAh: [],
  Hz: ['HZ', 'hz', '赫兹', '赫'],
  Cel: ['°C', '℃', 'degC', '摄氏度'],
  K: [],
  '%': ['％', 'percent'],
  '1': ['-'],
  'W/m2': ['W/m²', 'W/㎡', '瓦/平方米'],
  'W/kW': [],
  'kWh/kW': [],
  J: [],
  MJ: [],
  GJ: [],
  m3: ['m³', '立方米'],
  s: ['秒'],
  min: ['分钟'],
  h: ['小时'],
  Ohm: ['Ω', 'Ω', '欧', '欧姆'],
  kOhm: ['kΩ', 'kΩ'],
  MOhm: ['MΩ', 'MΩ', '兆欧'],
};

const CODES: ReadonlyMap<string, string> = new Map(
  Object.entries(UNITS).flatMap(([code, others]) =>
    [code, ...others].map((spelling) => [spelling, code] as const),
  ),
);

/** The code of a unit as a header or an option spells it, or `undefined` for what is not in the list. */
export const unitOf = (spelling: string): string | undefined => CODES.get(spelling.trim());

/**
 * The code of a unit in a header. 度 is a kilowatt-hour where electricity is counted and a degree elsewhere, so it is known only
 * beside a word of electricity.
 */
export const unitInHeader = (spelling: string, header: string): string | undefined =>
  spelling.trim() === '度' ? (/[电能]/u.test(header) ? 'kWh' : undefined) : unitOf(spelling);

/** The codes, for a message. */
export const UNIT_CODES: readonly string[] = Object.keys(UNITS);
